"""Real processes for tests and benchmarks: a web server on a free port, a writer beside it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(**more: str) -> dict[str, str]:
    """What a process needs to stand on this test's database."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "trading.settings",
        "SUNLIT_MODE": "test",
        "SUNLIT_DATA": str(settings.DATA),
        "SUNLIT_DATABASE_URL": url,
        "SUNLIT_SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": str(ROOT),
        **more,
    }


@dataclass(frozen=True)
class Server:
    """A running server; ``stop`` is by its own pid."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, room: object, kind: str) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/rooms/{kind}/{room}/"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


def start(app: str, *, port: int = 0, env: dict[str, str] | None = None) -> Server:
    """Start uvicorn and wait until it listens."""
    port = port or free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            app,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--log-level",
            "warning",
            "--ws-per-message-deflate",
            "false",
            "--no-access-log",
        ],
        cwd=ROOT,
        env=env or environment(),
    )
    try:
        await_port(port, process)
    except BaseException:
        process.kill()
        raise
    return Server(port, process)


@contextmanager
def running(app: str = "tests.bidding.hall_app:application", **more: str) -> Iterator[Server]:
    """A server for the length of a ``with`` block."""
    server = start(app, env=environment(**more))
    try:
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()


class Writer:
    """The other process of ``tests.bidding.hall_writer``."""

    def __init__(self, **more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bidding.hall_writer"],
            cwd=ROOT,
            env=environment(**more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answer()

    def ask(self, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The writer ended with {self.process.wait(10)}.")
        return json.loads(line)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_error: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return when something listens there; raise when the process ends or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"Nothing listens on {port}.")
