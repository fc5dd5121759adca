"""The opening hall of a lot: watched live by its socket, readable without JavaScript and for ever.

Commands come by the socket or, without JavaScript, as posted forms: both run the same acts.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bidding.domain import hall, opening_records, room_commands, room_kinds
from bidding.domain.attendance import ATTEND, CONFIRM
from bidding.interfaces import hall_controls, hall_page, record_signing
from bidding.interfaces.hall_forms import FORMS
from bidding.interfaces.holdings import holdings
from bidding.interfaces.room_forms import RoomForm
from bidding.models import Room
from bidding.views import sealing
from bidding.views.asked import lot_of, person_of
from signatures.domain import clock, jcs, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, SunlitError
from signatures.models import User
from trading import access
from trading.api import problems
from trading.models import Exhibit, Lot


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The hall's page; with ``?part=live`` only what changes, for a page that stands already."""
    lot = lot_of(request, code, number)
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
                refusal, status = error, problems.status_of(error)
        else:
            status = 400
        lot = lot_of(request, code, number)
    context = _context(lot, person, given)
    context.update({"form": given or RoomForm(), "refusal": refusal})
    live = request.GET.get("part") == "live" and context["page"] is not None
    return render(
        request, "bidding/hall_live.html" if live else "bidding/hall.html", context, status=status
    )


@never_cache
@require_safe
def statement(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """A statement for this person to sign on their own device: attendance or confirmation."""
    lot = lot_of(request, code, number)
    person, room = person_of(request), hall.last(lot.pk)
    if person is None:
        raise Denied(_("Sign in to sign in at the opening."), code="signed-out")
    if room is None:
        raise NotFound(_("The opening of this lot has not begun."), code="no-hall")
    at = clock.now()
    page = hall_page.build(room, lot, person, _mine(person))
    found = hall_controls.build(page, lot, person, at)
    fields: dict[str, Any] = {"lot": lot.urn, "room": room.urn}
    if what == "attendance" and found.attend is not None:
        wanted = request.GET.get("for", found.attending[0].urn)
        if wanted not in {each.urn for each in found.attending}:
            raise Denied(_("You do not act for this organisation."), code="not-your-organisation")
        data = _statement(ATTEND, at, **fields, organisation=wanted)
    elif what == "confirmation" and found.confirming is not None:
        bid = found.confirming
        digest = "" if bid.sheet is None else bid.sheet.digest
        data = _statement(
            CONFIRM, at, **fields, organisation=bid.urn, bid=f"bid:{bid.bid}", sheet=digest
        )
    else:
        raise NotFound(_("There is nothing for you to sign here now."), code="nothing-to-sign")
    answer = HttpResponse(data, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{what}.json"'
    return answer


# --- inside --------------------------------------------------------------------------------------


def _mine(person: User | None) -> list[str]:
    return [each.urn for each in access.organisations_of(person)]


def _given(request: HttpRequest) -> RoomForm:
    command = request.POST.get("do", "")
    kind = FORMS.get(command)
    if kind is None:
        raise Malformed(_("This room knows no such command."), code="unknown-command")
    key = request.POST.get("objection", "") if command == "answer" else ""
    return kind(request.POST, request.FILES, auto_id=f"{command}{key}-%s")


def _run(request: HttpRequest, lot: Lot, form: RoomForm) -> None:
    """The command as its act, outside any transaction until the act itself begins."""
    person, room = person_of(request), hall.last(lot.pk)
    if person is None:
        raise Denied(_("You are signed out. Sign in again."), code="signed-out")
    if room is None:
        raise NotFound(_("The opening of this lot has not begun."), code="no-hall")
    actor = Actor.person(person)
    call = room_commands.Call(room=room, actor=actor, fields=form.frame())
    act = room_commands.build(form.command, call)
    dispatch(act, actor=actor, key=request.POST.get("once") or None)


def _statement(purpose: str, at: Any, **fields: str) -> bytes:
    return statements.build(purpose, origin=settings.ORIGIN, at=at, **fields)


def _context(lot: Lot, person: User | None, given: RoomForm | None) -> dict[str, Any]:
    room = hall.last(lot.pk)
    at = clock.now()
    planned = lot.dates.get("opening")
    context: dict[str, Any] = {
        "lot": lot,
        "project": lot.project,
        "room": room,
        "page": None,
        "planned": planned,
        "overdue": bool(planned) and jcs.parse_timestamp(planned) <= at,
    }
    if room is None:
        return context
    page = hall_page.build(room, lot, person, _mine(person))
    record = None if room.is_open else _record(lot, person, at)
    context.update(
        {
            "page": page,
            "controls": hall_controls.build(page, lot, person, at, given),
            "socket": _socket(room, person),
            "holdings": holdings(lot, person) if room.is_open else (),
            **sealing.words(),
            "record": record,
            "signing": None
            if room.is_open or record is not None
            else record_signing.of_opening(lot, person),
            "hall_address": reverse("opening", args=[lot.project.code, lot.number]),
        }
    )
    return context


def _socket(room: Room, person: User | None) -> str:
    """The address of the room's socket, for those who may hold it while it is live."""
    if person is None or not room.is_open or not room_kinds.audiences(person, room):
        return ""
    return f"/ws/rooms/{room.kind}/{room.pk}/"


def _record(lot: Lot, person: User | None, at: Any) -> Exhibit | None:
    """The signed record of the opening, where it is filed and this person may read it."""
    rows = Exhibit.objects.filter(lot=lot, kind=opening_records.PURPOSE)
    found = rows.order_by("filed_at").last()
    return found if found is not None and access.can_see_exhibit(person, found, at) else None
