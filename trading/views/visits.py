"""Visits of a lot's site: announced and called off by who tenders, read by everybody."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Malformed, NotFound, SunlitError
from trading.api import problems
from trading.domain.site_visits import AnnounceVisit, CallOffVisit
from trading.interfaces import visit_page
from trading.interfaces.visit_page import CallOffForm, VisitForm
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in

Given = VisitForm | CallOffForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def visits(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The visits of the site; POST ``do`` = ``announce`` or ``call-off``."""
    lot = lot_of(request, code, number)
    visit_page.build(lot, viewer=person_of(request), at=clock.now())
    target = request.POST.get("visit", "")
    given = _given(request)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            if _perform(request, lot, given, target):
                return HttpResponseRedirect(request.path)
            status = 400
        except SunlitError as error:
            refusal, status = _placed(given, error), problems.status_of(error)
    page = visit_page.build(lot, viewer=person_of(request), at=clock.now())
    context = {
        "page": page,
        "lot": lot,
        "form": given,
        "announce": given
        if isinstance(given, VisitForm)
        else VisitForm(auto_id="visit_%s"),
        "lines": [(line, _call_off(line, given, target)) for line in page.lines],
        "refusal": refusal,
        "once": once_of(request) if status == 400 and refusal is None else uuid4().hex,
    }
    return render(request, "trading/visits.html", context, status=status)


def _given(request: HttpRequest) -> Given | None:
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted == "announce":
        return VisitForm(request.POST, auto_id="visit_%s")
    if wanted == "call-off":
        return CallOffForm(request.POST, auto_id=f"off_{request.POST.get('visit', '')[:8]}_%s")
    return None


def _call_off(line: visit_page.Line, given: Given | None, target: str) -> CallOffForm | None:
    if not line.movable:
        return None
    if isinstance(given, CallOffForm) and target == str(line.visit.pk):
        return given
    return CallOffForm(auto_id=f"off_{str(line.visit.pk)[:8]}_%s")


def _perform(request: HttpRequest, lot: Lot, given: Given | None, target: str) -> bool:
    """Do what was asked for; false where the form says what is wrong."""
    if given is None:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    actor, key = Actor.person(signed_in(request)), f"page:{once_of(request)}"
    now = clock.now()
    act: AnnounceVisit | CallOffVisit
    if isinstance(given, VisitForm):
        AnnounceVisit(lot=lot.pk, at=now, place="-").rehearse(actor, now=now)
        if not given.is_valid():
            return False
        act, said = (
            AnnounceVisit(lot=lot.pk, **given.cleaned_data),
            _("The visit is announced; everybody who fetched the documents is told."),
        )
    else:
        visit = _identifier(target)
        CallOffVisit(lot=lot.pk, visit=visit, reason="-").rehearse(actor, now=now)
        if not given.is_valid():
            return False
        act, said = (
            CallOffVisit(lot=lot.pk, visit=visit, reason=given.cleaned_data["reason"]),
            _("The visit is called off; everybody who fetched the documents is told."),
        )
    dispatch(act, actor=actor, key=key)
    messages.success(request, said)
    return True


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(
            _("There is no such visit of this lot’s site."), code="unknown-visit"
        ) from None


def _placed(given: Given | None, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = given.PLACES.get(error.code or "") if given is not None else None
    if given is None or field is None or not given.is_bound or not given.is_valid():
        return error
    given.add_error(field, error.message)
    return None
