"""Jobs over untrusted files: what comes back, and what never gets out."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from signatures.domain.errors import Malformed, Unavailable
from signatures.domain.outside import InsideTransaction
from signatures.sandbox import MIB, SandboxCrash, SandboxMemory, SandboxTimeout, run

JOBS = "tests.signatures.sandbox.jobs"


def test_result_comes_back_without_stray_prints() -> None:
    payload = os.urandom(100_000)
    assert run(f"{JOBS}:reverse", payload) == payload[::-1]


def test_empty_payload_gives_empty_result() -> None:
    assert run(f"{JOBS}:reverse", b"") == b""


def test_child_has_no_environment_folder_or_descriptors(tmp_path: Path) -> None:
    canary = (tmp_path / "sunlit-canary").open("w+b")
    os.set_inheritable(canary.fileno(), True)
    os.environ["SUNLIT_TEST_SECRET"] = "s"
    try:
        seen = json.loads(run(f"{JOBS}:surroundings", b"", seconds=9, memory=300 * MIB, output=MIB))
    finally:
        del os.environ["SUNLIT_TEST_SECRET"]
        canary.close()
    assert seen == {
        "environment": sorted(
            ["HOME", "LANG", "MALLOC_ARENA_MAX", "OPENBLAS_NUM_THREADS", "PYTHONPATH", "TMPDIR"]
        ),
        "folder": [],
        "descriptors": [],
        # The hard limit of time lies a second past the soft one, which tells us by a signal.
        "limits": [300 * MIB, 10, 0, MIB + 1],
        "session": True,
        "signal": True,
    }


@pytest.mark.parametrize("job", ["sleep", "spin"])
def test_timeout_ends_the_child(job: str) -> None:
    begun = time.monotonic()
    with pytest.raises(SandboxTimeout) as caught:
        run(f"{JOBS}:{job}", b"", seconds=1)
    assert time.monotonic() - begun < 5
    assert isinstance(caught.value, Unavailable)
    assert caught.value.code == "sandbox-timeout"


def test_memory_beyond_the_limit_is_refused() -> None:
    with pytest.raises(SandboxMemory) as caught:
        run(f"{JOBS}:hoard", b"", memory=256 * MIB)
    assert isinstance(caught.value, Malformed)
    assert "256 MiB" in caught.value.message


def test_memory_stays_with_the_child() -> None:
    def resident() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    with pytest.raises(SandboxMemory):
        run(f"{JOBS}:hoard", b"", memory=512 * MIB)
    assert resident() - before < 16 * MIB


def test_too_large_a_result_is_a_crash() -> None:
    with pytest.raises(SandboxCrash):
        run(f"{JOBS}:flood", b"", output=MIB)


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ("fail", "KeyError"),
        ("wrong_result", "str and not bytes"),
        ("abort", "SIGABRT"),
        ("leave", "exit code 7"),
        ("fork", "os.fork is not allowed"),
        ("spawn", "subprocess.Popen is not allowed"),
        ("connect", "socket.__new__ is not allowed"),
        ("missing", "AttributeError"),
    ],
)
def test_crash_says_how(job: str, says: str) -> None:
    with pytest.raises(SandboxCrash) as caught:
        run(f"{JOBS}:{job}", b"")
    assert says in caught.value.message
    assert isinstance(caught.value, Malformed)


def test_missing_module_is_a_crash() -> None:
    with pytest.raises(SandboxCrash):
        run("tests.signatures.sandbox.nowhere:job", b"")


def test_error_of_ours_comes_back_with_code_and_rule() -> None:
    with pytest.raises(Malformed) as caught:
        run(f"{JOBS}:refuse", b"")
    assert caught.value.as_dict() == {
        "code": "not-this",
        "message": "Not this file.",
        "rule": "TBL 1",
    }


@pytest.mark.parametrize("path", ["os.system", "a:b:c", "", "a b:c", "../x:y", "x:y;z"])
def test_bad_function_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="package.module:function"):
        run(path, b"")


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_runs() -> None:
    from django.db import transaction

    with transaction.atomic(), pytest.raises(InsideTransaction):
        run(f"{JOBS}:reverse", b"")
