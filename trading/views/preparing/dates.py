"""The dry run: every date that follows from the ones chosen, and what breaks which rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.errors import Malformed, SunlitError
from trading.domain import notices, preparing
from trading.domain.planning import DryRun
from trading.domain.preparing import PlanDates
from trading.interfaces import citations, preparing_page
from trading.interfaces.preparing_forms import DatesForm
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def dates(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Choose dates; ``do`` works the rest out or keeps them."""
    place = Place.of(request, code, number)
    place.require(preparing.NOTICE)
    now = clock.now()
    first = {"start": timezone.localtime(now), **_planned(place, now)}
    form = DatesForm(
        request.POST if request.method == "POST" else None, rules=place.rules, initial=first
    )
    refusal = frame.Refusal()
    before = frame.Before.of(
        request, preparing.dates_digest(place.lot),
        {name: first[name] for name in form.chosen if name in first},
    )
    run, known = None, {}
    if request.method != "POST":
        known = {name: first[name] for name in form.chosen}
        run = _run(place, first["start"], known, form, refusal)
    elif not form.is_valid():
        refusal.status = 400
    else:
        known = form.dates()
        start = form.cleaned_data["start"]
        if start < now - timedelta(minutes=10):
            form.add_error("start", _("This moment is over; the notice cannot be published then."))
        run = _run(place, start, known, form, refusal)
        keeping = request.POST.get("do") == "keep"
        if form.errors or refusal.error:
            refusal.status = 400
        elif keeping:
            try:
                act = PlanDates(lot=place.lot.pk, dates=known, before=before.digest)
                frame.carry_out(request, act)
                return place.done(_("The dates are kept for the notice."))
            except SunlitError as error:
                before.meant(form, error)
                refusal.take(error, form, {})
    context: dict[str, Any] = {
        "form": form,
        "before": before.digest,
        "refusal": refusal.error,
        "run": run,
        "lines": preparing_page.run_lines(place.rules, run, known) if run else (),
        "rests": preparing_page.rests(run) if run else (),
        "warnings": run.warnings if run else (),
        "judged": request.method == "POST",
    }
    return place.show("dates", context, status=refusal.status)


def _planned(place: Place, now: Any) -> dict[str, Any]:
    kept = preparing_page.moments(preparing.of(place.lot).dates)
    found = kept or preparing_page.proposal(place.rules, place.lot, now)
    return {name: timezone.localtime(at) for name, at in found.items()}


def _run(
    place: Place, start: Any, known: dict[str, Any], form: DatesForm, refusal: frame.Refusal
) -> DryRun | None:
    """The dry run; what breaks a mandatory rule stands at the date that breaks it."""
    try:
        run = notices.dry_run(place.lot, start=start, dates=known)
    except Malformed:
        raise
    except SunlitError as error:
        _place(form, _later(form, known, start), error.message, refusal, error)
        return None
    for breach in run.blocking:
        field = breach.rule.to if breach.rule.to in form.chosen else breach.rule.from_
        text = f"{breach.message} ({citations.cited(breach.rule.article)})"
        _place(form, field, text, refusal, breach.refusal())
    return run


def _place(
    form: DatesForm, field: str, text: str, refusal: frame.Refusal, error: SunlitError
) -> None:
    if form.is_bound and field in form.fields:
        form.add_error(field, text)
    elif field not in form.fields or not form.is_bound:
        refusal.error = error


def _later(form: DatesForm, known: dict[str, Any], start: Any) -> str:
    """The first chosen date that does not come after what it must follow."""
    before = start
    for name in form.chosen:
        if known[name] <= before:
            return name
        before = known[name]
    return form.chosen[-1]
