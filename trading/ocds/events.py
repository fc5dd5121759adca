"""What happened to a lot in public, each event with what it adds to the contracting process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from django.utils import translation
from django.utils.translation import gettext as _

from signatures.domain import jcs
from trading.domain.award import AWARD
from trading.domain.candidates import CANDIDATES
from trading.domain.contract_publicity import PUBLISHED
from trading.domain.contracts import CONTRACT
from trading.domain.framework_orders import ORDERED
from trading.domain.reports import PERFORMANCE
from trading.enums import DocumentKind, LotState
from trading.models import Document, Exhibit, Lot, Organisation
from trading.ocds import awards, documents, items, parties, tender
from trading.ocds.ids import moment, reference, tender_id
from trading.ocds.story import NOTICE, OPENING, Done, Move, Story, shown_at


@dataclass(frozen=True)
class Event:
    """One public event: when, under which lasting key, with which tags, and what it says."""

    at: datetime
    key: UUID
    tags: tuple[str, ...]
    says: dict[str, Any] = field(default_factory=dict)


def of(story: Story) -> list[Event]:
    """Everything that happened in public to a lot, oldest first."""
    with translation.override(tender.LANGUAGE):
        found = [
            _notice(story),
            *_documents(story),
            *_moves(story),
            *_opening(story),
            *_candidates(story),
            *_award(story),
            *_contract(story),
            *_failure(story),
        ]
        found = [one for one in found if one.at <= story.at]
        found.sort(key=_order)
        return [*found, *_moved_dates(story, found[-1].at)]


def _order(event: Event) -> tuple[datetime, UUID]:
    return event.at, event.key


def _tender(lot: Lot, **says: Any) -> dict[str, Any]:
    return {"tender": {"id": tender_id(lot), **says}}


def _notice(story: Story) -> Event:
    lot, project = story.lot, story.lot.project
    notice, sells = story.of_kind(NOTICE), tender.sells(lot)
    says = tender.invited(lot, notice)
    if notice is not None:
        says["documents"] = [documents.of_exhibit(notice)]
    return Event(
        at=lot.published_at or story.at,
        key=lot.pk if notice is None else notice.pk,
        tags=("tender",),
        says={
            "parties": parties.of_project(project, sells=sells),
            **({} if sells else {"buyer": reference(project.tenderee)}),
            "tender": says,
        },
    )


def _published_at(document: Document) -> datetime:
    return document.published_at


def _documents(story: Story) -> Iterator[Event]:
    """Documents that went out in one act are one event."""
    before: list[Document] = []
    for at, rows in groupby(story.documents, key=_published_at):
        out = list(rows)
        says = _tender(
            story.lot, documents=[documents.of_document(one, story.lot) for one in out]
        )
        if wanted := items.of_documents(out, story.lot, before=before):
            says["tender"]["items"] = wanted
        offered = any(one.kind == DocumentKind.TENDER_DOCUMENT and one.edition == 1 for one in out)
        if offered and "enquiryPeriod" in tender.periods(story.lot.dates):
            says["tender"]["enquiryPeriod"] = {"startDate": moment(at)}
        yield Event(at=at, key=out[0].pk, tags=("tenderUpdate",), says=says)
        before += out


def _amendment(key: UUID, description: str, **more: Any) -> dict[str, Any]:
    return {"id": str(key), "description": description, **more}


def _moves(story: Story) -> Iterator[Event]:
    for move in story.moves:
        if move.state == LotState.TERMINATED:
            yield _termination(story, move)
            continue
        still = move.state == LotState.SUSPENDED
        why = (
            _("The procedure stands still; no date runs until it is resumed.")
            if still
            else _("The procedure goes on; the dates that lay ahead have moved.")
        )
        amendment = _amendment(move.key, why, date=moment(move.at))
        dates = {} if still or story.done_of(CONTRACT) else tender.moving(move.dates)
        yield Event(
            at=move.at,
            key=move.key,
            tags=("tenderAmendment",),
            says=_tender(story.lot, amendments=[amendment], **dates),
        )


def _termination(story: Story, move: Move) -> Event:
    lot, award = story.lot, story.of_kind(AWARD)
    signed = [one for one in story.all_done(CONTRACT) if one.at <= move.at]
    reason = {"rationale": lot.halted_for} if lot.halted_for else {}
    why = _("The tender was ended without an award.")
    if signed:
        ended = [
            {"id": one.contract, "awardID": one.award, "status": "terminated"} for one in signed
        ]
        return Event(
            at=move.at, key=move.key, tags=("contractTermination",), says={"contracts": ended}
        )
    tags: tuple[str, ...] = ("tenderCancellation",)
    taken_back: dict[str, Any] = {}
    if award is not None and shown_at(award) <= move.at:
        tags = ("tenderCancellation", "awardCancellation")
        why = _("The procedure was ended after the award, without a contract.")
        gone = [{"id": one, "status": "cancelled"} for one in awards.awarded(award)]
        taken_back = {"awards": gone}
    amendment = _amendment(move.key, why, date=moment(move.at), **reason)
    says = _tender(lot, status=tender.CANCELLED, amendments=[amendment])
    return Event(at=move.at, key=move.key, tags=tags, says={**says, **taken_back})


def _failure(story: Story) -> Iterator[Event]:
    """Too few bids at the deadline, which stay sealed, or a floor on which nothing was sold."""
    lot = story.lot
    ended = lot.state == LotState.ARCHIVED and bool(lot.ended_at_stage)
    if lot.state != LotState.FAILED and not ended:
        return
    if any(move.state == LotState.TERMINATED for move in story.moves):
        return
    # A procedure may mark the moment itself; where it does not, it is the deadline.
    at = lot.dates.get("ended") or lot.dates.get("deadline")
    key = uuid5(lot.pk, LotState.FAILED.value)
    when = jcs.parse_timestamp(at) if at else lot.stage_since
    amendment = _amendment(
        key, _("The tender has failed and may be tendered again."), date=moment(when)
    )
    yield Event(
        at=when,
        key=key,
        tags=("tenderUpdate",),
        says=_tender(lot, status=tender.UNSUCCESSFUL, amendments=[amendment]),
    )


def _tenderers(story: Story) -> list[Organisation]:
    """Who bid, as the published record of the opening has it; nobody before."""
    record = story.of_kind(OPENING)
    urns = [] if record is None else record.facts.get("tenderers", [])
    return [story.organisations[urn] for urn in urns if urn in story.organisations]


def _opening(story: Story) -> Iterator[Event]:
    record = story.of_kind(OPENING)
    if record is None:
        return
    found = _tenderers(story)
    says = _tender(
        story.lot,
        numberOfTenderers=len(record.facts.get("tenderers", [])),
        tenderers=[reference(one) for one in found],
        documents=[documents.of_exhibit(record)],
    )
    named = [parties.party(one, parties.TENDERER) for one in found]
    yield Event(
        at=shown_at(record),
        key=record.pk,
        tags=("tenderUpdate",),
        says={"parties": named, **says} if named else says,
    )


def _candidates(story: Story) -> Iterator[Event]:
    shown = story.of_kind(CANDIDATES)
    if shown is not None:
        says = _tender(story.lot, documents=[documents.of_exhibit(shown)])
        yield Event(at=shown_at(shown), key=shown.pk, tags=("tenderUpdate",), says=says)


def _award(story: Story) -> Iterator[Event]:
    shown = story.of_kind(AWARD)
    if shown is None:
        return
    rows = awards.awarded(shown).values()
    suppliers = {row["award"]: story.organisations.get(row["winner"]) for row in rows}
    says = _tender(story.lot, status=tender.COMPLETE)
    says["tender"]["awardPeriod"] = {"endDate": moment(shown_at(shown))}
    says["awards"] = [awards.award(shown, row, suppliers[row["award"]]) for row in rows]
    named = [one for one in suppliers.values() if one is not None]
    if named:
        says["parties"] = [
            parties.party(one, parties.TENDERER, parties.SUPPLIER) for one in named
        ]
    yield Event(at=shown_at(shown), key=shown.pk, tags=("award",), says=says)
    for drop in story.drops:
        gone = {"awards": [{"id": drop.award, "status": "cancelled"}]}
        yield Event(at=drop.at, key=drop.key, tags=("awardCancellation",), says=gone)


def _contract(story: Story) -> Iterator[Event]:
    done = story.done_of(CONTRACT)
    if done is None:
        return
    notice = story.of_kind(AWARD)
    for one in story.all_done(CONTRACT):
        says = {"contracts": [awards.signed(one, notice)]}
        yield Event(at=one.at, key=one.key, tags=("contract",), says=says)
    for shown in story.shown:
        if shown.kind == PUBLISHED:
            yield _published(shown)
        elif shown.kind == ORDERED:
            says = {"contracts": [awards.ordered(shown)]}
            yield Event(at=shown_at(shown), key=shown.pk, tags=("contract",), says=says)
    begun = story.done_of(PERFORMANCE)
    if begun is not None:
        yield _performance(done, begun)


def _published(shown: Exhibit) -> Event:
    says = {"contracts": [awards.published(shown)]}
    return Event(at=shown_at(shown), key=shown.pk, tags=("contractUpdate",), says=says)


def _performance(contract: Done, begun: Done) -> Event:
    """That performance has begun; the reports on it are for few."""
    milestone = {
        "id": str(begun.key),
        "title": _("Performance has begun"),
        "type": "delivery",
        "status": "met",
        "dateMet": moment(begun.at),
    }
    own = {
        "id": contract.contract,
        "awardID": contract.award,
        "implementation": {"milestones": [milestone]},
    }
    return Event(
        at=begun.at, key=begun.key, tags=("implementation",), says={"contracts": [own]}
    )


def _moved_dates(story: Story, last: datetime) -> Iterator[Event]:
    """The periods as they now are, where no event of this floor says how they came to be so.

    A schedule that moves the deadline stands in the ledger under the sealing's own acts. The
    release's date is that of the last event before it was seen; the amendment claims none.
    """
    lot = story.lot
    notice = story.of_kind(NOTICE)
    told = dict(lot.dates if notice is None else notice.facts.get("dates", lot.dates))
    for move in story.moves:
        if move.state == LotState.ACTIVE:
            told = dict(move.dates)
    now = tender.moving(lot.dates)
    # When the documents were put on offer, their own release says.
    offered = {name: lot.dates[name] for name in ("documents-from",) if name in lot.dates}
    if now == tender.moving({**told, **offered}) or "deadline" not in lot.dates:
        return
    key = uuid5(lot.pk, jcs.digest(now).hex())
    amendment = _amendment(key, _("The dates were moved."))
    yield Event(
        at=last,
        key=key,
        tags=("tenderAmendment",),
        says=_tender(lot, amendments=[amendment], **now),
    )

