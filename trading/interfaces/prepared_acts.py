"""Acts whose record is printed and sealed first: rehearsed, prepared, and then ready to dispatch.

Pages and the programming interface both make them here. Nothing is written but files in the store;
whoever may not do it, or not now, is refused before anything is printed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import clock, jcs
from signatures.domain.act import Act, Actor, Outcome, answered, dispatch
from signatures.domain.errors import Conflict, Denied
from signatures.domain.signing_documents import Plan
from signatures.models import User
from trading import access
from trading.domain import (
    amendments,
    ballots,
    candidates,
    contracts,
    deciding,
    framework,
    questions,
)
from trading.domain import award as awards
from trading.domain.acts import find_lot
from trading.domain.amendments import AmendDocuments, Change
from trading.domain.award import AwardLot
from trading.domain.ballots import CastBallot
from trading.domain.candidates import PublishCandidates
from trading.domain.contracts import OfferContract, Terms
from trading.domain.deciding import DecideAward
from trading.domain.questions import AnswerQuestion
from trading.domain.reports import FileWrittenReport, ReportPerformance
from trading.domain.signed import Signed, accept
from trading.enums import LotRole
from trading.interfaces.records import (
    amendment,
    award_decision,
    award_notice,
    clarification,
    framework_agreement,
    sealing,
    written_report,
)
from trading.interfaces.records import candidates as candidates_notice
from trading.interfaces.records import contract as contract_record


def once(actor: Actor, *, key: str, asked: list[Any], make: Callable[[], Act]) -> Outcome:
    """Make an act and dispatch it under ``key``; sent again it acts once and prints nothing.

    ``asked`` is what was asked for, as JSON: the same key for something else is refused.
    """
    request = hashlib.sha256(jcs.dumps(asked)).hexdigest()
    before = answered(actor=actor, key=key, request=request)
    return before or dispatch(make(), actor=actor, key=key, request=request)


#: Who awards, drafts contracts and answers.
TENDERING = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


def require_role(actor: Actor, lot: UUID) -> None:
    """Deny everybody but tenderee and agency, before what they typed is looked at."""
    if access.actor_roles(actor, lot).isdisjoint(TENDERING):
        raise Denied(_("Tenderee and agency do this."), code="wrong-role")


def stored(data: bytes) -> dict[str, Any]:
    """A sealed record in the store, and how its seal is judged, as fields of an act."""
    stored = store.put(data)
    seal = sealing.judged(data, at=clock.now())
    return {"digest": stored.sha256, "size": stored.size, "seal": seal}


def publish_candidates(actor: Actor, lot: UUID) -> PublishCandidates:
    """The notice of the candidates, sealed."""
    row, now = find_lot(lot), clock.now()
    act = PublishCandidates(
        lot=lot, title=candidates_notice.title(row), digest="", size=0, candidates="", until=now
    )
    act.rehearse(actor, now=now)
    made = stored(candidates_notice.prepare(row, at=now))
    until = candidates.on_show_until(row, at=now)
    return replace(act, candidates=candidates.digest(row), until=until, **made)


def cast_ballot(person: User, lot: UUID, signed: Signed) -> CastBallot:
    """A signed ballot, judged."""
    accepted = accept(person, signed, purpose=ballots.PURPOSE, fields=ballots.FIELDS)
    return CastBallot(lot=lot, signed=accepted)


def decide_award(person: User, lot: UUID, signed: Signed) -> DecideAward:
    """The signed decision among the candidates, its record printed and sealed."""
    actor, row, now = Actor.person(person), find_lot(lot), clock.now()
    require_role(actor, lot)
    accepted = accept(person, signed, purpose=deciding.PURPOSE, fields=deciding.FIELDS)
    act = DecideAward(lot=lot, signed=accepted, title=award_decision.TITLE, digest="", size=0)
    act.rehearse(actor, now=now)
    decision = deciding.require_chosen(row)
    reasons = deciding.check_said(decision, accepted.value)
    data = award_decision.prepare(
        row, decision, reasons=reasons, statement=accepted.statement, at=clock.now()
    )
    return replace(act, **stored(data))


def award(actor: Actor, lot: UUID, *, winner: UUID, reasons: str) -> AwardLot:
    """The award notice, sealed."""
    row, now = find_lot(lot), clock.now()
    act = AwardLot(
        lot=lot, winner=winner, reasons=reasons, title=award_notice.title(row), digest="", size=0
    )
    act.rehearse(actor, now=now)
    chosen = awards.choose(row, winner, reasons=reasons)
    data = award_notice.prepare(row, chosen=chosen, reasons=reasons, at=clock.now())
    return replace(act, **stored(data))


def offer_contract(
    actor: Actor,
    lot: UUID,
    *,
    price: str,
    terms: Mapping[str, str],
    security: str | None,
    award: UUID | None = None,
) -> OfferContract:
    """The contract, laid out for both sides' signatures; of several awards the one named."""
    row = find_lot(lot)
    nothing = Plan(digest="", size=0, seal_field="", places=())
    act = OfferContract(
        lot=lot,
        title=contract_record.title(row),
        price=price,
        terms=dict(terms),
        security=security,
        award=award,
        plan=nothing,
    )
    act.rehearse(actor, now=clock.now())
    winning = awards.award_of(row, award)
    given = Terms.read(price=price, terms=terms, security=security)
    contracts.check_terms(row, winning, given)
    if framework.is_framework(row):
        act = replace(act, title=framework_agreement.title(winning))
        plan = framework_agreement.prepare(row, award=winning, given=given, at=clock.now())
    else:
        plan = contract_record.prepare(row, award=winning, given=given, at=clock.now())
    return replace(act, plan=plan)


def written_report_of(actor: Actor, lot: UUID) -> FileWrittenReport:
    """The written report to the supervisor, sealed."""
    row = find_lot(lot)
    act = FileWrittenReport(lot=lot, title=written_report.TITLE, digest="", size=0)
    act.rehearse(actor, now=clock.now())
    return replace(act, **stored(written_report.prepare_report(row, at=clock.now())))


def report_performance(actor: Actor, lot: UUID, *, note: str) -> ReportPerformance:
    """The record that the contract is being performed, sealed."""
    row = find_lot(lot)
    act = ReportPerformance(
        lot=lot, title=written_report.PERFORMANCE_TITLE, digest="", size=0
    )
    act.rehearse(actor, now=clock.now())
    data = written_report.prepare_performance(row, note=note, at=clock.now())
    return replace(act, **stored(data))


def answer_question(
    actor: Actor, lot: UUID, *, question: UUID, text: str, affects: bool
) -> AnswerQuestion:
    """Question and answer as a clarification, sealed."""
    row, now = find_lot(lot), clock.now()
    act = AnswerQuestion(
        lot=lot, question=question, text=text, affects=affects, title="", digest="", size=0
    )
    act.permit(actor)
    asked = questions.question_of(row, question)
    # A stale page is told that there is an answer, not that no question waits.
    questions.require_open(asked)
    act.rehearse(actor, now=now)
    answer = questions.checked_text(text)
    if affects:
        questions.require_time_to_affect(row, now=now)
    data = clarification.prepare(row, question=asked, answer=answer, affects=affects, at=now)
    return replace(act, title=clarification.title(asked), **stored(data))


def amend_documents(
    actor: Actor,
    lot: UUID,
    *,
    before: str,
    changes: Sequence[Change],
    affects: bool,
    deadline: datetime | None = None,
    bill: str = "",
    attachments: str = "",
) -> AmendDocuments:
    """The next edition of the tender document, sealed. Everything that the act refuses is refused
    here, before anything is printed. ``bill`` and ``attachments`` name what stands prepared
    (:meth:`AmendDocuments.parts`)."""
    row, now = find_lot(lot), clock.now()
    act = AmendDocuments(
        lot=lot, before=before, changes=tuple(changes), affects=affects, deadline=deadline,
        title="", digest="", size=0, bill=bill, attachments=attachments,
    )
    act.permit(actor)
    act.check_changes()
    act.rehearse(actor, now=now)
    earlier = amendments.current(row)
    if earlier is None or earlier.digest != before:
        raise Conflict(
            _("Another edition was published meanwhile. Look at it, then say what changes."),
            code="changed-meanwhile",
        )
    found = act.parts(row)
    moved = act.dates_after(row, now)
    if affects:
        amendments.require_time(row, now=now, dates=moved)
    data = amendment.prepare(
        row, earlier=earlier, changes=changes, affects=affects, brings=found,
        deadline=amendments.moment(moved, amendments.DEADLINE), at=now,
    )
    return replace(act, title=amendment.title(row, earlier.edition + 1), **stored(data))
