"""``python -m demo`` as a person starts it: a process of its own, its output, what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent.parent
#: Seconds after which a run counts as hanging; on a quiet machine a whole one takes a quarter.
LIMIT = 480.0
#: The same for a place with seven tenders.
LIVING_LIMIT = 1800.0


def environment() -> dict[str, str]:
    """This user's, without the settings that pytest runs under."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SUNLIT_", "DJANGO_", "PYTEST_"))
    } | {"PYTHONUNBUFFERED": "1"}


@dataclass
class Headless:
    """A headless run in folders under ``folder``; on leaving, whatever still runs is ended."""

    folder: Path
    until: str = "published"
    more: tuple[str, ...] = ()
    data: Path | None = None
    name: str = "out"
    seen: dict[str, set[int]] = field(default_factory=dict)
    limit: float = LIMIT
    _process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0

    @property
    def out(self) -> Path:
        return self.folder / self.name

    @property
    def printed(self) -> str:
        return (self.folder / f"{self.name}.txt").read_text(encoding="utf-8")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        with (self.folder / f"{self.name}.txt").open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "demo", *self.arguments()],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def arguments(self) -> list[str]:
        """The command's own words."""
        data = self.data or self.folder / f"data-of-{self.name}"
        return [
            "--headless", "--out", str(self.out), "--data", str(data), "--until", self.until,
            *self.more,
        ]  # fmt: skip

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in self.alive():
            os.kill(pid, signal.SIGKILL)

    def pids(self) -> dict[str, int]:
        """The processes by name as ``OUT/processes`` lists them now; all of them are remembered."""
        try:
            lines = (self.out / "processes").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return {}
        found = {name: int(pid) for name, pid in (line.split() for line in lines)}
        for name, pid in found.items():
            self.seen.setdefault(name, set()).add(pid)
        return found

    def alive(self) -> list[int]:
        """Which processes of this run still run: of all processes, those that name its folders."""
        own = {os.getpid(), self.process.pid}
        everybody = {int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()}
        return sorted(pid for pid in everybody - own if self._ours(pid))

    def _ours(self, pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            variables = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
        return f"{self.folder}/".encode() in words + b"\0" + variables

    def until_true(self, holds: Callable[[], bool]) -> None:
        """Wait for something that must come before the run ends."""
        while not holds():
            assert self.process.poll() is None, f"The run ended before:\n{self.printed}"
            assert self.seconds < self.limit, f"It never came:\n{self.printed}"
            time.sleep(0.02)

    def ended(self) -> int:
        """Wait for the end; the exit code. The processes are remembered on the way."""
        while self.process.poll() is None:
            self.pids()
            assert self.seconds < self.limit, f"The run hangs:\n{self.printed}"
            time.sleep(0.05)
        return self.process.returncode


@dataclass
class Living(Headless):
    """``make demo`` on the data folder under ``folder``, whose devices lie in it."""

    port: int = 8000
    name: str = "printed"
    limit: float = LIVING_LIMIT

    @property
    def out(self) -> Path:
        return self.folder / "data" / "devices"

    def arguments(self) -> list[str]:
        return ["--data", str(self.folder / "data"), "--port", str(self.port)]

    def until_served(self) -> None:
        """The place is there, laid out where it had to be."""
        self.until_true(lambda: "Interrupt (Ctrl-C) stops everything." in self.printed)
