"""The evaluation report: laid out when the committee has conferred, signed by every member.

With the last signature and the platform's seal it becomes an exhibit, and the lot goes on to its
candidates (TBL 40, TBR 53).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from bidding.domain import (
    appraisals,
    clarifications,
    committee,
    evaluation,
    room_state,
    rooms,
)
from bidding.domain.evaluation_acts import REPORTED, MemberAct, require_chair
from bidding.models import Evaluation, Room, Seat
from signatures.domain import signing_documents
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.domain.signing_documents import Plan, Signatory
from signatures.enums import SigningState
from signatures.models import SigningDocument
from trading.domain import (
    dossier,
    grounds,
    lifecycle,
    messages,
    notices,
    paper_words,
    signatories,
)
from trading.domain.acts import LotAct, find_lot, lock_lot
from trading.enums import LotRole, LotState
from trading.models import Lot

PURPOSE = "evaluation-report"
#: The procedure's command for a report that rejects every bid.
REJECT_STEP = "bidding.reject-all-bids"
SEALED = (SigningState.SEALED, SigningState.CONCLUDED)
PDF = "application/pdf"
#: The queue files the report; the clock does where the queue could not, as after a suspension.
WORKER, CLOCK = "process:worker", "process:clock"
_READERS = (
    LotRole.TENDEREE,
    LotRole.AGENCY,
    LotRole.EVALUATOR,
    LotRole.SUPERVISOR,
    LotRole.INSPECTOR,
    LotRole.ARCHIVIST,
)


def _task(name: str) -> Any:
    """A task of the queue: it stands above this room, so it is named by string only."""
    return import_string(f"bidding.record_tasks.{name}")


def document_of(lot: Lot) -> SigningDocument | None:
    """The lot's report as it is being signed, once it is laid out."""
    return SigningDocument.objects.filter(purpose=PURPOSE, subject=lot.urn).first()


def places(row: Evaluation) -> list[Signatory]:
    """A place for every member, in the order in which they were called; all must sign."""
    return [
        signatories.of_person(seat.user, field_of(number))
        for number, seat in enumerate(members(row), start=1)
    ]


def members(row: Evaluation) -> list[Seat]:
    """The members who sign, in the order of their places."""
    return committee.members(row.committee)


def field_of(number: int) -> str:
    """The name of a member's place."""
    return f"Member-{number}"


@command("bidding.write-report")
@dataclass(frozen=True, kw_only=True)
class WriteReport(MemberAct):
    """The chair ends the conferring: the queue lays the report out for every member's signature."""

    phase = "computed"

    def perform(self, scene: Scene, room: Room) -> None:
        row, _seat = self.enter_room(scene, room)
        require_chair(room, scene.actor)
        clarifications.require_settled(row)
        appraisals.require_settled(row, room)
        row.report_at = scene.now
        row.save(update_fields=["report_at"])
        rooms.enter_stage(scene, room, "report")
        _task("prepare_evaluation_report").enqueue(str(row.pk))


@command("bidding.offer-report")
@dataclass(frozen=True, kw_only=True)
class OfferReport(Act):
    """Put the laid-out report up for signature; the queue does this, once.

    Result: ``{"document": uuid}``.
    """

    evaluation: UUID
    plan: Plan

    def permit(self, actor: Actor) -> None:
        if actor.urn != WORKER:
            raise Denied(_("The platform lays the report out."))

    def lock(self) -> Evaluation:
        row = Evaluation.objects.select_related("committee__lot__project").get(pk=self.evaluation)
        lock_lot(row.committee.lot_id)
        return row

    def decide(self, scene: Scene) -> Result:
        row: Evaluation = scene.subject
        lot = row.committee.lot
        room = evaluation.live_room(lot.pk)
        if row.report_at is None or room is None:
            raise Refused(
                _("The committee has not finished conferring."),
                code="not-conferred",
                rule=REPORTED.of(lot),
            )
        if document_of(lot) is not None:
            raise Refused(_("The report is laid out already."), code="already-offered")
        document = signing_documents.open_document(
            scene,
            plan=self.plan,
            purpose=PURPOSE,
            title=f"{paper_words.word(lot, 'report', 'zh-hans')} {lot.project.code}-{lot.number}",
            subject=lot.urn,
            facts={"evaluation": row.urn, "room": room.urn, "scores": row.scores},
        )
        fields = {place.signatory.signer: place.signatory.field for place in self.plan.places}
        rooms.emit(
            scene,
            room,
            "report",
            {"document": str(document.pk), "sha256": document.original, "fields": fields},
        )
        return {"document": str(document.pk)}


def complete(scene: Scene, document: SigningDocument) -> None:
    """Every member has signed: have :class:`SignReport` follow, as an act of its own."""
    _task("conclude_report").enqueue(document.subject.partition(":")[2])


@command("bidding.sign-report")
@dataclass(frozen=True, kw_only=True)
class SignReport(LotAct):
    """File the report that every member has signed; the candidates are known.

    With no bid left in the ranking the tender fails instead: the committee rejected all (TBL 42).

    Done by the queue when the last signature is sealed, by the right of those who signed. Result:
    ``{"exhibit", "stage"}``.
    """

    public: ClassVar[bool] = True

    def permit(self, actor: Actor) -> None:
        if actor.urn not in (WORKER, CLOCK):
            raise Denied(
                _("The report is filed by itself when every member has signed it."),
                code="wrong-role",
                rule=grounds.by_step(find_lot(self.lot), self.name),
            )

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = evaluation.get(lot)
        document = document_of(lot)
        if document is None or document.state not in SEALED:
            raise Refused(
                _("Not every member has signed the report."),
                code="not-signed",
                rule=REPORTED.of(lot),
            )
        if row.signed_at is not None:
            raise Refused(_("The report is filed already."), code="already-signed")
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=PURPOSE,
            name=f"{document.title}.pdf",
            digest=document.digest,
            size=document.size,
            media_type=PDF,
            facts={
                "method": lot.parameters.get("method", ""),
                "evaluation": notices.evaluation_digest(lot),
                "ranking": row.ranking,
                "rejected": row.rejected,
                **_appraised(row),
                "technical_result": row.technical,
                "scores": row.scores,
                "members": len(members(row)),
            },
            audience=_READERS,
            seal={"signing": document.urn, "assessment": document.assessment},
        )
        # Everybody whose step this is has signed; the queue only carries it out.
        move = lifecycle.apply(
            scene,
            lot,
            self.name if row.ranking else REJECT_STEP,
            actor_roles=frozenset({LotRole.EVALUATOR.value}),
        )
        row.signed_at = scene.now
        row.save(update_fields=["signed_at"])
        scene.enter(
            subject=lot.urn,
            digests={"report": document.digest},
            context={"exhibit": exhibit.urn, "signing": document.urn},
        )
        room = evaluation.live_room(lot.pk)
        if room is not None:
            rooms.close_room(scene, room, {"report": document.digest})
        if not row.ranking:
            messages.send(
                scene,
                to=messages.participants(lot),
                template="all-bids-rejected",
                lot=lot,
                evidence=True,
            )
        return {"exhibit": str(exhibit.pk), "stage": move.after.stage}


def _appraised(row: Evaluation) -> dict[str, Any]:
    """The merits and risks of candidates that are not ranked; nothing where they are."""
    if not appraisals.named(row):
        return {}
    state = room_state.state(evaluation.last_room(row.committee.lot))
    return {"appraisals": appraisals.facts(row, state)}


def due(now: datetime) -> Iterator[Act]:
    """The reports that are signed by all and wait to be filed in a running lot."""
    rows = Evaluation.objects.filter(
        report_at__isnull=False, signed_at__isnull=True, committee__lot__state=LotState.ACTIVE
    )
    for row in rows.select_related("committee__lot").order_by("report_at", "pk"):
        document = document_of(row.committee.lot)
        if document is not None and document.state in SEALED:
            yield SignReport(lot=row.committee.lot_id)
