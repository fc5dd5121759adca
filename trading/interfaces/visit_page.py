"""The visits of a lot's site as its page shows them, and the forms of who announces them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain.errors import NotFound
from signatures.models import User
from trading.domain import procedure, registry, site_visits
from trading.interfaces import standing
from trading.interfaces.forms import SunlitForm
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Lot, SiteVisit
from trading.models.visit import MAX_NOTE, MAX_PLACE


class VisitForm(SunlitForm):
    """When, where, and what whoever comes has to know."""

    at = forms.DateTimeField(
        label=gettext_lazy("When"),
        help_text=gettext_lazy("At least one day ahead, before the deadline; Beijing time."),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={
            "required": gettext_lazy("Say when the visit is."),
            "invalid": gettext_lazy("This is no date; write it as 2026-05-04 09:30."),
        },
    )
    place = forms.CharField(
        label=gettext_lazy("Where everybody meets"),
        max_length=MAX_PLACE,
        error_messages={
            "required": gettext_lazy("Say where everybody meets."),
            "max_length": gettext_lazy("Write at most %(limit_value)d characters."),
        },
    )
    note = forms.CharField(
        label=gettext_lazy("What is to be known (may be left out)"),
        help_text=gettext_lazy("How to get there, what to wear, who guides. Everybody reads it."),
        required=False,
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": gettext_lazy("Write at most %(limit_value)d characters.")},
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {"bad-time": "at", "bad-length": "place"}


class CallOffForm(SunlitForm):
    """Why a visit does not take place."""

    reason = forms.CharField(
        label=gettext_lazy("Why the visit does not take place"),
        max_length=MAX_NOTE,
        error_messages={
            "required": gettext_lazy("Say why; everybody reads it."),
            "max_length": gettext_lazy("Write at most %(limit_value)d characters."),
        },
    )

    PLACES = {"bad-length": "reason"}


@dataclass(frozen=True)
class Line:
    """One visit; ``movable`` where the viewer may call it off."""

    visit: SiteVisit
    badge: Badge
    movable: bool


@dataclass(frozen=True)
class Page:
    """The whole page."""

    lines: tuple[Line, ...]
    announce: Standing
    rule: str


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`NotFound` where the procedure knows no visits."""
    rules = procedure.of(lot)
    step = rules.commands.get(site_visits.ANNOUNCE)
    if step is None:
        raise NotFound(
            _("Nobody is led to a site in this procedure."), code="no-visits"
        )
    may_call_off = standing.of(lot, site_visits.CALL_OFF, viewer=viewer, at=at).possible
    return Page(
        lines=tuple(_line(row, at, may_call_off) for row in site_visits.of(lot)),
        announce=standing.of(lot, site_visits.ANNOUNCE, viewer=viewer, at=at),
        rule=step.article,
    )


def _line(row: SiteVisit, at: datetime, may_call_off: bool) -> Line:
    if row.called_off_at is not None:
        return Line(row, Badge("bad", _("Called off")), movable=False)
    if row.at <= at:
        return Line(row, Badge("off", _("Is over")), movable=False)
    return Line(row, Badge("now", _("Ahead")), movable=may_call_off)


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """The visits on the project's page; None where there are none and none can be announced."""
    rows = site_visits.of(lot)
    person = viewer if isinstance(viewer, User) else None
    may = standing.of(lot, site_visits.ANNOUNCE, viewer=person, at=at).possible
    if not rows and not may:
        return None
    return {"lines": [_line(row, at, False) for row in rows]}


def register() -> None:
    """Add the panel; called when the app is ready."""
    registry.register_panel("site-visits", "trading/visits_panel.html", panel, order=60)
