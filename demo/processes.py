"""The platform's processes on one machine: started, watched, started again, stopped.

Each child is its own process group and writes to its own log. A child that dies is started again
after a short pause, as a service manager would; only processes that were started here are ever
stopped, by their id.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
RESTART_PAUSE = 0.2
STOP_SECONDS = 10.0


class StartFailed(RuntimeError):
    """A process did not come up; the message names its log."""


def reserve(port: int | None = None) -> socket.socket:
    """Keep a port of 127.0.0.1 (any free one without ``port``) for the server that will listen
    on it: nobody else is given it, also not while that server is being started again.

    Raises :class:`StartFailed` when somebody else has it. It holds until the socket is closed.
    """
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind(("127.0.0.1", port or 0))
    except OSError as error:
        line.close()
        raise StartFailed(
            f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}. Give another PORT."
        ) from None
    return line


@dataclass
class Child:
    """One supervised process: its name, its command and where it writes."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """To the process's own group, which is ours: it was started in a new session."""
        if self.process is not None and self.alive():
            os.killpg(self.process.pid, number)


@dataclass
class Supervisor:
    """Keeps children running until told to stop.

    ``pids`` is a file that says which process is which, for the operator and for tests that end
    one of them; it is written again whenever a child is started.
    """

    children: dict[str, Child] = field(default_factory=dict)
    pids: Path | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def add(self, child: Child) -> None:
        """Start a child and keep it running; it is watched only once it has started, so that no
        child is ever started twice."""
        child.start()
        self.children[child.name] = child
        self._write_pids()
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
            self._watcher.start()

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            for child in list(self.children.values()):
                if child.alive() or self._stopping.wait(RESTART_PAUSE):
                    continue
                child.start()
                self._write_pids()

    def stop(self) -> None:
        """Ask every child to end, then insist; last started, first stopped."""
        self._stopping.set()
        # Joined before anything is ended: a child that it still started is in the list.
        if self._watcher is not None:
            self._watcher.join()
        for child in reversed(list(self.children.values())):
            child.signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for child in reversed(list(self.children.values())):
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.signal(signal.SIGKILL)
                child.process.wait()

    def _write_pids(self) -> None:
        if self.pids is None:
            return
        lines = [f"{name} {child.pid}\n" for name, child in list(self.children.items())]
        draft = self.pids.with_name(f"{self.pids.name}.{threading.get_ident()}")
        draft.write_text("".join(lines), encoding="ascii")
        draft.replace(self.pids)


def wait_for(url: str, *, child: Child, seconds: float = 60.0) -> None:
    """Wait until ``url`` answers; raises :class:`StartFailed` with the end of the child's log."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=2.0).status_code < 500:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    tail = child.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise StartFailed(f"{child.name} did not answer at {url}. Its log {child.log} ends:\n{tail}")


def wait_for_text(url: str, *, seconds: float = 60.0) -> str:
    """What ``url`` answers, once it answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            return httpx.get(url, timeout=5.0).raise_for_status().text
        except httpx.HTTPError as error:
            if time.monotonic() > until:
                raise StartFailed(f"{url} did not answer: {error}") from error
        time.sleep(0.1)


def python(*arguments: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *arguments]


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Run one management command to its end; raises :class:`StartFailed` with what it said."""
    done = subprocess.run(
        python("manage.py", *arguments),
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StartFailed(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
