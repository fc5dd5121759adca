"""What the public may know of lots: rows read for many at once, with nothing hidden taken along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from signatures.domain import jcs
from signatures.models import LedgerEntry, LedgerOpening
from trading import access
from trading.domain.award import AWARD
from trading.domain.candidates import CANDIDATES
from trading.domain.contract_publicity import PUBLISHED
from trading.domain.contracts import CONTRACT
from trading.domain.framework_orders import ORDERED
from trading.domain.lifecycle import MOVE_ACT
from trading.domain.messages import SEND_ACT
from trading.domain.reports import PERFORMANCE
from trading.enums import PUBLIC, DocumentKind
from trading.models import Award, Document, Exhibit, Lot, Organisation

NOTICE, OPENING = "notice", "opening-record"
#: Exhibits that everybody may read and that this standard has a place for.
SHOWN = (NOTICE, OPENING, CANDIDATES, AWARD, PUBLISHED, ORDERED)
#: Exhibits for few; that their acts were done, and when, stands in the public ledger.
DONE = (CONTRACT, PERFORMANCE)
#: Messages that a halt sends, by which its entry in the ledger is found.
HALTS = ("lot-suspended", "lot-resumed", "lot-terminated")
#: A move's entry stands this close before that of the messages that told it.
NEAR = 4


@dataclass(frozen=True)
class Done:
    """That something was done which is itself for few: all that the public ledger says of it.

    ``key`` is made of lot, kind and time, so that it does not name the exhibit.
    """

    key: UUID
    kind: str
    at: datetime
    contract: str = ""
    award: str = ""


@dataclass(frozen=True)
class Drop:
    """One of several awards that came to nothing, as the public ledger has it."""

    key: UUID
    at: datetime
    award: str


@dataclass(frozen=True)
class Move:
    """A halt as its plain entry in the ledger has it: the lot's state and dates afterwards."""

    key: UUID
    at: datetime
    state: str
    dates: Mapping[str, str]


@dataclass(frozen=True)
class Story:
    """One published lot at one moment. ``organisations`` are those named in what is shown."""

    lot: Lot
    at: datetime
    shown: tuple[Exhibit, ...]
    done: tuple[Done, ...]
    documents: tuple[Document, ...]
    moves: tuple[Move, ...]
    organisations: Mapping[str, Organisation]
    drops: tuple[Drop, ...] = ()

    def of_kind(self, kind: str) -> Exhibit | None:
        """The first of what is shown of a kind."""
        return next((one for one in self.shown if one.kind == kind), None)

    def done_of(self, kind: str) -> Done | None:
        """The first thing of a kind that was done."""
        return next((one for one in self.done if one.kind == kind), None)


    def all_done(self, kind: str) -> list[Done]:
        """Everything of a kind that was done; a framework has several contracts."""
        return [one for one in self.done if one.kind == kind]


def shown_at(exhibit: Exhibit) -> datetime:
    """Since when the public may see an exhibit."""
    visible = exhibit.visible_from
    return exhibit.filed_at if visible is None else max(exhibit.filed_at, visible)


def stories(lots: Sequence[Lot], at: datetime) -> list[Story]:
    """The stories of lots that are published by ``at``, with project and organisations selected.

    As many queries for one lot as for thirty.
    """
    shown, done = _exhibits(lots, at)
    documents = defaultdict(list)
    rows = Document.objects.filter(lot__in=lots, published_at__lte=at)
    for row in rows.exclude(kind=DocumentKind.NOTICE).order_by("published_at", "kind", "edition"):
        documents[row.lot_id].append(row)
    moves = _moves(lots, at)
    drops = _drops(lots, at)
    named = _organisations(one for rows_ in shown.values() for one in rows_)
    return [
        Story(
            lot=lot,
            at=at,
            shown=tuple(shown[lot.pk]),
            done=tuple(done[lot.pk]),
            documents=tuple(documents[lot.pk]),
            moves=tuple(moves[lot.urn]),
            organisations=named,
            drops=tuple(drops[lot.pk]),
        )
        for lot in lots
        if lot.published_at is not None and lot.published_at <= at
    ]


def _exhibits(
    lots: Sequence[Lot], at: datetime
) -> tuple[dict[UUID, list[Exhibit]], dict[UUID, list[Done]]]:
    shown: dict[UUID, list[Exhibit]] = defaultdict(list)
    done: dict[UUID, list[Done]] = defaultdict(list)
    rows = Exhibit.objects.filter(lot__in=lots, kind__in=(*SHOWN, *DONE), filed_at__lte=at)
    for row in rows.defer("seal").order_by("filed_at", "id"):
        if row.kind in DONE:
            facts = row.facts if row.kind == CONTRACT else {}
            done[row.lot_id].append(
                Done(
                    key=uuid5(row.lot_id, f"{row.kind} {jcs.timestamp(row.filed_at)}"),
                    kind=row.kind,
                    at=row.filed_at,
                    contract=str(facts.get("contract", "")),
                    award=str(facts.get("award", "")),
                )
            )
        elif access.may_see(row, frozenset({PUBLIC}), at):
            shown[row.lot_id].append(row)
    return shown, done


def _organisations(exhibits: Iterable[Exhibit]) -> dict[str, Organisation]:
    urns: set[str] = set()
    for exhibit in exhibits:
        facts = exhibit.facts
        urns |= {facts.get("winner", ""), facts.get("contractor", "")}
        urns |= {row["winner"] for row in facts.get("awards", [])}
        urns |= set(facts.get("tenderers", []) if exhibit.kind == OPENING else [])
    keys = [urn.removeprefix("org:") for urn in urns if urn.startswith("org:")]
    return {one.urn: one for one in Organisation.objects.filter(pk__in=keys)}


def _drops(lots: Sequence[Lot], at: datetime) -> dict[UUID, list[Drop]]:
    """The suppliers of a framework that were dropped, which is public."""
    found: dict[UUID, list[Drop]] = defaultdict(list)
    for row in Award.objects.filter(lot__in=lots, dropped_at__lte=at).order_by("dropped_at", "id"):
        if row.dropped_at is not None:
            key = uuid5(row.lot_id, f"dropped {row.urn}")
            found[row.lot_id].append(Drop(key=key, at=row.dropped_at, award=row.urn))
    return found


def _moves(lots: Sequence[Lot], at: datetime) -> dict[str, list[Move]]:
    """The halts of these lots, from the plain entries that stand before their messages'."""
    openings = LedgerOpening.objects.filter(
        subject__in=[lot.urn for lot in lots],
        entry__act=SEND_ACT,
        entry__context__template__in=HALTS,
    )
    told = list(openings.order_by("leaf_id").values_list("leaf_id", "subject"))
    wanted = {index for leaf, _lot in told for index in range(max(0, leaf - NEAR), leaf)}
    leaves = {
        row.index: jcs.loads(bytes(row.data))
        for row in LedgerEntry.objects.filter(index__in=wanted)
    }
    moves: dict[str, list[Move]] = defaultdict(list)
    for leaf, lot in told:
        before = (leaves.get(index, {}) for index in range(leaf - 1, leaf - NEAR - 1, -1))
        found = next((one for one in before if _is_move(one.get("entry", {}), lot)), None)
        if found is not None:
            move = _move(lot, found["entry"]["context"])
            # Each recipient's message has an entry of its own.
            if move.at <= at and move not in moves[lot]:
                moves[lot].append(move)
    return moves


def _is_move(entry: dict[str, Any], lot: str) -> bool:
    return entry.get("act") == MOVE_ACT and entry.get("subject") == lot


def _move(lot: str, context: dict[str, Any]) -> Move:
    return Move(
        key=uuid5(UUID(lot.removeprefix("lot:")), context["at"]),
        at=jcs.parse_timestamp(context["at"]),
        state=context["state"],
        dates=context["dates"],
    )
