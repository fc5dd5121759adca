"""The time to evaluate: as the room shows it, and where the tenderee extends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bidding.domain import evaluation, more_time
from bidding.domain.more_time import LONGEST, MOST
from bidding.interfaces.room_forms import RoomForm
from bidding.models import Evaluation
from signatures.domain.errors import Denied, SunlitError
from signatures.models import User
from trading import access
from trading.domain import lifecycle, procedure, registry
from trading.enums import LotRole, LotState, OrganisationKind
from trading.interfaces import desks
from trading.interfaces.desks import Task
from trading.interfaces.forms import SunlitForm
from trading.interfaces.timeline import Badge
from trading.models import Lot

EXTEND = "bidding.extend-evaluation"
HOSTS = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


class AskTimeForm(RoomForm):
    """A member asks for more time."""

    command = "ask-more-time"


class ExtendForm(SunlitForm):
    """By how many hours, and why."""

    hours = forms.IntegerField(
        label=gettext_lazy("By how many hours"),
        help_text=gettext_lazy(
            "1 to 72, from the planned end or, where that has passed, from now."
        ),
        min_value=1,
        max_value=LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            gettext_lazy("Give whole hours, from 1 to 72."),
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why so many"),
        help_text=gettext_lazy(
            "The committee and the supervisors read it, in at most 500 characters."
        ),
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Give the reason."),
            "max_length": gettext_lazy("Say it in at most %(limit_value)d characters."),
        },
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {"bad-hours": "hours", "bad-reason": "reason", "missing-glyph": "reason"}


# --- in the room ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoomTime:
    """How the time stands: its planned end, who asks for more, how it was last extended."""

    until: datetime | None
    asked: int
    size: int
    suffices: bool
    hours: int
    reason: str


def of_room(lot: Lot, state: dict[str, Any]) -> RoomTime:
    """The room's time, as everybody in it may know it."""
    row = evaluation.get(lot)
    last = state["extensions"][-1] if state["extensions"] else {}
    return RoomTime(
        until=more_time.planned_end(row),
        asked=len(state["more_time"]),
        size=row.committee.size,
        suffices=row.more_time_at is not None,
        hours=last.get("hours", 0),
        reason=last.get("reason", ""),
    )


# --- for the tenderee ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """The tenderee's page; ``refusal`` says why the time cannot be extended now."""

    lot: Lot
    until: datetime | None
    rule: str
    refusal: SunlitError | None


def build(lot: Lot, person: User | None, at: datetime) -> Page:
    """The page for tenderee and agency; else :class:`Denied`."""
    roles = access.roles_of(person, lot, at)
    if roles.isdisjoint(HOSTS):
        raise Denied(
            _("The tenderee and its agency extend the time to evaluate."),
            code="wrong-role",
            rule=more_time.rule(lot),
        )
    refusal: SunlitError | None = None
    try:
        lifecycle.check(lot, EXTEND, actor_roles=roles, now=at)
    except SunlitError as error:
        refusal = error
    row = evaluation.find(lot)
    return Page(
        lot=lot,
        until=None if row is None else more_time.planned_end(row),
        rule=more_time.rule(lot),
        refusal=refusal,
    )


def address(lot: Lot) -> str:
    """The page on which the time is extended."""
    return reverse("evaluation-time", args=[lot.project.code, lot.number])


def tasks(person: User, at: datetime) -> Iterable[Task]:
    """The evaluations of this person's tenders whose time is to be extended."""
    offices = access.organisations_of(person, at)
    rows = Evaluation.objects.filter(
        Q(committee__lot__project__tenderee__in=offices)
        | Q(committee__lot__project__agency__in=offices),
        more_time_at__isnull=False,
        report_at__isnull=True,
        committee__lot__state=LotState.ACTIVE,
    )
    for row in rows.select_related("committee__lot__project").order_by("more_time_at", "pk"):
        lot = row.committee.lot
        yield Task(
            due=None,
            title=procedure.of(lot).title("commands", EXTEND),
            subject=f"{lot.project.title} {lot.title}",
            address=address(lot),
            rule=more_time.rule(lot),
            badge=Badge("now", _("Yours to do")),
            overdue=False,
            own=True,
        )


def register() -> None:
    """The way to the page, and the tasks on the desks of tenderee and agency."""
    registry.register_way(EXTEND, address)
    for kind in (OrganisationKind.TENDEREE, OrganisationKind.AGENCY):
        desks.register_tasks(kind.value, tasks, command=EXTEND)
