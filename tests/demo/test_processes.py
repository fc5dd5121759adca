"""Children are watched, started again, and stopped by their own id."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demo import processes
from demo.processes import Child, StartFailed, Supervisor, manage, python, reserve, wait_for


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def sleeper(tmp_path: Path, code: str = "import time; time.sleep(60)") -> Child:
    return Child(
        name="sleeper",
        command=python("-c", code),
        environment={"PATH": os.environ["PATH"]},
        log=tmp_path / "logs" / "sleeper.log",
    )


def test_supervisor_killed_child_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor(pids=tmp_path / "processes")
    child = sleeper(tmp_path)
    supervisor.add(child)
    try:
        first = child.pid
        assert first is not None
        assert (tmp_path / "processes").read_text() == f"sleeper {first}\n"
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: child.pid != first and child.alive())
        assert eventually(
            lambda: (tmp_path / "processes").read_text() == f"sleeper {child.pid}\n"
        )
    finally:
        supervisor.stop()
    assert child.starts == 2


def test_supervisor_many_children_are_each_started_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting a process takes a while; whoever watches must not take it for a dead one."""

    class SlowToStart(Child):
        def start(self) -> None:
            assert self.process is None
            time.sleep(0.35)
            super().start()

    monkeypatch.setattr(processes, "RESTART_PAUSE", 0.0)
    supervisor = Supervisor()
    children = [SlowToStart(**vars(sleeper(tmp_path)) | {"name": name}) for name in "abc"]
    for child in children:
        supervisor.add(child)
    supervisor.stop()
    assert [child.starts for child in children] == [1, 1, 1]
    assert [child.alive() for child in children] == [False, False, False]


def test_supervisor_stop_ends_every_child(tmp_path: Path) -> None:
    supervisor = Supervisor()
    child = sleeper(tmp_path)
    supervisor.add(child)
    supervisor.stop()
    assert not child.alive()
    assert child.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_reserve_port_is_for_one_server_alone() -> None:
    with reserve() as line:
        port = line.getsockname()[1]
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            with pytest.raises(StartFailed, match=f"Port {port} of 127.0.0.1 cannot be used"):
                reserve(port)
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))


def test_wait_for_dead_server_names_its_log(tmp_path: Path) -> None:
    child = sleeper(tmp_path, "print('no such module: uvicorn')")
    child.start()
    assert child.process is not None
    child.process.wait()
    with pytest.raises(StartFailed, match="no such module"):
        wait_for("http://127.0.0.1:9/", child=child, seconds=0.3)


def test_manage_failing_command_says_what_it_said() -> None:
    with pytest.raises(StartFailed, match="no-such-command"):
        manage({"PATH": os.environ["PATH"], "SUNLIT_MODE": "test"}, "no-such-command")
