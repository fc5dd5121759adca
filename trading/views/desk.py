"""A desk: what is to be done by due date, figures, and the rows behind each figure."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from signatures.domain import clock
from signatures.models import User
from trading import access
from trading.interfaces import desks


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The desk of the asker's role; whoever operates the platform has one of their own."""
    now, person = clock.now(), _person(request)
    if access.operates(person) and not desks.role_of(person, now):
        return redirect("operator")
    context = {"desk": desks.of(person, now), "now": now}
    return render(request, "trading/desk.html", context)


@require_safe
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """The rows that one figure of the desk counts."""
    now = clock.now()
    found = desks.of(_person(request), now).figure(name)
    rows = found.rows()
    context = {"figure": found, "rows": rows, "more": found.count - len(rows), "now": now}
    return render(request, "trading/desk_figure.html", context)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
