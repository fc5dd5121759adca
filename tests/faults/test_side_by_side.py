"""Runs beside and after one another do not disturb each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.command import Headless
from tests.faults.conftest import UNTIL


def summary(run: Headless) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.out / "summary.json").read_text(encoding="utf-8"))
    return found


def test_two_runs_at_once_both_end_with_zero(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Headless(tmp_path / "a", until=UNTIL) as one, Headless(tmp_path / "b", until=UNTIL) as two:
        codes = (one.ended(), two.ended())
        assert codes == (0, 0), one.printed + two.printed
        assert (one.alive(), two.alive()) == ([], [])
        assert summary(one)["policy"] != summary(two)["policy"]


def test_second_run_on_the_same_data_joins_the_first(tmp_path: Path) -> None:
    """The same folders again, then the same data with actors who come from elsewhere."""
    data, codes, projects = tmp_path / "data", [], set()
    for name in ("out", "out", "elsewhere"):
        with Headless(tmp_path, until="bidding", data=data, name=name) as run:
            codes.append(run.ended())
            assert codes[-1] == 0, run.printed
            projects.add(summary(run)["project"]["code"])
    assert codes == [0, 0, 0]
    assert len(projects) == 3
    assert len(list((tmp_path / "out" / "earlier").iterdir())) == 1
