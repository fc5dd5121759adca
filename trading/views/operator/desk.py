"""The desk's frame: its rooms in one line, and how a page of it carries out an act."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.errors import Denied, SunlitError
from trading.api import problems
from trading.views.asked import once_of
from trading.views.context import Place


def places(here: str) -> list[Place]:
    """The desk's rooms; ``here`` is the name of the one that the page belongs to."""
    rooms = (
        ("operator", _("Overview")),
        ("operator-organisations", _("Organisations")),
        ("operator-people", _("People")),
        ("operator-calendar", _("Calendar")),
        ("operator-trust", _("Trust lists")),
        ("operator-work", _("Tasks and duties")),
        ("operator-outbox", _("Outbox")),
        ("operator-health", _("Health")),
    )
    return [
        Place(label=label, address=reverse(name), here=name == here, exact=False)
        for name, label in rooms
    ]


def show(
    request: HttpRequest, page: str, here: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """One page of the desk."""
    context = {"desk_places": places(here), "once": uuid4().hex, **context}
    return render(request, f"trading/operator/{page}.html", context, status=status)


def carry_out(request: HttpRequest, act: Act, *, said: str) -> SunlitError | None:
    """Dispatch an act of this person and leave word of it for the next page.

    A form that brings its own key acts once, however often it is sent. Returns the refusal where
    there is one, so that the page keeps what was typed; that somebody may not do it at all is a
    page of its own.
    """
    try:
        dispatch(act, actor=Actor.person(request.user), key=f"page:{once_of(request)}")
    except Denied:
        raise
    except SunlitError as error:
        return error
    messages.success(request, said)
    return None


def status_of(refusal: SunlitError | None) -> int:
    """The status of a page that a form did not get past."""
    return 400 if refusal is None else problems.status_of(refusal)
