"""One platform for a demonstration: its folders, its settings, its five processes and the lab."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo.processes import (
    Child,
    Supervisor,
    manage,
    python,
    wait_for,
    wait_for_text,
)
from signatures.lab.lab import Lab

CENTRE = "东岳省公共资源交易中心"
CENTRE_CODE = "12370000MB2840004B"
OPERATOR = "operator"

#: The platform's processes; the lab beside them is the outside world and no part of it.
FIVE = ("web", "worker", "clock", "keeper", "witness")


def port_of(data: Path) -> int | None:
    """The port at which the platform in ``data`` was founded, if it was.

    Its address stands in every statement signed for it, so it is served there again.
    """
    kept = _port_file(data)
    return int(kept.read_text(encoding="ascii")) if kept.exists() else None


def _port_file(data: Path) -> Path:
    return data / "port"


@dataclass
class Platform:
    """Folders: ``data`` is all that the platform keeps, ``out`` what actors keep themselves."""

    data: Path
    out: Path
    port: int
    supervisor: Supervisor = field(default_factory=Supervisor)
    environment: dict[str, str] = field(default_factory=dict)
    witness_key: str = ""
    operator: str = OPERATOR
    #: Seconds between two looks of those who follow the platform from outside.
    pace: float = 0.5

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock_url(self) -> str:
        return f"{self.origin}/demonstration/clock"

    @property
    def operator_password_file(self) -> Path:
        return self.out / "operator" / "password"

    @property
    def lab(self) -> Lab:
        return Lab.open(self.data / "lab")

    def prepare(self, *, founded: bool = False) -> None:
        """Lay the data folder out: tables, keys, lab, centre. Running it again changes nothing.

        What is known to be ``founded`` only has its tables brought up to date.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        self.out.mkdir(parents=True, exist_ok=True)
        self.supervisor.pids = self.out / "processes"
        self.operator = self._operator()
        keep_secret(self.operator_password_file, secrets.token_urlsafe(18))
        self.witness_key = self._witness_key()
        self.environment = self._environment()
        manage(self.environment, "migrate", "--verbosity", "0")
        if not founded:
            self._found()
        kept = _port_file(self.data)
        if not kept.exists():
            kept.write_text(str(self.port), encoding="ascii")

    def _found(self) -> None:
        manage(
            self.environment,
            "found",
            "--demonstration",
            "--centre",
            CENTRE,
            "--credit-code",
            CENTRE_CODE,
            "--region",
            "east",
            "--operator",
            self.operator,
            "--operator-name",
            "运行值班员",
            "--password-file",
            str(self.operator_password_file),
        )

    def start(self) -> None:
        """Start the lab, the web process and the others, and wait until they answer."""
        self._add("lab", python("manage.py", "run_lab"))
        wait_for(self.lab.region("east").trust_list_url, child=self.supervisor.children["lab"])
        self._add(
            "web",
            python(
                "-m", "uvicorn", "trading.asgi:application", "--host", "127.0.0.1",
                "--port", str(self.port), "--ws", "websockets-sansio", "--log-level", "warning",
                "--ws-max-size", "65536", "--timeout-graceful-shutdown", "3",
            ),
        )  # fmt: skip
        self._add("worker", python("manage.py", "run_worker", "--slot", "one"))
        self._add("clock", python("manage.py", "run_clock"))
        wait_for(f"{self.origin}/demonstration/clock", child=self.supervisor.children["web"])

    def start_outside(self) -> None:
        """Start what others run: the witness. The keeper starts once it has a certificate."""
        log_key = wait_for_text(f"{self.origin}/ledger/key").splitlines()[0]
        self._start_witness(log_key)

    def _start_witness(self, log_key: str) -> None:
        """A supervisor's machine: it follows the ledger from its own disk."""
        self._add_outside(
            "witness",
            python(
                "-m", "signatures.witness", "--name", "witness",
                "--key", str(self.out / "witness" / "key.pem"),
                "--state", str(self.out / "witness" / "state.json"),
                "--log", f"{self.origin}/ledger", "--log-key", log_key,
                "--clock", self.clock_url, "--every", str(self.pace),
            ),
        )  # fmt: skip

    def start_keeper(self, certificate: Path, passphrase: Path) -> None:
        """An unattended trustee with its own key store, out of the web server's reach."""
        if "keeper" in self.supervisor.children:
            return
        self._add_outside(
            "keeper",
            python(
                "-m", "bidding.kit", "keep", "--origin", self.origin,
                "--certificate", str(certificate), "--p12-passphrase-file", str(passphrase),
                "--passphrase-file", str(passphrase),
                "--state", str(self.out / "keeper" / "store"), "--every", str(self.pace),
                "--demonstration-clock", self.clock_url,
            ),
        )  # fmt: skip

    def stop(self) -> None:
        self.supervisor.stop()

    def _add(self, name: str, command: list[str]) -> None:
        self._supervise(name, command, self.environment, self.data / "logs" / f"{name}.log")

    def _add_outside(self, name: str, command: list[str]) -> None:
        """Somebody else's process: it knows nothing of the platform but its address."""
        self._supervise(name, command, _bare_environment(), self.out / name / "log")

    def _supervise(
        self, name: str, command: list[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.supervisor.add(Child(name=name, command=command, environment=environment, log=log))

    def _operator(self) -> str:
        """Whoever holds ``out`` is an operator; over data of another ``out``, one of their own."""
        kept = self.operator_password_file.with_name("name")
        if kept.exists():
            return kept.read_text(encoding="utf-8")
        name = f"{OPERATOR}-{secrets.token_hex(3)}" if (self.data / "lab").exists() else OPERATOR
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(name, encoding="utf-8")
        return name

    def _environment(self) -> dict[str, str]:
        return _bare_environment() | {
            "SUNLIT_MODE": "demo",
            "SUNLIT_DATA": str(self.data),
            "SUNLIT_ORIGIN": self.origin,
            "SUNLIT_CHECKPOINT_SECONDS": "1",
            "SUNLIT_WITNESSES": self.witness_key,
        } | {name: value for name, value in os.environ.items() if name in _PASSED_ON}

    def _witness_key(self) -> str:
        done = subprocess.run(
            python(
                "-m", "signatures.witness", "--name", "witness",
                "--key", str(self.out / "witness" / "key.pem"), "--show-key",
            ),
            env=_bare_environment(),
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
        return done.stdout.strip()


#: Variables of a caller that reach the platform's processes.
_PASSED_ON = (
    "SUNLIT_DATABASE_URL", "SUNLIT_VALKEY_URL", "SUNLIT_LOG_LEVEL", "SUNLIT_PROCEDURES",
)  # fmt: skip


def _bare_environment() -> dict[str, str]:
    """What any process needs and nothing that belongs to this user's other work."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return environment | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def keep_secret(path: Path, text: str) -> None:
    """Write a secret where none is kept yet."""
    if not path.exists():
        write_secret(path, text)


def write_secret(path: Path, text: str) -> None:
    """A file for its owner's eyes; a draft that was cut short is never taken for the whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)

