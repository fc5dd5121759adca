"""How bids will be scored: the table of criteria, the weights of the parts, or what a framework's
terms leave of both."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import Refused, SunlitError
from trading.domain import preparing
from trading.domain.notices import evaluation_digest
from trading.domain.preparing import StateEvaluation
from trading.interfaces import evaluation_form
from trading.interfaces.evaluation_form import CriteriaFormSet, PartsForm
from trading.views.doors import signed_in
from trading.views.preparing import frame, tables
from trading.views.preparing.frame import Place

PREFIX = "criterion"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def evaluation(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The table; ``do`` adds a line, takes one away, or keeps the whole."""
    place = Place.of(request, code, number)
    place.require(preparing.DOCUMENTS)
    asks = evaluation_form.asks(place.lot)
    stated = evaluation_form.initial(place.lot.parameters)
    first_lines, first_parts = stated or evaluation_form.initial({}) or ([], {})
    refusal = frame.Refusal()
    standing = evaluation_digest(place.lot)
    before = request.POST.get("before", "")[:64] or standing
    if asks == evaluation_form.TERMS and request.method == "POST":
        raise Refused(
            _("State the terms of the framework first: they say whether price or quality ranks."),
            code="framework-not-stated",
        )
    if request.method != "POST":
        criteria = CriteriaFormSet(initial=first_lines, prefix=PREFIX)
        form = PartsForm(initial=first_parts)
    elif request.POST.get("do", "keep") != "keep":
        changed = CriteriaFormSet(tables.lines(request.POST, PREFIX), prefix=PREFIX)
        criteria = CriteriaFormSet(initial=tables.typed(changed), prefix=PREFIX)
        form = PartsForm(initial=_typed(request))
    else:
        criteria = CriteriaFormSet(
            request.POST, prefix=PREFIX, error_messages=tables.MESSAGES
        )
        form = PartsForm(request.POST)
        refusal.status = 400
        if _is_valid(asks, criteria, form):
            act = StateEvaluation(
                lot=place.lot.pk, parameters=_parameters(asks, criteria, form), before=before
            )
            try:
                frame.carry_out(request, act)
                return place.done(_("The method of evaluation is kept."))
            except SunlitError as error:
                refusal.take(error, form, {})
                if error.code == "changed-meanwhile":
                    before = standing  # having been told, the next attempt means it
    context = {
        "criteria": criteria,
        "form": form,
        "refusal": refusal.error,
        "judged": refusal.status >= 400,
        "before": before,
        "foreign": stated is None and asks != evaluation_form.PRICE,
        "asks": asks,
        "scored": asks in (evaluation_form.EVERYTHING, evaluation_form.QUALITY),
        "kept": bool(place.lot.parameters.get("method")),
    }
    return place.show("evaluation", context, status=refusal.status)


def _is_valid(asks: str, criteria: Any, form: PartsForm) -> bool:
    """Whether all that is asked for is well filled in."""
    if asks == evaluation_form.PRICE:
        return True
    if asks == evaluation_form.QUALITY:
        return bool(criteria.is_valid())
    return all([criteria.is_valid(), form.is_valid()])


def _parameters(asks: str, criteria: Any, form: PartsForm) -> dict[str, Any]:
    if asks == evaluation_form.PRICE:
        return evaluation_form.by_price()
    if asks == evaluation_form.QUALITY:
        return evaluation_form.by_quality(criteria)
    return evaluation_form.parameters(criteria, form)


def _typed(request: HttpRequest) -> dict[str, object]:
    form = PartsForm(request.POST)
    return {name: form[name].value() for name in form.fields}
