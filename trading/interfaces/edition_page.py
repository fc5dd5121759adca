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
from trading.domain import amendments, bill_acts, edition_parts, procedure
from trading.domain.amendments import Change
from trading.domain.bill_changes import ADDED, CHANGED, REMOVED
from trading.domain.edition_parts import Parts
from trading.enums import LotRole
from trading.interfaces import bill_differences, standing
from trading.interfaces.bill_differences import Differences
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
    #: Attachments that came with it: ``title``, ``digest``, and the digest of the one ``replaced``.
    attached: tuple[dict[str, str], ...] = ()
    #: What its bill of quantities says otherwise; None where it brought none.
    bill: Differences | None = None


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
    #: What stands prepared for the next edition; None for those who prepare none.
    brings: Parts | None = None
    brings_bill: Differences | None = None
    has_bill: bool = False

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


def editions(
    lot: Lot, *, viewer: User | None = None, at: datetime | None = None
) -> list[Edition]:
    """The editions, the first one first. Lines of bills are for a ``viewer`` that reads them ``at``
    that moment; how many differ is everybody's."""
    rows = amendments.editions(lot)
    bills: dict[str, Exhibit] = {}
    if any("bill-changes" in row.facts for row in rows):
        bills = {one.digest: one for one in bill_acts.every(lot)}
    return [_edition(row, row.facts, bills, viewer, at) for row in rows]


def _bill(
    facts: dict[str, Any], bills: dict[str, Exhibit], viewer: User | None, at: datetime | None
) -> Differences | None:
    said = facts.get("bill-changes")
    if said is None:
        return None
    before, after = str(said["before"]), str(facts["bill"])
    both = [bills[each] for each in (before, after) if each in bills]
    if at is not None and all(access.can_see_exhibit(viewer, one, at) for one in both):
        return bill_differences.of(edition_parts.compared(before, after))
    return bill_differences.counted(said[ADDED], said[REMOVED], said[CHANGED])


def _edition(
    row: Exhibit, facts: dict[str, Any], bills: dict[str, Exhibit], viewer: User | None,
    at: datetime | None,
) -> Edition:
    return Edition(
        number=int(facts.get("edition", 1)),
        exhibit=row,
        affects=bool(facts.get("affects")),
        changes=tuple(difference(Change(**each)) for each in facts.get("changes", ())),
        files=len(facts.get("attachments", ())),
        attached=tuple(
            {"title": one["title"], "digest": one["digest"], "replaced": one.get("instead-of", "")}
            for one in facts.get("files", ())
        ),
        bill=_bill(facts, bills, viewer, at),
    )


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer."""
    command = procedure.of(lot).commands.get(amendments.AMEND)
    holds = amendments.current(lot)
    until = amendments.moment(lot.dates, "clarifications-until")
    amend = standing.of(lot, amendments.AMEND, viewer=viewer, at=at)
    brings = edition_parts.prepared(lot) if amend.possible and holds is not None else None
    return Page(
        lot=lot,
        editions=tuple(reversed(editions(lot, viewer=viewer, at=at))),
        amend=amend,
        brings=brings,
        brings_bill=bill_differences.of(brings.changes()) if brings and brings.bill else None,
        has_bill=bill_acts.is_wanted(lot),
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
