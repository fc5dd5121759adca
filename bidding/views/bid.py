"""The page of a tenderer's own bid. All writing goes through the interface for programs, from the
page's script: nothing that will be sealed ever comes here."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bidding.domain import tenderers
from bidding.interfaces import bid_page
from bidding.interfaces.bid_forms import KeyForm, PriceForm, SealForm, SheetForm
from signatures.domain import clock
from signatures.domain.errors import Denied, NotFound
from signatures.models import User
from trading.interfaces import listing
from trading.models import Lot


@never_cache
@require_safe
def bid(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The bid of the tenderer for which this person acts; nobody else is let in."""
    lot = _lot(request, code, number)
    person = request.user
    if not isinstance(person, User) or not person.is_active:
        raise Denied(_("Sign in to work on a bid."), code="sign-in-first")
    tenderer = tenderers.tenderer_of(person, lot.pk)
    page = bid_page.build(lot, tenderer, person, clock.now())
    context = {
        "page": page,
        "lot": lot,
        "project": lot.project,
        "phases": bid_page.PHASES,
        "sheet_form": SheetForm(lot=lot),
        "price_form": PriceForm(),
        "seal_form": SealForm(),
        "once": uuid4().hex,
        "withdraw_form": KeyForm(auto_id="withdraw_%s"),
    }
    return render(request, "bidding/bid.html", context)


def _lot(request: HttpRequest, code: str, number: int) -> Lot:
    project = listing.project(code, viewer=request.user)
    for lot in project.lots.all():
        if lot.number == number:
            lot.project = project
            return lot
    raise NotFound(_("The project has no lot with this number."), code="no-such-lot")
