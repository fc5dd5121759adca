"""Running a function over an untrusted file in a child process that can hurt only itself.

The child has no environment, no descriptor but its three files, an empty folder of its own that
is deleted afterwards, and hard limits on memory, time and output. It dies with its parent.
"""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from signatures.domain.errors import Malformed
from signatures.domain.outside import require_outside_transaction
from signatures.sandbox import protocol
from signatures.sandbox.errors import SandboxCrash, SandboxMemory, SandboxTimeout

MIB = 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_OUT_OF_TIME = {-signal.SIGXCPU}


def run(
    function_path: str,
    payload: bytes,
    *,
    seconds: float = 60,
    memory: int = 512 * MIB,
    output: int = 64 * MIB,
) -> bytes:
    """Call ``package.module:function`` with ``payload`` in a child process; return its bytes.

    ``seconds`` bounds both wall and processor time, ``memory`` the child's address space and
    ``output`` its result, in bytes. Raises :class:`SandboxTimeout`, :class:`SandboxMemory`,
    :class:`SandboxCrash`; an error of ours that the function raises comes back as
    :class:`~signatures.domain.errors.Malformed` with its code, message and rule.
    """
    require_outside_transaction("The sandbox")
    if not _PATH.fullmatch(function_path):
        raise ValueError(f"{function_path!r} is not of the form package.module:function.")
    with (
        tempfile.TemporaryDirectory(prefix="sunlit-sandbox-") as folder,
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as said,
    ):
        given.write(payload)
        given.seek(0)
        process = subprocess.Popen(
            [
                sys.executable, "-P", "-s", "-B", "-m", "signatures.sandbox.child", function_path,
                str(math.ceil(seconds)), str(memory), str(output + 1),
            ],
            stdin=given, stdout=answer, stderr=said, cwd=folder, close_fds=True,
            start_new_session=True,
            env={
                "PYTHONPATH": str(ROOT), "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8",
                # Each thread's heap would reserve address space, which is what is limited.
                "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1",
            },
        )  # fmt: skip
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            code = -signal.SIGXCPU
        finally:
            # Also what the job may have started: it is all one process group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        answer.seek(0)
        status, result = answer.read(1), answer.read(output)
    return _judge(code, status, result, seconds=seconds, memory=memory)


def _judge(code: int, status: bytes, result: bytes, *, seconds: float, memory: int) -> bytes:
    """Turn how the child ended into its result or an error."""
    if code in _OUT_OF_TIME:
        raise SandboxTimeout(f"The file could not be read within {seconds:g} s. Try again later.")
    if code == 0 and status == protocol.OK:
        return result
    if status == protocol.MEMORY or (code == 1 and not status):
        raise SandboxMemory(
            f"Reading the file needs more than {memory // MIB} MiB of memory. Send a smaller one."
        )
    if code == 0 and status == protocol.MALFORMED:
        error = json.loads(result)
        raise Malformed(error["message"], code=error["code"], rule=error["rule"])
    if code == 0 and status == protocol.FAILED:
        raise SandboxCrash(f"The file could not be read: {result.decode(errors='replace')}.")
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    raise SandboxCrash(f"The program that reads the file broke off ({how}).")
