"""What the acts of an inspection share: who may, what was found, whom it speaks to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Scene
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from trading import access
from trading.domain import checklists, messages
from trading.domain.inspections_planning import require_supervisor
from trading.domain.signed import Accepted
from trading.enums import InspectionState, LotRole, Outcome
from trading.models import Exhibit, Finding, Inspection, Lot, Organisation

#: The subject answers findings and reports corrections in one kind of statement.
ANSWER = "sunlit.answer/1"
ANSWER_FIELDS = frozenset({"inspection", "step", "text", "exhibits"})
LONGEST_TEXT = 4000
MOST_EXHIBITS = 50
SUBJECTS = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


def find_inspection(identifier: UUID) -> Inspection:
    """The inspection, unlocked; raises :class:`NotFound`."""
    row = (
        Inspection.objects.select_related(
            "plan__organisation", "plan__draw", "lot__project__tenderee", "lot__project__agency"
        )
        .filter(pk=identifier)
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such inspection."), code="unknown-inspection")
    return row


def inspects(actor: Actor, inspection: Inspection) -> bool:
    """Whether the actor was drawn for this inspection and still holds the role."""
    if actor.urn not in inspection.inspectors:
        return False
    return LotRole.INSPECTOR.value in access.actor_roles(actor, inspection.lot)


def is_subject(actor: Actor, inspection: Inspection) -> bool:
    """Whether the actor acts for whoever is inspected: the tenderee or its agency."""
    return not access.actor_roles(actor, inspection.lot).isdisjoint(SUBJECTS)


def latest(inspection: Inspection) -> dict[str, Finding]:
    """The finding in force on each item, by the item's name."""
    return {row.item: row for row in inspection.findings.order_by("number")}


def deviations(inspection: Inspection) -> list[Finding]:
    """What was found not to conform, in the order of the checklists."""
    found = latest(inspection)
    return [
        found[item.name]
        for item in checklists.items_of(inspection.plan.objects_inspected)
        if item.name in found and found[item.name].outcome == Outcome.DEVIATES
    ]


def subjects(lot: Lot) -> list[Organisation]:
    """Whom an inspection of this lot speaks to."""
    return [one for one in (lot.project.tenderee, lot.project.agency) if one is not None]


@dataclass(frozen=True, kw_only=True)
class InspectionAct(Act):
    """An act on one inspection, whose row it locks."""

    inspection: UUID

    def lock(self) -> Inspection:
        row = (
            Inspection.objects.select_for_update(of=("self",))
            .select_related(
                "plan__organisation",
                "lot__project__tenderee",
                "lot__project__agency",
            )
            .filter(pk=self.inspection)
            .first()
        )
        if row is None:
            raise NotFound(_("There is no such inspection."), code="unknown-inspection")
        return row


class ByInspector(InspectionAct):
    """Only the inspectors who were drawn."""

    def permit(self, actor: Actor) -> None:
        if not inspects(actor, find_inspection(self.inspection)):
            raise Denied(_("Only the inspectors drawn for it do this."), code="wrong-role")


class BySupervisor(InspectionAct):
    """Only people of the supervisor that planned the inspection."""

    def permit(self, actor: Actor) -> None:
        require_supervisor(actor, find_inspection(self.inspection).plan.organisation)


class BySubject(InspectionAct):
    """Only people of the inspected tenderee or its agency."""

    def permit(self, actor: Actor) -> None:
        if not is_subject(actor, find_inspection(self.inspection)):
            raise Denied(_("Only whoever is inspected does this."), code="wrong-role")


def require_state(inspection: Inspection, *states: InspectionState) -> None:
    """The inspection stands in one of these states; else :class:`Refused`."""
    if inspection.state not in states:
        raise Refused(
            _("The inspection stands elsewhere: %(state)s.")
            % {"state": InspectionState(inspection.state).label},
            code="wrong-state",
        )


def text_of(value: object, *, least: int = 1) -> str:
    """Somebody's words, 1 to 4,000 characters; raises :class:`Malformed`."""
    if not isinstance(value, str) or not least <= len(value.strip()) <= LONGEST_TEXT:
        raise Malformed(
            _("Write 1 to %(most)d characters.") % {"most": LONGEST_TEXT}, code="bad-text"
        )
    return value.strip()


def exhibits_of(scene: Scene, lot: Lot, value: object) -> list[dict[str, str]]:
    """The exhibits that a statement rests on: ``[{"id", "digest"}]`` of this lot, which the actor
    may see now, each with the digest that it has.

    Raises :class:`Malformed`, :class:`NotFound` (``unknown-exhibit``) or :class:`Refused`
    (``wrong-digest``).
    """
    if not isinstance(value, list) or len(value) > MOST_EXHIBITS:
        raise Malformed(
            _("Exhibits are a list of at most %(most)d.") % {"most": MOST_EXHIBITS},
            code="bad-exhibits",
        )
    audiences = access.audiences_of(scene.actor.user, lot, scene.now)
    found = []
    for one in value:
        if not isinstance(one, dict) or set(one) != {"id", "digest"}:
            raise Malformed(_("An exhibit is named by id and digest."), code="bad-exhibits")
        exhibit = _exhibit(lot, one["id"])
        if exhibit is None or not access.may_see(exhibit, audiences, scene.now):
            raise NotFound(_("There is no such exhibit on this lot."), code="unknown-exhibit")
        if exhibit.digest != one["digest"]:
            raise Refused(
                _("The exhibit %(name)s has another digest.") % {"name": exhibit.name},
                code="wrong-digest",
            )
        found.append({"id": str(exhibit.pk), "digest": exhibit.digest})
    return found


def _exhibit(lot: Lot, identifier: object) -> Exhibit | None:
    try:
        return Exhibit.objects.filter(pk=UUID(str(identifier)), lot=lot).first()
    except ValueError:
        return None


def tell(
    scene: Scene, inspection: Inspection, template: str, to: Iterable[Any], **values: str
) -> None:
    """A message about an inspection, with evidence."""
    messages.send(
        scene,
        to=to,
        template=template,
        lot=inspection.lot,
        context={"plan": inspection.plan.title, **values},
        evidence=True,
    )


def require_statement(inspection: Inspection, said: dict[str, Any], purpose: str) -> None:
    """The statement is of this purpose and about this inspection."""
    if said["purpose"] != purpose or said["inspection"] != inspection.urn:
        raise Refused(_("The statement is about something else."), code="wrong-inspection")


def words(
    scene: Scene, inspection: Inspection, signed: Accepted, step: str
) -> dict[str, Any]:
    """What the subject says at a step, with its exhibits and the digests of its statement."""
    said = signed.value
    require_statement(inspection, said, ANSWER)
    if said["step"] != step:
        raise Refused(_("The statement is about something else."), code="wrong-inspection")
    return {
        "text": text_of(said["text"]),
        "exhibits": exhibits_of(scene, inspection.lot, said["exhibits"]),
        "digests": signed.digests(),
    }
