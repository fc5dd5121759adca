"""The archive's page of a lot, for its archivist and its supervisors: pack it, hold it."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from archive.domain.acts import BuildPackage, LiftHold, PlaceHold
from archive.interfaces import keeping as keepings
from archive.interfaces.forms import HoldForm
from signatures.domain import clock
from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, SunlitError
from signatures.models import User
from trading.api import problems
from trading.interfaces import listing
from trading.models import Lot

BUILD, HOLD, LIFT = "build", "hold", "lift"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What is gathered, missing and held; a POST packs, holds or lifts."""
    lot = _lot(code, number, request)
    person = _keeper(request, lot)
    form = HoldForm(request.POST if request.POST.get("do") == HOLD else None)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        status = 400
        try:
            act, done = _asked(request, lot, form)
            if act is not None:
                key = request.POST.get("once", "")[:64]
                dispatch(act, actor=Actor.person(person), key=f"page:{key}" if key else None)
                messages.success(request, done)
                return HttpResponseRedirect(request.path)
        except SunlitError as error:
            refusal, status = error, problems.status_of(error)
    context = {
        "keeping": keepings.build(lot, viewer=person, at=clock.now()),
        "lot": lot,
        "form": form,
        "refusal": refusal,
        "once": uuid4().hex,
    }
    return render(request, "archive/keeping.html", context, status=status)


def _asked(request: HttpRequest, lot: Lot, form: HoldForm) -> tuple[Act | None, str]:
    """The act that was asked for, and what is said when it is done; none for a form in error."""
    wanted = request.POST.get("do")
    if wanted == BUILD:
        return BuildPackage(lot=lot.pk), _(
            "The package was asked for. It is built, sealed and filed by itself; this page says "
            "when it is done."
        )
    if wanted == HOLD:
        if not form.is_valid():
            return None, ""
        return PlaceHold(lot=lot.pk, **form.cleaned_data), _("The hold stands.")
    if wanted == LIFT:
        return LiftHold(lot=lot.pk, hold=_key(request)), _("The hold was lifted.")
    raise Malformed(_("This page cannot do that."), code="unknown-step")


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("hold", ""))
    except ValueError:
        raise NotFound(_("There is no such hold on this lot."), code="no-such-hold") from None


def _lot(code: str, number: int, request: HttpRequest) -> Lot:
    project = listing.project(code, viewer=request.user)
    for lot in project.lots.all():
        if lot.number == number:
            lot.project = project
            return lot
    raise NotFound(_("The project has no lot with this number."), code="no-such-lot")


def _keeper(request: HttpRequest, lot: Lot) -> User:
    person = request.user
    if not isinstance(person, User):
        raise Denied(_("Sign in first."), code="sign-in-first")
    if not keepings.keeps(person, lot, clock.now()):
        raise Denied(
            _(
                "This page is for the lot's archivist and its supervisors. The register of "
                "packages is open to everybody."
            ),
            code="wrong-role",
        )
    return person
