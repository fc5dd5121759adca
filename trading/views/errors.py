"""Pages that say what went wrong, what still stands, and what to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's secret did not fit: an old page, another tab, or cookies that are blocked."""
    return render(request, "errors/csrf.html", status=403)
