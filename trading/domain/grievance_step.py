"""One signed step on a grievance: what every kind of step checks, files, enters and tells.

Every step is one statement ``sunlit.grievance-step/1`` (:mod:`trading.domain.grievance_words`) and
one exhibit of the dossier. With the last one that held the lot still, the lot goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Actor, Result, Scene
from signatures.domain.errors import Malformed, Refused
from signatures.models import User
from trading import access
from trading.domain import grievance_terms, grievances, lifecycle, messages, planning
from trading.domain.acts import LotAct, find_lot
from trading.domain.grievance_words import FIELDS, SUSPEND, WITHDRAWN, Checked, Words
from trading.domain.grievances import KEEPERS, RESPONDENTS, checked
from trading.domain.signed import Accepted
from trading.enums import GrievanceOutcome, GrievanceStepKind, LotState
from trading.models import Grievance, Lot, Organisation


@dataclass(frozen=True, kw_only=True)
class StepOnGrievance(LotAct):
    """One signed step. Result: ``{"grievance", "step", "exhibit", "late", "state"}``."""

    kind: ClassVar[GrievanceStepKind]
    exhibit: ClassVar[str]
    of_complaints: ClassVar[bool] = True

    grievance: UUID
    signed: Accepted
    size: int = field(metadata={"request": False})

    @classmethod
    def check(cls, row: Grievance, words: Words, *, now: datetime) -> Checked:
        """The words as they are taken, or what is wrong with them."""
        return Checked(checked(words.text, "text"))

    @classmethod
    def require(cls, row: Grievance) -> None:
        """Refuse a step that does not belong to this grievance, or not now."""
        if row.is_complaint != cls.of_complaints:
            raise Refused(
                _("Complaints are decided by supervision, objections answered by the tenderee."),
                code="other-kind",
            )
        grievances.require_open(row)

    @classmethod
    def require_possible(
        cls, row: Grievance, words: Words, *, person: User, now: datetime
    ) -> Checked:
        """Refuse before anything is signed what the act would refuse."""
        roles = access.roles_of(person, row.lot, now)
        lifecycle.check(row.lot, cls.step or cls.name, actor_roles=roles, now=now)
        cls.require_own(row, person, now)
        cls.require(row)
        return cls.check(row, words, now=now)

    @classmethod
    def require_own(cls, row: Grievance, person: User | None, now: datetime | None) -> None:
        """Refuse who may not take this step on this one."""

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        row = grievances.find(find_lot(self.lot), self.grievance, actor.user)
        self.require_own(row, actor.user, None)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.signed.require_bound(scene.actor)
        row = grievances.find(lot, self.grievance, scene.actor.user, scene.now)
        row.lot = lot
        self.require_own(row, scene.actor.user, scene.now)
        said = self.signed.value
        if any(not isinstance(said[name], str) for name in FIELDS):
            raise Malformed(_("Every field of this statement is a text."), code="bad-statement")
        if (said["lot"], said["grievance"], said["step"]) != (lot.urn, row.urn, self.kind):
            raise Refused(_("The statement is about something else."), code="other-step")
        self.require(row)
        words = Words(**{name: said[name] for name in ("text", "outcome", "ordered", "notice",
                                                       "until")})
        ran = lot.state == LotState.ACTIVE
        self.move(scene, lot)
        made = self.check(row, words, now=scene.now)
        late = self._late(row, scene.now)
        paper = grievances.file_paper(
            scene, lot, self.signed, self.size, kind=self.exhibit, number=row.number,
            facts=self._facts(row, made, late), audience=self._audience(row, made),
        )
        grievances.step_of(
            scene, row, self.kind, self.signed, paper,
            outcome=made.outcome, text=made.text, ordered=made.ordered, notice=made.notice,
            until=made.until, late=late,
        )
        self.settle(scene, row, made, ran=ran)
        self._tell(scene, row, made)
        return {
            "grievance": str(row.pk), "step": str(self.kind), "exhibit": str(paper.pk),
            "late": late, "state": lot.state,
        }

    def move(self, scene: Scene, lot: Lot) -> None:
        """What the procedure says this step does to the lot; entered as the platform's own."""
        lifecycle.apply(
            scene.following(), lot, self.step_name(),
            actor_roles=access.actor_roles(scene.actor, lot, scene.now),
        )

    def settle(self, scene: Scene, row: Grievance, made: Checked, *, ran: bool) -> None:
        """What the step makes of the grievance; by default it is closed."""
        grievances.close(row, now=scene.now)

    def _late(self, row: Grievance, now: datetime) -> list[str]:
        """The rule of days that this step did not keep; it is taken all the same."""
        if row.due_at is None or now <= row.due_at or not self.is_due():
            return []
        rule = grievance_terms.due_rule(row)
        return [rule.name] if rule is not None else []

    def is_due(self) -> bool:
        """Whether the term that runs is this step's."""
        return self.kind not in (WITHDRAWN, SUSPEND)

    def _facts(self, row: Grievance, made: Checked, late: list[str]) -> dict[str, Any]:
        return {
            "grievance": row.urn,
            "number": row.number,
            "about": row.about,
            "outcome": made.outcome,
            "notice": made.notice,
            "until": planning.shown_end(made.until) if made.until else None,
            "late": late,
        }

    def _audience(self, row: Grievance, made: Checked) -> frozenset[str]:
        parties = self._parties(row, made)
        return frozenset({*KEEPERS, row.organisation.urn, *(RESPONDENTS if parties else ())})

    def _parties(self, row: Grievance, made: Checked) -> bool:
        """Whether tenderee and agency take part: in a complaint once it is taken up."""
        return (
            not row.is_complaint
            or row.taken_up_at is not None
            or made.outcome == GrievanceOutcome.TAKEN_UP
        )

    def recipients(self, row: Grievance, made: Checked) -> list[Organisation]:
        """Who is told of the step by name."""
        parties = grievances.respondents(row.lot) if self._parties(row, made) else []
        return [row.organisation, *parties]

    def template(self, row: Grievance, made: Checked) -> str:
        return f"{row.kind}-{made.outcome or self.kind}"

    def _tell(self, scene: Scene, row: Grievance, made: Checked) -> None:
        messages.send(
            scene.following(),
            to=self.recipients(row, made),
            template=self.template(row, made),
            lot=row.lot,
            context={
                "number": str(row.number),
                "until": planning.shown_end(row.due_at) if row.due_at else "—",
            },
            evidence=True,
        )


def closed(scene: Scene, row: Grievance) -> None:
    """Nothing follows any more; what it held still goes on."""
    halted = row.halts
    grievances.close(row, now=scene.now)
    if halted:
        grievances.release(scene, row)
