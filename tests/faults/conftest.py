"""What a table of trials needs: a seed that can be given again, and a place to show the rows."""

from __future__ import annotations

import os
import secrets

import pytest

from demo.run import STAGES

RUNS = int(os.environ.get("SUNLIT_FAULT_RUNS", "3"))
SEED = int(os.environ.get("SUNLIT_FAULT_SEED", "0")) or secrets.randbelow(2**31) + 1
UNTIL = os.environ.get("SUNLIT_FAULT_UNTIL", STAGES[-1])

table: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if table:
        terminalreporter.section(
            f"kill -9 during the headless run until {UNTIL}: SUNLIT_FAULT_SEED={SEED}"
        )
        for line in table:
            terminalreporter.write_line(line)
