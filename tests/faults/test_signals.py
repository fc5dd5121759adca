"""An interrupted run stops everything that it started, whoever asks and however often."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.e2e.command import Headless
from tests.faults.conftest import SEED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("begun", ["lab", "clock", "keeper"])
def test_headless_signal_stops_every_process(
    tmp_path: Path, number: signal.Signals, begun: str
) -> None:
    """At a random moment within two seconds after a process has started."""
    with Headless(tmp_path, until="bidding") as run:
        run.until_true(lambda: begun in run.pids())
        due = run.seconds + random.Random(f"{SEED}/{number}/{begun}").uniform(0, 2)
        run.until_true(lambda: run.seconds >= due)
        assert run.alive() != []
        run.process.send_signal(number)
        run.process.send_signal(number)  # an impatient second one changes nothing
        code = run.ended()
        assert (code, run.alive()) == (130, []), run.printed
        assert run.printed.splitlines()[-1] == "Interrupted; everything is stopped."
