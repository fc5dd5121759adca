"""The page on which a consortium's members agree and sign, each on its own device; it takes
nothing in and notes nobody who looks at it (TBL 22)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bidding.interfaces.consortium_agreeing import WORDS
from bidding.kit.consortium import LONGEST_WORK, MOST
from signatures.domain import clock
from signatures.domain.errors import Denied
from trading import access
from trading.enums import OrganisationKind
from trading.models import Organisation
from trading.views.asked import lot_of, person_of


@never_cache
@require_safe
def agree(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Both forms, filled by the page's script and sent nowhere."""
    lot = lot_of(request, code, number)
    context = {
        "lot": lot,
        "project": lot.project,
        "lead": _tenderer(request),
        "rows": range(1, MOST + 1),
        "longest": LONGEST_WORK,
        "words": WORDS,
        "place": {"origin": settings.ORIGIN, "lot": lot.urn},
    }
    return render(request, "bidding/consortium_agree.html", context)


def _tenderer(request: HttpRequest) -> Organisation:
    """The tenderer for which this person acts; raises :class:`Denied`."""
    person = person_of(request)
    at = clock.now()
    for one in access.organisations_of(person, at):
        if OrganisationKind.TENDERER in one.kinds and access.is_verified(one, at):
            return one
    raise Denied(
        _("Consortia are agreed on by tenderers that are registered and verified here."),
        code="wrong-role" if person is not None else "sign-in-first",
    )
