"""The inside of the sandbox: ``python -m signatures.sandbox.child`` with its limits as arguments.

Limits are set before anything untrusted is read. They hold whatever the job does; the audit hook
beside them stops what Python code does by mistake, and is no wall against native code that has
been taken over: that wall is the kernel's namespace without a network, where it gives us one.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import signal
import sys
from typing import Any

from signatures.sandbox.protocol import FAILED, MALFORMED, MEMORY, OK

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_FORBIDDEN = (
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.system",
    "os.kill",
    "os.killpg",
    "subprocess.Popen",
    "socket.__new__",
    "socket.connect",
    "socket.bind",
    "ftplib.connect",
    "urllib.Request",
    "webbrowser.open",
)


def confine(*, seconds: int, memory: int, output: int) -> None:
    """Lower this process's limits for good: CPU seconds, bytes of memory, bytes of a file."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Not every kernel lets everybody do this; the other limits hold without it.
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    # Past the first limit the kernel sends SIGXCPU, which the parent knows as "out of time"; at the
    # second it kills outright.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    for kind, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"{event} is not allowed in the sandbox")


def _call(path: str) -> tuple[bytes, bytes]:
    """Import and call the job with all of standard input; how it ended, and what it says."""
    module, _, name = path.partition(":")
    from signatures.domain.errors import SunlitError

    try:
        job = getattr(importlib.import_module(module), name)
        sys.addaudithook(_refuse)
        result = job(sys.stdin.buffer.read())
        if not isinstance(result, bytes):
            raise TypeError(f"{path} returned {type(result).__name__} and not bytes")
    except MemoryError:
        return MEMORY, b""
    except SunlitError as error:
        return MALFORMED, json.dumps(error.as_dict()).encode()
    except Exception as error:
        return FAILED, f"{type(error).__name__}: {error}"[:500].encode()
    return OK, result


def main() -> int:
    path, seconds, memory, output = sys.argv[1:5]
    # The job's own prints must not mix with the result.
    answer = os.dup(1)
    os.dup2(2, 1)
    confine(seconds=int(seconds), memory=int(memory), output=int(output))
    status, said = _call(path)
    with contextlib.suppress(MemoryError), os.fdopen(answer, "wb") as out:
        out.write(status)
        out.write(said)
        return 0
    return 1


if __name__ == "__main__":
    # No clean-up: what an untrusted file has left in memory is not run through again.
    code = main()
    sys.stderr.flush()
    os._exit(code)
