"""The tenderee extends the time to evaluate, when over a third of the committee ask for it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain.more_time import ExtendEvaluation
from bidding.domain.printable import require_printable
from bidding.interfaces import more_time_page
from bidding.interfaces.more_time_page import ExtendForm
from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import SunlitError
from trading.api import problems
from trading.views.asked import lot_of, once_of, person_of, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Hours and reason; the page says so where nobody asks for more time."""
    lot = lot_of(request, code, number)
    page = more_time_page.build(lot, person_of(request), clock.now())
    form = ExtendForm(request.POST if request.method == "POST" else None)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        person, status = signed_in(request), 400
        if form.is_valid():
            act = ExtendEvaluation(lot=lot.pk, **form.cleaned_data)
            try:
                require_printable(act.reason)
                dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")
                messages.success(request, _("The time is extended; the committee sees it now."))
                return HttpResponseRedirect(request.path)
            except SunlitError as error:
                status = problems.status_of(error)
                field = form.PLACES.get(error.code or "")
                if field is None:
                    refusal = error
                else:
                    form.add_error(field, error.message)
                page = more_time_page.build(lot, person, clock.now())
    context = {
        "page": page,
        "lot": lot,
        "project": lot.project,
        "form": form,
        "refusal": refusal,
        "once": once_of(request),
    }
    return render(request, "bidding/more_time.html", context, status=status)
