"""Jobs for the sandbox, each with one way of behaving."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from signatures.domain.errors import Refused


def reverse(payload: bytes) -> bytes:
    print("a stray print does not reach the result")
    return payload[::-1]


def sleep(payload: bytes) -> bytes:
    threading.Event().wait(60)
    return b""


def spin(payload: bytes) -> bytes:
    while True:
        pass


def hoard(payload: bytes) -> bytes:
    return bytes(len([bytearray(64 * 1024 * 1024) for _ in range(1000)]))


def flood(payload: bytes) -> bytes:
    return bytes(3 * 1024 * 1024)


def fail(payload: bytes) -> bytes:
    raise KeyError("no such page")


def wrong_result(payload: bytes) -> str:
    return "text"


def refuse(payload: bytes) -> bytes:
    raise Refused("Not this file.", code="not-this", rule="TBL 1")


def abort(payload: bytes) -> bytes:
    os.abort()


def leave(payload: bytes) -> bytes:
    os._exit(7)


def fork(payload: bytes) -> bytes:
    os.fork()
    return b"forked"


def spawn(payload: bytes) -> bytes:
    subprocess.run([sys.executable, "-c", "pass"])
    return b"spawned"


def connect(payload: bytes) -> bytes:
    socket.socket()
    return b"connected"


def surroundings(payload: bytes) -> bytes:
    kinds = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE", "RLIMIT_FSIZE")
    return json.dumps(
        {
            "environment": sorted(os.environ),
            "folder": sorted(os.listdir(".")),
            "descriptors": [
                number
                for number in range(3, 64)
                if (link := Path(f"/proc/self/fd/{number}")).is_symlink()
                and "sunlit-canary" in os.readlink(link)
            ],
            "limits": [resource.getrlimit(getattr(resource, kind))[1] for kind in kinds],
            "session": os.getsid(0) == os.getpid(),
            "signal": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        }
    ).encode()
