"""The result of a lot: its candidates, the award, and what became of one's own bid."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Actor
from signatures.domain.errors import Malformed, SunlitError
from trading.api import problems
from trading.domain import candidates, deciding
from trading.interfaces import prepared_acts, result_page
from trading.interfaces.award_forms import AwardForm
from trading.models import AwardDecision, Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in

PUBLISH, AWARD = "publish", "award"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def result(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The result; POST ``do`` = ``publish`` (the candidates) or ``award`` for who may."""
    lot = lot_of(request, code, number)
    sent = request.POST if _wanted(request) == AWARD else None
    form = AwardForm(sent, rows=_choices(lot), ranked=candidates.are_ranked(lot))
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            if _perform(request, lot, form):
                return HttpResponseRedirect(request.path)
            status = 400
        except SunlitError as error:
            refusal, status = _placed(form, error), problems.status_of(error)
            lot = lot_of(request, code, number)
    page = result_page.build(lot, viewer=person_of(request), at=clock.now())
    context = {
        "page": page,
        "lot": lot,
        "form": form,
        "refusal": refusal,
        "once": once_of(request) if refusal is None and form.is_bound else uuid4().hex,
    }
    return render(request, "trading/result.html", context, status=status)


def _wanted(request: HttpRequest) -> str:
    return request.POST.get("do", "") if request.method == "POST" else ""


def _choices(lot: Lot) -> tuple[candidates.Ranked, ...]:
    """The candidates whom the form offers: where state funds dominate the first alone."""
    try:
        rows = candidates.first(lot)
    except SunlitError:
        return ()
    if deciding.is_separated(lot):
        decided = AwardDecision.objects.filter(lot=lot, decided_at__isnull=False).first()
        chosen = None if decided is None else decided.chosen_id
        return tuple(one for one in rows if one.organisation.pk == chosen)
    return rows[:1] if result_page.first_wins(lot) else rows


def _perform(request: HttpRequest, lot: Lot, form: AwardForm) -> bool:
    """Do what was asked for; false where the form says what is wrong."""
    actor = Actor.person(signed_in(request))
    key = f"page:{once_of(request)}"
    wanted = _wanted(request)
    if wanted == PUBLISH:
        prepared_acts.once(
            actor,
            key=key,
            asked=["candidates", str(lot.pk)],
            make=lambda: prepared_acts.publish_candidates(actor, lot.pk),
        )
        messages.success(
            request, _("The candidates are published; every tenderer was told.")
        )
        return True
    if wanted != AWARD:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    prepared_acts.require_role(actor, lot.pk)
    if not form.is_valid():
        return False
    data: dict[str, Any] = form.cleaned_data
    prepared_acts.once(
        actor,
        key=key,
        asked=["award", str(lot.pk), data["winner"], data["reasons"]],
        make=lambda: prepared_acts.award(
            actor, lot.pk, winner=UUID(data["winner"]), reasons=data["reasons"]
        ),
    )
    messages.success(
        request, _("The lot is awarded: the winner has the award notice, all others the result.")
    )
    return True


def _placed(form: AwardForm, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = form.PLACES.get(error.code or "")
    if field is None or not form.is_bound:
        return error
    form.add_error(field, error.message)
    return None
