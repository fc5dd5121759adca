"""Real servers for benchmarks: uvicorn on 127.0.0.1, stopped by its own pid."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.framework import ROOT


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A server that runs: its port, and its process's memory in bytes (Linux: proc(5))."""

    port: int
    pid: int

    def resident(self) -> int:
        """What is in memory now."""
        return self._memory("VmRSS")

    def peak(self) -> int:
        """The most that ever was."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        [kib] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
        return int(kib) * 1024


@contextmanager
def serving(app: str, **more: str) -> Iterator[int]:
    """A server of this application for the length of the block; yields its port."""
    with running(app, **more) as server:
        yield server.port


@contextmanager
def running(app: str, **more: str) -> Iterator[Server]:
    """A server of this application for the length of the block."""
    port = free_port()
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
            "--no-access-log",
            "--ws-per-message-deflate",
            "false",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{app} does not listen.") from None
                time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
