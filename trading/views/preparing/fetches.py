"""Who fetched the tender documents, for those who may learn it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from signatures.domain import clock
from trading import access
from trading.interfaces import cursors
from trading.models import Download
from trading.views.doors import signed_in
from trading.views.preparing.frame import Place


@require_safe
@signed_in
def fetches(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Every recorded fetch, newest first; before the deadline only why nothing is shown."""
    place = Place.of(request, code, number, roles=access.LEARN_WHO_FETCHED)
    shown = access.can_see_fetches(place.person, place.lot, clock.now())
    context: dict[str, object] = {"shown": shown, "deadline": place.lot.dates.get("deadline")}
    if shown:
        rows = Download.objects.filter(document__lot=place.lot).select_related(
            "document", "organisation", "user"
        )
        page = cursors.page(rows, by="at", after=request.GET.get("after", ""))
        context |= {
            "rows": page.items,
            "first": not request.GET.get("after"),
            "next_address": f"?after={page.next}" if page.next else "",
        }
    return place.show("fetches", context)
