"""A lot's preparation: what is done, what is missing, what comes next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from signatures.domain import clock
from trading.domain import preparing
from trading.interfaces import preparing_page
from trading.views.doors import signed_in
from trading.views.preparing.frame import Place


@require_safe
@signed_in
def overview(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The list of tasks."""
    place = Place.of(request, code, number)
    tasks = preparing_page.tasks(place.lot, place.rules, preparing.of(place.lot), clock.now())
    context = {
        "tasks": tasks,
        "next": next((task for task in tasks if task.address and not task.is_done), None),
        "ready": sum(task.is_done for task in tasks),
    }
    return place.show("overview", context)
