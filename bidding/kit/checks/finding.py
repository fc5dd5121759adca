"""What reading a file gives, and what is found wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BLOCK, WARN = "block", "warn"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file: ``block`` keeps it from being sealed, ``warn`` asks first."""

    code: str
    level: str = BLOCK
    places: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A text in a file: ``where`` is name, field, page or text; ``page`` counts from 1."""

    where: str
    text: str
    field: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a file; ``readable`` says that it holds text in which names can be found."""

    kind: str
    problems: tuple[Problem, ...] = ()
    said: tuple[Said, ...] = ()
    readable: bool = False


class Damaged(Exception):
    """A file does not hold together."""
