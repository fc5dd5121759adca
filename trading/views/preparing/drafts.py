"""The drafts that are one form each: the lot's title and estimate, and the notice in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import SunlitError
from trading.domain import preparing
from trading.domain.preparing import AmendLot, DraftNotice
from trading.interfaces.preparing_forms import LotForm, NoticeForm
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def lot(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Title and estimate of the lot, until the notice says them."""
    place = Place.of(request, code, number)
    place.require(preparing.NOTICE)
    row = place.lot
    form = LotForm(
        request.POST if request.method == "POST" else None,
        initial={"title": row.title, "estimate": row.estimate},
    )
    refusal = frame.Refusal()
    before = frame.Before.of(
        request, preparing.title_digest(row), {"title": row.title, "estimate": row.estimate}
    )
    if request.method == "POST":
        refusal.status = 400
        if form.is_valid():
            asked = form.cleaned_data
            act = AmendLot(
                lot=row.pk, title=asked["title"], estimate=asked["estimate"], before=before.digest
            )
            try:
                frame.carry_out(request, act)
                return place.done(_("Title and estimate are kept."))
            except SunlitError as error:
                before.meant(form, error)
                refusal.take(error, form, {"bad-title": "title", "bad-estimate": "estimate"})
    context = {
        "form": form,
        "before": before.digest,
        "refusal": refusal.error,
        "title": _("Title and estimate"),
        "lead": _(
            "The estimate is published with the notice; limits of securities follow from it."
        ),
    }
    return place.show("form", context, status=refusal.status)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def notice(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """What the notice says in words."""
    place = Place.of(request, code, number)
    place.require(preparing.NOTICE)
    form = NoticeForm(
        request.POST if request.method == "POST" else None, initial=_initial(place), lot=place.lot
    )
    refusal = frame.Refusal()
    before = frame.Before.of(
        request, preparing.notice_digest(place.lot), preparing.of(place.lot).notice
    )
    if request.method == "POST":
        refusal.status = 400
        if form.is_valid():
            act = DraftNotice(
                lot=place.lot.pk,
                title=form.cleaned_data["title"],
                details=form.details(),
                before=before.digest,
            )
            try:
                frame.carry_out(request, act)
                return place.done(_("The notice is kept as a draft."))
            except SunlitError as error:
                before.meant(form, error)
                refusal.take(error, form, {"bad-title": "title"})
    context = {
        "form": form,
        "before": before.digest,
        "refusal": refusal.error,
        "title": _("The notice in words"),
        "lead": _(
            "The platform adds the parties, the estimate and every date with its article. Nobody "
            "else sees the draft."
        ),
    }
    return place.show("form", context, status=refusal.status)


def _initial(place: Place) -> dict[str, Any]:
    drafted = preparing.of(place.lot).notice
    return drafted or {"title": f"{place.project.title}招标公告"}
