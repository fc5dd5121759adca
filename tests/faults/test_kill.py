"""kill -9 of any one of the five processes at a random moment: the run still ends with 0.

``make faults`` tries a few; ``SUNLIT_FAULT_RUNS=20 make faults`` as many as the promise says, and
``SUNLIT_FAULT_SEED=…`` repeats the moments of an earlier table. ``SUNLIT_FAULT_UNTIL`` plays less.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demo.platform import FIVE
from tests.e2e.command import Headless
from tests.faults import killing
from tests.faults.conftest import RUNS, SEED, UNTIL, table
from tests.faults.killing import Trial


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds that an undisturbed run takes on this machine now; it must itself end with 0."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with Headless(folder, until=UNTIL) as run:
        code = run.ended()
        assert (code, run.alive()) == (0, []), run.printed
        _show(killing.HEAD, f"  - {'-':>10} {'-':<8} {'-':>6} {code:>5} {run.seconds:>8.1f}  -")
        return run.seconds


@pytest.mark.parametrize("number", range(1, RUNS + 1))
def test_kill_run_ends_with_zero(number: int, usual: float, tmp_path: Path) -> None:
    trial = Trial.drawn(number, SEED, FIVE)
    outcome = killing.play(trial, tmp_path, until=UNTIL, usual=usual)
    _show(outcome.row())
    assert (outcome.code, outcome.left) == (0, ()), outcome.printed
    assert outcome.restarted, outcome.printed


def _show(*lines: str) -> None:
    """At once, because a table of twenty takes half an hour, and again at the end."""
    table.extend(lines)
    for line in lines:
        sys.__stderr__.write(f"{line}\n")
