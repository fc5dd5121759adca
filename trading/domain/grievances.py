"""Objections, challenges and complaints: what they share, who reads them, how a lot stands still.

Whose a grievance is, is known to that organisation, to who answers and to supervision: its entries
are hidden, and what follows for everybody (the lot stands still, goes on, messages) is entered as
the platform's own doing, so that no receipt names who objected (TBL 22).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _

from signatures.domain import statements
from signatures.domain.act import Scene
from signatures.domain.errors import Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import (
    dossier,
    lifecycle,
    messages,
    planning,
    procedure,
    questions,
    registry,
    suspensions,
)
from trading.domain.registry import GuardScene
from trading.domain.signed import Accepted
from trading.enums import (
    GrievanceKind,
    GrievanceStepKind,
    LotRole,
    LotState,
    OrganisationKind,
)
from trading.models import Exhibit, Grievance, GrievanceStep, Lot, Organisation

OBJECT = "trading.object-to-"
ANSWER, WITHDRAW = "trading.answer-objection", "trading.withdraw-objection"
RESUME = "trading.resume"
JSON = "application/json"
LONGEST, LONGEST_ORDER, LONGEST_NOTICE = 10_000, 2_000, 500
SHORTEST = 10
#: Who reads every grievance of a lot with its name; a complaint once it is taken up.
RESPONDENTS = frozenset({LotRole.TENDEREE, LotRole.AGENCY})
WATCHERS = frozenset({LotRole.SUPERVISOR, LotRole.INSPECTOR})
KEEPERS = WATCHERS | {LotRole.ARCHIVIST}


# --- words ---------------------------------------------------------------------------------------


def checked(text: Any, field: str, *, least: int = SHORTEST, most: int = LONGEST) -> str:
    """Somebody's words as they are signed; raises :class:`Malformed` (``bad-<field>``)."""
    if not isinstance(text, str):
        raise Malformed(_("This is a text."), code=f"bad-{field}")
    said: str = text.replace("\r\n", "\n").strip()
    if not least <= len(said) <= most or (least and not any(one.isalnum() for one in said)):
        raise Malformed(
            _("Write %(least)d to %(most)d characters; these are %(count)d.")
            % {"least": least, "most": most, "count": len(said)},
            code=f"bad-{field}",
        )
    return said


def require_nameless(text: str, organisation: Organisation) -> None:
    """Refuse public words in which whoever filed would be known."""
    name = questions.named_in(text, (organisation.name, organisation.credit_code))
    if name:
        raise Refused(
            _("“%(name)s” stands in what everybody will read. Say it without the name.")
            % {"name": name},
            code="names-filer",
        )


def says(data: str, purpose: str, wanted: Mapping[str, Any]) -> bool:
    """Whether ``data`` is a statement of this purpose that says exactly this."""
    try:
        said = statements.parse(
            data.encode(), purpose=purpose, origin=settings.ORIGIN, fields=frozenset(wanted)
        )
    except Malformed:
        return False
    return {name: said[name] for name in wanted} == dict(wanted)


# --- finding -------------------------------------------------------------------------------------


def of_lot(lot: Lot) -> list[Grievance]:
    """All grievances of a lot, in the order in which they were filed."""
    rows = Grievance.objects.filter(lot=lot).select_related(
        "organisation", "exhibit", "objection", "lot__project"
    )
    return list(rows.prefetch_related("steps__exhibit").order_by("number"))


def can_read(grievance: Grievance, audiences: frozenset[str]) -> bool:
    """Whether somebody of these audiences reads a grievance with its name and its words."""
    if grievance.organisation.urn in audiences or not audiences.isdisjoint(WATCHERS):
        return True
    if grievance.is_complaint and grievance.taken_up_at is None:
        return False
    return not audiences.isdisjoint(RESPONDENTS)


def find(lot: Lot, pk: UUID, viewer: User | None, at: datetime | None = None) -> Grievance:
    """A grievance that this person reads; else :class:`NotFound`, alike for one that is not."""
    rows = Grievance.objects.select_related("organisation", "objection", "lot__project")
    row = rows.filter(pk=pk, lot=lot).first()
    audiences = (
        frozenset() if viewer is None else access.roles_of(viewer, lot, at) | {
            one.urn for one in access.organisations_of(viewer, at)
        }
    )
    if row is None or not can_read(row, audiences):
        raise NotFound(
            _("There is no such objection or complaint here."), code="unknown-grievance"
        )
    return row


def require_open(grievance: Grievance) -> None:
    """Refuse what was answered, decided or withdrawn already."""
    if not grievance.is_open:
        raise Refused(
            _("This is settled already; what was decided stands."), code="closed-already"
        )


# --- recording -----------------------------------------------------------------------------------


def respondents(lot: Lot) -> list[Organisation]:
    """Who answers: the tenderee and its agency."""
    both = [lot.project.tenderee, lot.project.agency]
    return [one for one in both if one is not None]


def supervisors() -> list[Organisation]:
    """The verified supervisors: complaints are theirs, and what is overdue they learn of."""
    rows = Organisation.objects.filter(verified_at__isnull=False).order_by("pk")
    return [one for one in rows if OrganisationKind.SUPERVISOR.value in one.kinds]


def next_number(lot: Lot) -> int:
    last: int | None = Grievance.objects.filter(lot=lot).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def file_paper(
    scene: Scene,
    lot: Lot,
    signed: Accepted,
    size: int,
    *,
    kind: str,
    number: int,
    facts: Mapping[str, Any],
    audience: frozenset[str],
) -> Exhibit:
    """File a signed statement of a grievance; it is sealed by its signature."""
    return dossier.file(
        scene,
        lot=lot,
        kind=kind,
        name=f"{kind}-{number}.json",
        digest=signed.statement,
        size=size,
        media_type=JSON,
        facts=facts,
        audience=audience,
        seal={"signature": signed.signature, "assessment": signed.assessment_digest},
    )


def step_of(
    scene: Scene, grievance: Grievance, kind: GrievanceStepKind, signed: Accepted,
    exhibit: Exhibit, **words: Any,
) -> GrievanceStep:  # fmt: skip
    """Keep a signed step, with its hidden entry in the ledger."""
    row = GrievanceStep.objects.create(
        grievance=grievance, kind=kind, by=scene.actor.urn, at=scene.now,
        digests=signed.digests(), exhibit=exhibit, **words,
    )  # fmt: skip
    parties = [one.urn for one in respondents(grievance.lot)]
    if grievance.is_complaint and grievance.taken_up_at is None:
        parties = []
    scene.enter(
        subject=grievance.urn,
        digests=signed.digests(),
        context={
            "lot": grievance.lot.urn,
            "step": str(kind),
            "outcome": row.outcome,
            "late": row.late,
        },
        receipt_for=(grievance.organisation.urn, *parties),
    )
    return row


def close(grievance: Grievance, *, now: datetime) -> None:
    """Nothing follows any more."""
    grievance.closed_at, grievance.due_at, grievance.halts = now, None, False
    grievance.save(update_fields=["closed_at", "due_at", "halts"])


def await_by(grievance: Grievance, due: datetime | None) -> None:
    """The next step is due then; whoever has to take it is told anew when that comes near."""
    grievance.due_at, grievance.reminded_at, grievance.alarmed_at = due, None, None
    grievance.save(update_fields=["due_at", "reminded_at", "alarmed_at"])


# --- standing still ------------------------------------------------------------------------------


def holding(lot: Lot) -> list[Grievance]:
    """What holds the lot still: unanswered objections that pause it, suspensions in force."""
    rows = Grievance.objects.filter(lot=lot, closed_at__isnull=True).order_by("number")
    return [row for row in rows if row.pauses or row.suspended_until is not None]


def would_hold(lot: Lot) -> bool:
    """Whether the lot runs, or stands still for grievances alone: then one more holds it, too."""
    if lot.state == LotState.ACTIVE:
        return True
    rows = Grievance.objects.filter(lot=lot, halts=True)
    return lot.state == LotState.SUSPENDED and rows.exists()


def halted_for(grievance: Grievance) -> str:
    """Why the lot stands still, as ``Lot.halted_for`` keeps it: public, without any name."""
    step = GrievanceStep.objects.filter(grievance=grievance, kind=GrievanceStepKind.SUSPEND).first()
    if step is not None:
        return str(step.notice)
    return suspensions.halting(grievance.kind, grievance.about)


def tell_standstill(scene: Scene, grievance: Grievance, *, until: datetime) -> None:
    """Say on the lot's page and to all who take part that it stands still, why, and until when."""
    lot = grievance.lot
    lot.halted_for = halted_for(grievance)
    lot.save(update_fields=["halted_for"])
    messages.send(
        scene.following(),
        to=[*messages.participants(lot), *messages.invitees(lot)],
        template=f"{grievance.kind}-halts",
        lot=lot,
        context={"until": planning.shown_end(until), "reason": lot.halted_for},
        evidence=True,
    )


def release(scene: Scene, grievance: Grievance) -> bool:
    """A grievance holds its lot no more; with the last one the lot goes on, in this very act."""
    lot = grievance.lot
    if lot.state != LotState.SUSPENDED:
        return False
    Grievance.objects.filter(pk=grievance.pk).update(halts=False)
    left = holding(lot)
    if left:
        still = left[0]
        Grievance.objects.filter(pk=still.pk).update(halts=True)
        lot.halted_for = halted_for(still)
        lot.save(update_fields=["halted_for"])
        return False
    since = lot.suspended_at
    rules = procedure.of(lot)
    on = scene.following()
    lifecycle.apply(on, lot, RESUME, actor_roles=frozenset(rules.command(RESUME).roles))
    suspensions.resumed(on, lot, since)
    messages.send(
        on,
        to=[*messages.participants(lot), *messages.invitees(lot)],
        template=f"{grievance.kind}-over-resumed",
        lot=lot,
        evidence=True,
    )
    return True


# --- guards --------------------------------------------------------------------------------------


def objections_answered(scene: GuardScene) -> str | None:
    """Every objection or challenge has its answer, or was withdrawn; until then the step waits."""
    rows = Grievance.objects.filter(lot=scene.lot, closed_at__isnull=True)
    if rows.exclude(kind=GrievanceKind.COMPLAINT).exists():
        return _("An objection is not answered yet; the procedure pauses until it is.")
    return None


def objection_waits(scene: GuardScene) -> str | None:
    """There is an objection or challenge without an answer."""
    rows = Grievance.objects.filter(lot=scene.lot, closed_at__isnull=True)
    if rows.exclude(kind=GrievanceKind.COMPLAINT).exists():
        return None
    return _("No objection waits for an answer.")


def complaint_waits(scene: GuardScene) -> str | None:
    """There is a complaint that is not decided."""
    rows = Grievance.objects.filter(lot=scene.lot, closed_at__isnull=True)
    if rows.filter(kind=GrievanceKind.COMPLAINT).exists():
        return None
    return _("No complaint waits for a decision.")


def no_suspension_in_force(scene: GuardScene) -> str | None:
    """Supervision holds the lot for no complaint."""
    rows = Grievance.objects.filter(
        lot=scene.lot, closed_at__isnull=True, suspended_until__gt=scene.now
    )
    if rows.exists():
        return _("Supervision has suspended the lot for a complaint, and decides when it goes on.")
    return None


def complaints_decided(scene: GuardScene) -> str | None:
    """No complaint waits for supervision."""
    rows = Grievance.objects.filter(
        lot=scene.lot, kind=GrievanceKind.COMPLAINT, closed_at__isnull=True
    )
    if rows.exists():
        return _("A complaint is not decided yet.")
    return None


def register() -> None:
    """Make the guards nameable; called when the app is ready."""
    registry.register_guard("objections-answered", objections_answered)
    registry.register_guard("objection-waits", objection_waits)
    registry.register_guard("complaint-waits", complaint_waits)
    registry.register_guard("no-suspension-in-force", no_suspension_in_force)
    registry.register_guard("complaints-decided", complaints_decided)
