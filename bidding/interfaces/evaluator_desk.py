"""An evaluator's desk: the committees on which they sit, and what is theirs to do in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import (
    evaluation,
    examination,
    report,
    score_sheets,
    scoring,
    sealed_rounds,
)
from bidding.enums import BidState
from bidding.interfaces import examination_lines
from bidding.models import Evaluation, Examination, Expert, ScoreSheet, Seat
from signatures.models import User
from trading.domain import procedure
from trading.enums import LotRole, LotState
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Desk, Figure, Row, Task
from trading.interfaces.timeline import Badge, Standing
from trading.models import Lot

ROLE = LotRole.EVALUATOR.value
#: Under which command of the procedure each duty stands, for its article.
_ARTICLES = {
    "declare": "bidding.declare-conflict",
    "score": "bidding.freeze-scores",
    "freeze": "bidding.freeze-scores",
    "compute": "bidding.compute-scores",
    "sign": "bidding.sign-report",
    "examine": examination.EXAMINE,
}


@dataclass(frozen=True)
class _Duty:
    """What a seat asks now; ``own`` False where others are awaited, ``kind`` empty when over."""

    kind: str
    title: str
    own: bool


def is_expert(person: User) -> bool:
    """Whether this person stands in the pool from which committees are drawn."""
    return Expert.objects.filter(user=person).exists()


def build(person: User, at: datetime) -> Desk:
    """The desk of somebody in the pool of experts."""
    rows = Seat.objects.filter(user=person, called_at__isnull=False, left_at__isnull=True)
    seats = list(rows.select_related("committee__lot__project").order_by("-called_at")[:MOST])
    duties = [(seat, _duty(seat)) for seat in seats]
    expert = Expert.objects.filter(user=person).first()
    return Desk(
        title=_("Evaluator's desk"),
        organisations=() if expert is None else (expert.employer,),
        figures=tuple(_figures(duties)),
        tasks=tuple(
            sorted(
                (_task(seat, duty) for seat, duty in duties if duty.kind),
                key=lambda task: (not task.own, task.order),
            )
        ),
        views=None,
    )


def _duty(seat: Seat) -> _Duty:
    """What the seat asks of its member now."""
    lot = seat.committee.lot
    if lot.state == LotState.SUSPENDED:
        return _Duty("wait", _("The procedure stands still"), own=False)
    if lot.state != LotState.ACTIVE:
        return _Duty("", "", own=False)
    if seat.committee.round < sealed_rounds.main(lot):
        return _examining(seat, lot)
    if seat.declared_at is None:
        return _Duty("declare", _("Declare whether you have a conflict of interest"), own=True)
    found = evaluation.find(lot)
    if found is None:
        return _Duty("wait", _("The evaluation has not begun"), own=False)
    if found.signed_at is not None:
        return _Duty("", "", own=False)
    if found.frozen_at is None:
        return _scoring(seat, found)
    return _conferring(seat, found, lot)


def _examining(seat: Seat, lot: Lot) -> _Duty:
    """What a seat on the panel asks that examines applications for prequalification."""
    if lot.stage != examination_lines.stage(lot) or examination.reported(lot) is not None:
        return _Duty("", "", own=False)
    if seat.declared_at is None:
        return _Duty("declare", _("Declare whether you have a conflict of interest"), own=True)
    if seat.committee.complete_at is None or examination.unopened(lot):
        return _Duty("wait", _("The panel or the applications are not complete yet"), own=False)
    applications = [one.pk for one in examination.applications(lot) if one.state == BidState.FROZEN]
    done = Examination.objects.filter(seat=seat, bid__in=applications).count()
    if done < len(applications):
        words = {"done": done, "all": len(applications)}
        return _Duty(
            "examine", _("Examine the applications: %(done)d of %(all)d done") % words, own=True
        )
    if len(examination.findings(lot)) < len(applications) * seat.committee.size:
        return _Duty("wait", _("Other members still examine"), own=False)
    return _Duty("examine", _("File the report of the examination"), own=True)


def _scoring(seat: Seat, found: Evaluation) -> _Duty:
    sheet = ScoreSheet.objects.filter(seat=seat).first()
    if sheet is None:
        return _Duty("wait", _("The evaluation has not begun"), own=False)
    if sheet.frozen_at is None:
        codes = list(evaluation.coded(found.committee))
        scheme = evaluation.scheme_of(found.committee.lot)
        left = len(scoring.missing(scheme, codes, score_sheets.points(sheet)))
        if left:
            cells = len(codes) * len(scheme.criteria)
            words = {"done": cells - left, "all": cells}
            return _Duty("score", _("Score the bids: %(done)d of %(all)d done") % words, own=True)
        return _Duty("score", _("Freeze your sheet"), own=True)
    sheets = score_sheets.sheets(found.committee)
    if all(each.frozen_at is not None for each in sheets):
        return _Duty("freeze", _("Freeze the technical result"), own=True)
    return _Duty("wait", _("Other members still score"), own=False)


def _conferring(seat: Seat, found: Evaluation, lot: Lot) -> _Duty:
    if found.computed_at is None:
        return _Duty("wait", _("The prices are being opened"), own=False)
    if found.report_at is None:
        return _Duty("wait", _("The committee confers; the chair ends it"), own=False)
    document = report.document_of(lot)
    if document is None:
        return _Duty("wait", _("The report is being laid out"), own=False)
    open_ = document.fields.filter(signer=seat.user.urn, signed_at__isnull=True)
    if open_.exists():
        return _Duty("sign", _("Sign the evaluation report"), own=True)
    return _Duty("wait", _("Other members have yet to sign the report"), own=False)


def _task(seat: Seat, duty: _Duty) -> Task:
    lot = seat.committee.lot
    rules = procedure.of(lot)
    command = rules.commands.get(rules.step_of(_ARTICLES.get(duty.kind, ""), lot.stage))
    badge = Badge("now", _("Yours to do")) if duty.own else Badge("todo", _("Awaited from others"))
    return Task(
        due=None,
        title=duty.title,
        subject=_title(lot),
        address=_address(seat, duty),
        rule="" if command is None else command.article,
        badge=badge,
        overdue=False,
        own=duty.own,
    )


def _title(lot: Lot) -> str:
    return f"{lot.project.title} {lot.title}"


def _address(seat: Seat, duty: _Duty) -> str:
    lot = seat.committee.lot
    panel = seat.committee.round < sealed_rounds.main(lot)
    name = "prequalification" if panel else "evaluation"
    if duty.kind == "declare":
        name = "evaluation-declaration"
    return reverse(name, args=[lot.project.code, lot.number])


def _figures(duties: list[tuple[Seat, _Duty]]) -> Iterable[Figure]:
    named = (
        ("invitations", _("invitations to answer"), {"declare"}),
        ("sheets", _("sheets to finish"), {"score", "freeze", "examine"}),
        ("reports", _("reports to sign"), {"sign"}),
        ("awaited", _("waiting for others"), {"wait"}),
        ("over", _("over"), {""}),
    )
    for name, label, kinds in named:
        chosen = [(seat, duty) for seat, duty in duties if duty.kind in kinds]
        yield Figure(
            name=name,
            label=label,
            count=len(chosen),
            note="",
            rows=lambda chosen=chosen: [_row(seat, duty) for seat, duty in chosen],  # type: ignore[misc]
        )


def _row(seat: Seat, duty: _Duty) -> Row:
    lot = seat.committee.lot
    return Row(
        when=seat.called_at,
        title=_title(lot),
        address=_address(seat, duty),
        note=duty.title or lot.project.code,
        badge=Standing.of(lot).badge,
    )


def register() -> None:
    """Give experts their desk; called when the app is ready."""
    desks.register(ROLE, build, holds=is_expert)
