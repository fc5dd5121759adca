"""The page of a demonstration: its clock, its people and its outbox. It is not in production."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain import clock, jcs
from signatures.domain.errors import Malformed, SunlitError
from trading.api import problems
from trading.domain import planning, procedure
from trading.domain.upcoming import Upcoming, move_past, reachable, upcoming
from trading.interfaces import cards, outbox, sign_ins, tour

#: Dates shown after the next one.
LATER = 4


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def demonstration(request: HttpRequest) -> HttpResponse:
    """Look around; POST ``to``, the next date as the page showed it, moves the clock there."""
    if settings.PRODUCTION:
        raise Http404
    refusal: SunlitError | None = None
    if request.method == "POST":
        try:
            sign_ins.require_laid_out()
            now = move_past(_asked(request))
        except SunlitError as error:
            refusal = error
        else:
            shown = {"at": planning.shown(now)}
            messages.success(
                request,
                _("The official clock stands at %(at)s. What is due is done within seconds.")
                % shown,
            )
            return HttpResponseRedirect(reverse("demonstration"))
    status = 200 if refusal is None else problems.status_of(refusal)
    return render(request, "trading/demonstration.html", _context(request, refusal), status=status)


@never_cache
@require_safe
def certificate(request: HttpRequest) -> HttpResponseBase:
    """The certificate file of the invented person who is signed in, and of nobody else."""
    own = None if settings.PRODUCTION else sign_ins.of(request.user)
    if own is None or not own.certificate:
        raise Http404
    try:
        stream = Path(own.certificate).open("rb")  # noqa: SIM115 - the response closes it
    except OSError:
        raise Http404 from None
    return FileResponse(
        stream,
        as_attachment=True,
        filename=f"{own.username}.p12",
        content_type="application/x-pkcs12",
    )


def _asked(request: HttpRequest) -> datetime:
    try:
        return jcs.parse_timestamp(request.POST.get("to", ""))
    except Malformed:
        raise Malformed(
            _("That is no date of this page. Look at the next date and press the button again.")
        ) from None


def _context(request: HttpRequest, refusal: SunlitError | None) -> dict[str, Any]:
    reading = clock.look()
    known = sign_ins.known()
    ahead = [_line(each, reading) for each in upcoming(reading.official)[: LATER + 1]]
    return {
        "refusal": refusal,
        "next": ahead[0] if ahead else None,
        "later": ahead[1:],
        "real_time": reading.real,
        "ready": known.state == sign_ins.READY,
        "begun": known.state == sign_ins.BEGUN,
        "route": tour.route(known),
        "cards": cards.cards(known.people, at=reading.official),
        "outbox": outbox.outbox(after=request.GET.get("after", "")),
        "first_page": not request.GET.get("after"),
    }


def _line(each: Upcoming, reading: clock.Reading) -> dict[str, Any]:
    rules = procedure.of(each.lot)
    return {
        "at": each.at,
        "value": jcs.timestamp(each.at),
        "lot": each.lot,
        "title": rules.title("dates", each.date),
        "commands": [rules.title("commands", name) for name in each.commands],
        "by_clock": each.by_clock,
        "reachable": reachable(each.at, reading),
    }
