"""Filing: an objection or challenge to the tenderee, a complaint to supervision.

The signed statement ``sunlit.grievance/1`` holds everything that is filed. Where the procedure file
says so, the lot stands still from that very act on, until the last one is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.models import User
from trading import access
from trading.domain import (
    grievance_terms,
    grievances,
    lifecycle,
    messages,
    planning,
    procedure,
    registry,
)
from trading.domain.acts import LotAct, find_lot
from trading.domain.grievance_conditions import Checked, check
from trading.domain.grievance_drafts import FIELDS, LODGE, PURPOSE, Draft, read
from trading.domain.grievances import RESPONDENTS
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import GrievanceKind, LotState
from trading.models import Grievance, Lot


def prepare(person: User, lot: UUID, signed: Signed) -> File:
    """The act that files what this statement says; checks all that needs no lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    draft = read(accepted.value)
    if accepted.value != {**accepted.value, **draft.says(find_lot(lot))}:
        raise Refused(_("The statement is about something else."), code="other-lot")
    act = LodgeComplaint if draft.complains else FileObjection
    return act(lot=lot, signed=accepted, size=len(signed.statement))


@dataclass(frozen=True, kw_only=True)
class File(LotAct):
    """File what a signed ``sunlit.grievance/1`` says. Result: ``{"grievance", "number", "exhibit",
    "state"}``."""

    complains: ClassVar[bool] = False

    signed: Accepted
    size: int = field(metadata={"request": False})

    @property
    def draft(self) -> Draft:
        return read(self.signed.value)

    def step_name(self) -> str:
        return self.draft.step

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        if not access.acts_for(actor.user, self.draft.organisation):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        draft = self.draft
        self.signed.require_bound(scene.actor)
        if draft.complains != self.complains or self.signed.value["lot"] != lot.urn:
            raise Refused(_("The statement is about something else."), code="other-lot")
        ran, holds = lot.state == LotState.ACTIVE, grievances.would_hold(lot)
        # Whoever objects is told to nobody by what follows: the move is entered as the platform's.
        lifecycle.apply(
            scene.following(), lot, draft.step,
            actor_roles=access.actor_roles(scene.actor, lot, scene.now),
        )
        made = check(lot, draft, person=scene.actor.user, now=scene.now)
        row = self._file(scene, lot, draft, made, holds=holds)
        if row.halts and ran and row.due_at is not None:
            grievances.tell_standstill(scene, row, until=row.due_at)
        return {
            "grievance": str(row.pk),
            "number": row.number,
            "exhibit": str(row.exhibit_id),
            "state": lot.state,
        }

    def _file(
        self, scene: Scene, lot: Lot, draft: Draft, made: Checked, *, holds: bool
    ) -> Grievance:
        rules = procedure.of(lot)
        kind = GrievanceKind.COMPLAINT if self.complains else grievance_terms.kind_of(rules)
        number = grievances.next_number(lot)
        pauses = not self.complains and rules.command(draft.step).to is not None
        parties = frozenset() if self.complains else RESPONDENTS
        exhibit = grievances.file_paper(
            scene, lot, self.signed, self.size, kind=str(kind), number=number,
            facts={
                "number": number,
                "about": draft.about,
                "organisation": made.organisation.urn,
                "objection": made.objection.urn if made.objection else None,
                "pauses": pauses,
            },
            audience=frozenset({*grievances.KEEPERS, *parties, made.organisation.urn}),
        )  # fmt: skip
        row = Grievance.objects.create(
            lot=lot, number=number, kind=kind, about=draft.about, organisation=made.organisation,
            interest=made.interest, known_on=made.known, facts=made.facts, requests=made.requests,
            objection=made.objection, filed_at=scene.now, digests=self.signed.digests(),
            exhibit=exhibit, due_at=self._due(rules, scene.now), pauses=pauses,
            halts=pauses and holds,
        )  # fmt: skip
        to = grievances.supervisors() if self.complains else grievances.respondents(lot)
        scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "about": draft.about, "organisation": made.organisation.urn},
            receipt_for=(
                made.organisation.urn,
                *(() if self.complains else (one.urn for one in to)),
            ),
        )
        messages.send(
            scene.following(),
            to=to,
            template="complaint-lodged" if self.complains else f"{kind}-filed",
            lot=lot,
            context={
                "number": str(number),
                "until": planning.shown_end(row.due_at) if row.due_at else "—",
            },
            evidence=True,
        )
        return row

    def _due(self, rules: procedure.Procedure, now: datetime) -> datetime | None:
        if not self.complains:
            return grievance_terms.answer_until(rules, filed=now)
        term = grievance_terms.take_up(rules, lodged=now) or grievance_terms.decision(
            rules, lodged=now, taken_up=now
        )
        return term.until if term is not None else None


@command("trading.file-objection")
@dataclass(frozen=True, kw_only=True)
class FileObjection(File):
    """Object, or challenge, for an organisation of one's own."""


@command(LODGE)
@dataclass(frozen=True, kw_only=True)
class LodgeComplaint(File):
    """Complain to supervision."""

    complains: ClassVar[bool] = True


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(FileObjection.name, FileObjection)
    registry.register_command(LodgeComplaint.name, LodgeComplaint)
