"""What the floor asks of a method of evaluation before it is published.

How bids are scored is a matter of the app above, which registers the judge of its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from signatures.domain import jcs

#: Raises :class:`signatures.domain.errors.Malformed` for parameters that nobody could score by.
Judge = Callable[[Mapping[str, Any]], None]

#: What stands in the same parameters, hashed with them, and is no part of the method of evaluation:
#: how the tenderee decides among candidates, the terms of a framework, the bid security.
BESIDE = ("award", "framework", "security")

_judges: list[Judge] = []


def register(judge: Judge) -> None:
    """Ask this judge before a method of evaluation is kept."""
    if judge not in _judges:
        _judges.append(judge)


def check(parameters: Mapping[str, Any]) -> None:
    """Raise what a judge raises; parameters that are not canonical JSON could not be hashed."""
    jcs.dumps(dict(parameters))
    for judge in _judges:
        judge(parameters)
