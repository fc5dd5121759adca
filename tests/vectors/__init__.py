"""Vectors that every implementation is held to: Python, the page's JavaScript, the scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(name: str) -> Any:
    """The vectors of one file, such as ``jcs``."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


def named(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Arguments of ``pytest.mark.parametrize`` that show each case's name."""
    return {"argvalues": cases, "ids": [case["name"] for case in cases]}
