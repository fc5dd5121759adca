"""How much a fault test does, by environment; the defaults are the plan's own figures."""

from __future__ import annotations

import os
import secrets

SEED = int(os.environ.get("SUNLIT_FAULT_SEED", "0")) or secrets.randbelow(2**31) + 1

#: What was measured, shown at the end of the run.
measured: list[str] = []


def figure(name: str, usual: int) -> int:
    """``SUNLIT_FAULT_<name>``, or what is usual."""
    return int(os.environ.get(f"SUNLIT_FAULT_{name}", usual))


def note(line: str) -> None:
    """Show a line at the end of the run, also where nothing failed."""
    measured.append(line)
