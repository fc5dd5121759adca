"""A framework: its terms stated, suppliers taken in or dropped, orders given, the summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Act, Actor
from signatures.domain.errors import Malformed, SunlitError
from trading.api import problems
from trading.domain.framework import StateFramework
from trading.domain.framework_award import DropSupplier
from trading.interfaces import framework_acts, framework_page, prepared_acts
from trading.interfaces.forms import SunlitForm
from trading.interfaces.framework_forms import DropForm, OrderForm, TermsForm
from trading.interfaces.framework_page import Page
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def framework(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The framework; POST ``do`` = terms, take-in, drop, order or close for who may."""
    lot = lot_of(request, code, number)
    page = framework_page.build(lot, viewer=person_of(request), at=clock.now())
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    forms = _forms(request, page, wanted)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            if _done(request, lot, wanted, forms.get(wanted)):
                return HttpResponseRedirect(request.path)
            status = 400
        except SunlitError as error:
            refusal, status = _placed(forms.get(wanted), error), problems.status_of(error)
            lot = lot_of(request, code, number)
            page = framework_page.build(lot, viewer=person_of(request), at=clock.now())
    given = forms.get(wanted)
    context: dict[str, Any] = {
        "page": page,
        "lot": lot,
        "forms": forms,
        "before": request.POST.get("before") or page.before,
        "form": given if given is not None and given.is_bound else None,
        "refusal": refusal,
        "once": once_of(request) if status == 400 and refusal is None else uuid4().hex,
    }
    return render(request, "trading/framework.html", context, status=status)


def _forms(request: HttpRequest, page: Page, wanted: str) -> dict[str, SunlitForm]:
    """The forms of the page. What is sent may name whom a first click has used up meanwhile: the
    act says so, and sent twice it is answered as the first time."""

    def sent(name: str) -> Any:
        return request.POST if wanted == name else None

    found: dict[str, SunlitForm] = {
        "terms": TermsForm(sent("terms"), stated=page.terms, auto_id="terms_%s"),
        "drop": DropForm(
            sent("drop"), auto_id="drop_%s",
            rows=page.waiting if wanted != "drop" else [one.award for one in page.suppliers],
        ),
    }
    if page.terms is not None:
        found["order"] = OrderForm(
            sent("order"), rows=page.agreements if wanted == "order" else page.to_order,
            manner=page.terms.orders, purchaser=page.lot.project.tenderee.name,
            auto_id="order_%s",
        )
    return found


def _done(request: HttpRequest, lot: Lot, wanted: str, form: SunlitForm | None) -> bool:
    """Do what was asked for; false where the form says what is wrong."""
    actor = Actor.person(signed_in(request))
    prepared_acts.require_role(actor, lot.pk)
    if form is not None and not form.is_valid():
        return False
    make, said = _act(request, actor, lot, wanted, form)
    asked = [f"framework-{wanted}", str(lot.pk), {} if form is None else _plain(form)]
    prepared_acts.once(actor, key=f"page:{once_of(request)}", asked=asked, make=make)
    messages.success(request, said)
    return True


def _act(
    request: HttpRequest, actor: Actor, lot: Lot, wanted: str, form: SunlitForm | None
) -> tuple[Callable[[], Act], str]:
    """What makes the act, and what is said when it is done."""
    if isinstance(form, TermsForm):
        terms, before = form.terms(), request.POST.get("before", "")
        return (
            lambda: StateFramework(lot=lot.pk, terms=terms, before=before),
            _("The terms are stated; they are published with the documents."),
        )
    if isinstance(form, DropForm):
        dropped = form.values()
        return (
            lambda: DropSupplier(lot=lot.pk, **dropped),
            _("The supplier is dropped, and was told."),
        )
    if isinstance(form, OrderForm):
        order = form.values()
        return (
            lambda: framework_acts.place_order(actor, lot.pk, **order),
            _("The order is given and published; the supplier was told."),
        )
    if wanted == "take-in":
        return (
            lambda: framework_acts.take_in(actor, lot.pk),
            _("The suppliers are taken in; every tenderer was told, with the reasons."),
        )
    if wanted == "close":
        return (
            lambda: framework_acts.close(actor, lot.pk),
            _("The summary of orders is published; the framework is over."),
        )
    raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")


def _plain(form: SunlitForm) -> list[list[str]]:
    return [[name, str(value)] for name, value in sorted(form.cleaned_data.items())]


def _placed(form: SunlitForm | None, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = getattr(form, "PLACES", {}).get(error.code or "")
    if form is None or field not in form.fields or not form.is_bound or not form.is_valid():
        return error
    form.add_error(field, error.message)
    return None
