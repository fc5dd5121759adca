"""Signed files that lie in an envelope beside its documents and are read at the opening."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bidding.kit.manifest import FileEntry
from bidding.models import Envelope
from signatures.domain.errors import SunlitError

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A file of the right name that is none; ``problem`` is a code."""

    problem: str


def read(
    row: Envelope,
    files: Sequence[tuple[FileEntry, Path]],
    *,
    name: str,
    slots: Collection[int],
    most: int,
    parse: Callable[[bytes], Read],
) -> Read | Unreadable | None:
    """The file called ``name``, of at most ``most`` bytes, as ``parse`` reads it; None where there
    is none in one of ``slots``. Never raises for what somebody wrote."""
    path = next((path for entry, path in files if entry.name == name), None)
    if row.slot not in slots or path is None:
        return None
    if path.stat().st_size > most:
        return Unreadable(problem="too-large")
    try:
        return parse(path.read_bytes())
    except SunlitError:
        return Unreadable(problem="not-in-its-form")
