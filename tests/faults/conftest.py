"""What a table of trials needs: a seed that can be given again, and a place to show the rows."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from demo.run import STAGES
from tests.faults import figures
from tests.faults.figures import SEED

RUNS = int(os.environ.get("SUNLIT_FAULT_RUNS", "3"))
UNTIL = os.environ.get("SUNLIT_FAULT_UNTIL", STAGES[-1])

table: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if table:
        terminalreporter.section(
            f"kill -9 during the headless run until {UNTIL}: SUNLIT_FAULT_SEED={SEED}"
        )
        for line in table:
            terminalreporter.write_line(line)
    if figures.measured:
        terminalreporter.section(f"fault tests: SUNLIT_FAULT_SEED={SEED}")
        for line in figures.measured:
            terminalreporter.write_line(line)


@pytest.fixture
def kept_settings(settings: object) -> Iterator[None]:
    """Settings that a platform of the test's own changes are put back afterwards."""
    for name in ("DATA", "STORE", "KEYS", "LAB", "WITNESSES", "ORIGIN"):
        setattr(settings, name, getattr(settings, name))
    yield
