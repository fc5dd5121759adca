"""The floor of a lot: followed live by its socket, readable without JavaScript and for ever.

Commands come by the socket or, without JavaScript, as posted forms: both run the same acts.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain import auction, auction_confirming, auction_entry, room_commands, room_kinds
from bidding.interfaces import floor_page, record_signing
from bidding.interfaces.floor_forms import FORMS
from bidding.interfaces.room_forms import RoomForm
from bidding.models import Room
from bidding.views import sealing
from bidding.views.asked import lot_of, person_of
from signatures.domain import clock, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, SunlitError
from signatures.models import User
from trading.api import problems
from trading.models import Lot


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def floor(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The floor's page; with ``?part=live`` only what changes, for a page that stands already."""
    lot = lot_of(request, code, number)
    if not auction_entry.has_floor(lot):
        raise NotFound(_("No price is asked on a floor for this lot."), code="no-floor")
    person = person_of(request)
    given: RoomForm | None = None
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        given = _given(request)
        if given.is_valid():
            try:
                _run(request, lot, given)
                return HttpResponseRedirect(request.path)
            except SunlitError as error:
                refusal, status = _placed(given, error), problems.status_of(error)
        else:
            status = 400
        lot = lot_of(request, code, number)
    context = _context(lot, person, given)
    context.update({"form": given or RoomForm(), "refusal": refusal})
    live = request.GET.get("part") == "live" and context["page"] is not None
    template = "bidding/floor_live.html" if live else "bidding/floor.html"
    return render(request, template, context, status=status)


# --- inside --------------------------------------------------------------------------------------


def _given(request: HttpRequest) -> RoomForm:
    kind = FORMS.get(request.POST.get("do", ""))
    if kind is None:
        raise Malformed(_("This room knows no such command."), code="unknown-command")
    return kind(request.POST, auto_id=f"{kind.command}-%s")


def _placed(form: RoomForm, error: SunlitError) -> SunlitError | None:
    """A refusal of what was typed stands at its field; the rest is the page's."""
    places = {
        "not-better": "price", "off-step": "price", "bad-amount": "price",
        "leading-already": "price", "too-late": "price", "no-asks-now": "price",
        "wrong-reserve": "reserve", "bad-salt": "salt",
    }  # fmt: skip
    field = places.get(error.code or "")
    if field not in form.fields:
        return error
    form.add_error(field, error.message)
    return None


def _run(request: HttpRequest, lot: Lot, form: RoomForm) -> None:
    """The command as its act, outside any transaction until the act itself begins."""
    person, room = person_of(request), auction.last(lot.pk)
    if person is None:
        raise Denied(_("You are signed out. Sign in again."), code="signed-out")
    if room is None:
        raise NotFound(_("The floor of this lot has not been opened."), code="no-floor")
    actor = Actor.person(person)
    call = room_commands.Call(room=room, actor=actor, fields=form.frame())
    act = room_commands.build(form.command, call)
    dispatch(act, actor=actor, key=request.POST.get("once") or None)


def _context(lot: Lot, person: User | None, given: RoomForm | None) -> dict[str, Any]:
    room, at = auction.last(lot.pk), clock.now()
    begins = lot.dates.get("floor-from") or lot.dates.get("deadline")
    context: dict[str, Any] = {
        "lot": lot,
        "project": lot.project,
        "room": room,
        "page": None,
        "begins": begins,
        "overdue": bool(begins) and jcs.parse_timestamp(begins) <= at,
        "entry_address": reverse("floor-applications", args=[lot.project.code, lot.number]),
    }
    if room is None:
        return context
    page = floor_page.build(room, lot, person, at, given)
    sold = page.state["phase"] == "sold"
    signing = None
    if sold:
        signing = record_signing.build(auction_confirming.offered(lot), person)
    context.update(
        {
            "page": page,
            "socket": _socket(room, person),
            "signing": signing,
            **sealing.words(),
            "hall_address": reverse("floor", args=[lot.project.code, lot.number]),
        }
    )
    return context


def _socket(room: Room, person: User | None) -> str:
    """The address of the room's socket, for those who may hold it while it is live."""
    if person is None or not room.is_open or not room_kinds.audiences(person, room):
        return ""
    return f"/ws/rooms/{room.kind}/{room.pk}/"
