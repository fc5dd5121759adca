"""Credit decisions: those that hold for everybody, and supervision's desk that enters and lifts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain import clock
from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.errors import Denied, SunlitError
from trading import access
from trading.api import problems
from trading.domain import calendar, credit_decisions, credit_law
from trading.domain.credit_decisions import BlockOrganisation, UnblockOrganisation
from trading.interfaces import credit_lines, cursors
from trading.interfaces.credit_forms import EnterForm, LiftForm
from trading.models import CreditDecision
from trading.views.asked import once_of, person_of, signed_in


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The decisions that keep somebody out now, newest first."""
    at = clock.now()
    rows = credit_decisions.holding(at).select_related("organisation")
    context = {
        **_page(request, rows, at),
        "decides": credit_decisions.decides(person_of(request), at),
        "law": credit_law.load(),
    }
    return render(request, "trading/credit_decisions.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Every decision ever entered, and the form for another; POST ``step`` = ``look``, which
    shows what would be done, or ``enter``, which does it."""
    person, at = signed_in(request), clock.now()
    _require_supervision(request, at)
    form, confirm, refusal, status = EnterForm(), None, None, 200
    if request.method == "POST":
        form = EnterForm(request.POST)
        if not form.is_valid():
            status = 400
        elif request.POST.get("step") == "enter" and request.POST.get("seen") == form.seen:
            said = form.cleaned_data
            act = BlockOrganisation(
                organisation=said["code"].pk,
                number=said["number"],
                authority=said["authority"],
                words=said["words"],
                until=calendar.moment(said["last"]),
            )
            refusal = _carry_out(request, act)
            if refusal is None:
                messages.success(
                    request,
                    _("%(name)s is kept out from now on, and was told.")
                    % {"name": said["code"].name},
                )
                return HttpResponseRedirect(request.path, status=303)
            status = problems.status_of(refusal)
            refusal = _placed(form, refusal)
        else:
            confirm = {
                "organisation": form.cleaned_data["code"],
                "until": calendar.moment(form.cleaned_data["last"]),
                "own": access.acts_for(person, form.cleaned_data["code"].pk, at),
                "seen": form.seen,
            }
    context = {
        **_page(request, CreditDecision.objects.select_related("organisation"), at),
        "form": form,
        "law": credit_law.load(),
        "confirm": confirm,
        "refusal": refusal,
        "once": once_of(request) if request.method == "POST" else uuid4().hex,
    }
    return render(request, "trading/credit_decisions_desk.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One decision for everybody; supervision lifts it here."""
    at, row = clock.now(), credit_decisions.find(pk)
    may = credit_decisions.decides(person_of(request), at)
    form, refusal, status = LiftForm(), None, 200
    if request.method == "POST":
        signed_in(request)
        _require_supervision(request, at)
        form = LiftForm(request.POST)
        if not form.is_valid():
            status = 400
        else:
            said = form.cleaned_data
            refusal = _carry_out(request, UnblockOrganisation(decision=row.pk, **said))
            if refusal is None:
                messages.success(request, _("The decision is lifted; the organisation was told."))
                return HttpResponseRedirect(request.path, status=303)
            status = problems.status_of(refusal)
            refusal = _placed(form, refusal)
    line = credit_lines.line(row, at)
    own = access.acts_for(person_of(request), row.organisation_id, at)
    context = {
        "line": line,
        "row": row,
        "form": form if may and not own and (line.holds or request.method == "POST") else None,
        "refusal": refusal,
        "once": once_of(request) if request.method == "POST" else uuid4().hex,
    }
    return render(request, "trading/credit_decision.html", context, status=status)


# --- inside --------------------------------------------------------------------------------------


def _require_supervision(request: HttpRequest, at: datetime) -> None:
    if not credit_decisions.decides(person_of(request), at):
        raise Denied(
            _("Supervision enters and lifts credit decisions; the trading centre does not."),
            code="wrong-role",
            rule=credit_law.load().article,
        )


def _page(request: HttpRequest, rows: Any, at: datetime) -> dict[str, Any]:
    page = cursors.page(rows, by="since", after=request.GET.get("after", ""))
    return {
        "lines": [credit_lines.line(row, at) for row in page.items],
        "first": not request.GET.get("after"),
        "first_address": "?",
        "next_address": f"?{urlencode({'after': page.next})}" if page.next else "",
    }


def _carry_out(request: HttpRequest, act: Act) -> SunlitError | None:
    """Dispatch an act of this person once; the refusal where there is one."""
    try:
        actor = Actor.person(signed_in(request))
        dispatch(act, actor=actor, key=f"page:{once_of(request)}")
    except SunlitError as error:
        return error
    return None


def _placed(form: LiftForm, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = form.PLACES.get(error.code or "")
    if field is None:
        return error
    form.add_error(field, error.message)
    return None
