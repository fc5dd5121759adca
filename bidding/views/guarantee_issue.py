"""The page on which a guarantor signs a guarantee on its own device; it takes nothing in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bidding.interfaces.guarantee_words import ISSUE_WORDS
from signatures.domain import clock
from signatures.domain.errors import Denied
from trading import access
from trading.domain import security_asked
from trading.enums import OrganisationKind
from trading.models import Organisation
from trading.views.asked import lot_of, person_of


@never_cache
@require_safe
def issue(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The form, filled by the page's script and sent nowhere (TBL 22)."""
    lot = lot_of(request, code, number)
    guarantor = _guarantor(request)
    context = {
        "lot": lot,
        "project": lot.project,
        "asked": security_asked.of(lot),
        "through": security_asked.last_day(lot),
        "guarantor": guarantor,
        "words": ISSUE_WORDS,
        "place": {
            "origin": settings.ORIGIN,
            "lot": lot.urn,
            "guarantor": _party(guarantor),
            "beneficiary": _party(lot.project.tenderee),
        },
    }
    return render(request, "bidding/guarantee_issue.html", context)


def _party(organisation: Organisation) -> dict[str, str]:
    return {"name": organisation.name, "code": organisation.credit_code}


def _guarantor(request: HttpRequest) -> Organisation:
    """The guarantor for which this person acts; raises :class:`Denied`."""
    person = person_of(request)
    at = clock.now()
    for one in access.organisations_of(person, at):
        if OrganisationKind.GUARANTOR in one.kinds and access.is_verified(one, at):
            return one
    raise Denied(
        _("Guarantees are signed by guarantors that are recognised here."),
        code="wrong-role" if person is not None else "sign-in-first",
    )
