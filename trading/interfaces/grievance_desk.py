"""Objections and complaints on desks: to be answered, to be decided, awaited from others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.models import User
from trading import access
from trading.domain import grievance_terms, procedure
from trading.enums import GrievanceKind, LotRole, OrganisationKind
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Task
from trading.interfaces.timeline import Badge
from trading.models import Grievance


def _open(person: User, at: datetime) -> tuple[set[object], Iterable[Grievance]]:
    own = {one.pk for one in access.organisations_of(person, at)}
    rows = Grievance.objects.filter(closed_at__isnull=True).select_related("lot__project")
    return own, rows.order_by("due_at", "pk")


def to_answer(person: User, at: datetime) -> Iterable[Task]:
    """What was objected to in tenders of this person's own organisations."""
    own, rows = _open(person, at)
    mine = Q(lot__project__tenderee__in=own) | Q(lot__project__agency__in=own)
    for row in rows.filter(mine).exclude(kind=GrievanceKind.COMPLAINT)[:MOST]:
        yield _task(row, _answer(row), at, own=True)


def filed(person: User, at: datetime) -> Iterable[Task]:
    """What organisations of this person filed and await."""
    own, rows = _open(person, at)
    for row in rows.filter(organisation__in=own)[:MOST]:
        complaint = row.kind == GrievanceKind.COMPLAINT
        words = _("Decision on your complaint awaited") if complaint else _("Answer awaited")
        yield _task(row, words, at, own=False)


def to_decide(person: User, at: datetime) -> Iterable[Task]:
    """Complaints, and objections whose answer is overdue."""
    _own, rows = _open(person, at)
    for row in rows.filter(kind=GrievanceKind.COMPLAINT)[:MOST]:
        words = _("Decide the complaint") if row.taken_up_at else _(
            "Decide whether the complaint is taken up"
        )
        yield _task(row, words, at, own=True)
    for row in rows.exclude(kind=GrievanceKind.COMPLAINT).filter(due_at__lt=at)[:MOST]:
        yield _task(row, _("Answer awaited from the tenderee"), at, own=False)


def _answer(row: Grievance) -> str:
    return procedure.of(row.lot).title("commands", "trading.answer-objection")


def _task(row: Grievance, title: str, at: datetime, *, own: bool) -> Task:
    lot, overdue = row.lot, row.due_at is not None and at > row.due_at
    rule = grievance_terms.due_rule(row)
    page = "complaints" if row.is_complaint else "objections"
    if overdue:
        badge = Badge("bad", _("Overdue"))
    elif own:
        badge = Badge("now", _("Yours to do"))
    else:
        badge = Badge("todo", _("Awaited from others"))
    return Task(
        due=row.due_at,
        title=title,
        subject=f"{lot.project.title} {lot.title}",
        address=reverse(page, args=[lot.project.code, lot.number]) + f"#grievance-{row.number}",
        rule=rule.article if rule is not None else "",
        badge=badge,
        overdue=overdue,
        own=own,
    )


def register() -> None:
    """Put them on the desks; called when the app is ready."""
    for kind in (OrganisationKind.TENDEREE, OrganisationKind.AGENCY):
        desks.register_tasks(kind.value, to_answer)
    for role in (LotRole.PROSPECT.value, OrganisationKind.TENDERER.value):
        desks.register_tasks(role, filed)
    desks.register_tasks(LotRole.SUPERVISOR.value, to_decide)
