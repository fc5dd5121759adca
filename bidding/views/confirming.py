"""A bid from before an amendment, confirmed by its tenderer with one button."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bidding.domain import tenderers
from bidding.domain.confirmations import ConfirmBid
from bidding.views.asked import lot_of, person_of
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed


@require_POST
def confirm(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Confirm the version and edition that the page showed."""
    lot = lot_of(request, code, number)
    person = person_of(request)
    if person is None:
        raise Denied(_("Sign in to work on a bid."), code="sign-in-first")
    tenderer = tenderers.tenderer_of(person, lot.pk)
    try:
        bid, version = UUID(request.POST.get("bid", "")), int(request.POST.get("version", ""))
    except ValueError:
        raise Malformed(
            _("That is no step of this page. Load it anew."), code="no-such-step"
        ) from None
    act = ConfirmBid(
        lot=lot.pk, organisation=tenderer.pk, bid=bid, version=version,
        digest=request.POST.get("digest", "")[:64],
    )
    dispatch(act, actor=Actor.person(person), key=f"page:{request.POST.get('once', '')[:64]}")
    messages.success(request, _("Your bid is confirmed under the edition that holds."))
    return HttpResponseRedirect(reverse("bid", args=[code, number]), status=303)
