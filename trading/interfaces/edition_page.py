"""The editions of a tender document, with what each says otherwise than the one before.

Everybody reads it: a change to a published tender is published as the notice was. Who has fetched
which edition is in none of it (TBL 22).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from signatures.models import User
from trading import access
from trading.domain import amendments, procedure
from trading.domain.amendments import Change
from trading.enums import LotRole
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.models import Assignment, Document, Download, Exhibit, Lot, Organisation


@dataclass(frozen=True)
class Part:
    """A piece of a text; ``marked`` where the other text has not got it."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Difference:
    """One clause, before and after, in pieces."""

    change: Change
    before: tuple[Part, ...]
    after: tuple[Part, ...]


@dataclass(frozen=True)
class Edition:
    """One edition; ``changes`` are empty for the first one."""

    number: int
    exhibit: Exhibit
    affects: bool
    changes: tuple[Difference, ...]
    files: int


@dataclass(frozen=True)
class Own:
    """One of the viewer's own tenderers, and when it fetched the edition that holds."""

    organisation: Organisation
    fetched_at: datetime | None


@dataclass(frozen=True)
class Page:
    """The whole page. ``before`` is the digest of the edition that holds."""

    lot: Lot
    editions: tuple[Edition, ...]
    amend: Standing
    before: str
    affect_until: datetime | None
    affect_over: bool
    deadline: datetime | None
    kept: bool
    rule: str
    own: tuple[Own, ...]

    @property
    def newest(self) -> Edition | None:
        return self.editions[0] if self.editions else None


def difference(change: Change) -> Difference:
    """A change with what differs marked on both sides."""
    before: list[Part] = []
    after: list[Part] = []
    matcher = SequenceMatcher(None, change.before, change.after, autojunk=False)
    for op, a, b, c, d in matcher.get_opcodes():
        if b > a:
            before.append(Part(change.before[a:b], marked=op != "equal"))
        if d > c:
            after.append(Part(change.after[c:d], marked=op != "equal"))
    return Difference(change=change, before=tuple(before), after=tuple(after))


def editions(lot: Lot) -> list[Edition]:
    """The editions, the first one first."""
    return [_edition(row, row.facts) for row in amendments.editions(lot)]


def _edition(row: Exhibit, facts: dict[str, Any]) -> Edition:
    return Edition(
        number=int(facts.get("edition", 1)),
        exhibit=row,
        affects=bool(facts.get("affects")),
        changes=tuple(difference(Change(**each)) for each in facts.get("changes", ())),
        files=len(facts.get("attachments", ())),
    )


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer."""
    command = procedure.of(lot).commands.get(amendments.AMEND)
    holds = amendments.current(lot)
    until = amendments.moment(lot.dates, "clarifications-until")
    return Page(
        lot=lot,
        editions=tuple(reversed(editions(lot))),
        amend=standing.of(lot, amendments.AMEND, viewer=viewer, at=at),
        before="" if holds is None else holds.digest,
        affect_until=until,
        affect_over=until is not None and at > until,
        deadline=amendments.moment(lot.dates, amendments.DEADLINE),
        kept=amendments.is_kept(lot),
        rule=command.article if command is not None else "",
        own=() if holds is None else _own(lot, holds, viewer, at),
    )


def _own(lot: Lot, holds: Document, viewer: User | None, at: datetime) -> tuple[Own, ...]:
    mine = access.organisations_of(viewer, at)
    held = Assignment.objects.filter(
        lot=lot, role=LotRole.TENDERER, organisation__in=mine, until__isnull=True
    )
    fetched: dict[Any, datetime] = {}
    rows = Download.objects.filter(document=holds, organisation__in=mine).order_by("-at")
    for organisation, moment in rows.values_list("organisation_id", "at"):
        fetched[organisation] = moment
    here = set(held.values_list("organisation_id", flat=True))
    return tuple(
        Own(organisation=one, fetched_at=fetched.get(one.pk)) for one in mine if one.pk in here
    )
