"""The bid security that the documents ask for: its amount, and for how long it holds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import NotFound, SunlitError
from trading.domain import preparing, procedure, security_asked
from trading.domain.notices import evaluation_digest
from trading.domain.security_asked import StateSecurity
from trading.interfaces.preparing_forms import BidSecurityForm
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def security(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """State it, change it, or empty both fields to ask for none."""
    place = Place.of(request, code, number)
    if not security_asked.is_known(place.lot):
        raise NotFound(
            _("The rules of this procedure know no bid security."), code="no-bid-security"
        )
    place.require(preparing.DOCUMENTS)
    asked = security_asked.of(place.lot)
    refusal = frame.Refusal()
    before = request.POST.get("before", "")[:64] or evaluation_digest(place.lot)
    form = BidSecurityForm(
        request.POST if request.method == "POST" else None,
        initial={} if asked is None else {"amount": f"{asked.amount:.2f}", "days": asked.days},
    )
    if request.method == "POST":
        refusal.status = 400
        if form.is_valid():
            act = StateSecurity(lot=place.lot.pk, asked=form.asked(), before=before)
            try:
                frame.carry_out(request, act)
                return place.done(_("What is asked as bid security is kept."))
            except SunlitError as error:
                refusal.take(error, form, BidSecurityForm.PLACES)
                if error.code == "changed-meanwhile":
                    before = evaluation_digest(place.lot)
    figure = procedure.of(place.lot).figures[security_asked.FIGURE]
    context = {
        "form": form,
        "refusal": refusal.error,
        "before": before,
        "title": _("Bid security"),
        "lead": _(
            "It is published with the tender document. A tenderer gives a guarantee, sealed with"
            " its bid, or a deposit; without an amount none is asked."
        ),
        "rule": figure.article,
    }
    return place.show("form", context, status=refusal.status)
