"""The page of a lot's sealing; what is signed there goes to the programming interface."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bidding.interfaces import own_files, release_words, sealing_page
from bidding.interfaces.records.opening_record import SLOTS
from bidding.views.asked import lot_of, person_of
from signatures.domain import clock
from trading.interfaces.spoken import spoken


@never_cache
@require_safe
def sealing(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Policy, times and gates of a lot, and what the reader may do about them."""
    lot = lot_of(request, code, number)
    context = {
        "lot": lot,
        "project": lot.project,
        "page": sealing_page.build(lot, person_of(request), clock.now()),
        **words(),
    }
    return render(request, "bidding/sealing.html", context)


@never_cache
@require_safe
def own_keys(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """In a demonstration: the key file of the invented trustee who is signed in, nobody else's."""
    path = own_files.key_file(request.user, lot_of(request, code, number))
    if path is None:
        raise Http404
    try:
        stream = path.open("rb")
    except OSError:
        raise Http404 from None
    return FileResponse(
        stream, as_attachment=True, filename="keys.json", content_type="application/json"
    )


def words() -> dict[str, Any]:
    """What a page with the release of shares needs to say."""
    return {
        "release_checks": release_words.CHECKS,
        "release_words": release_words.WORDS,
        "slot_titles": {number: spoken(title) for number, title in SLOTS.items()},
    }
