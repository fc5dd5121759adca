"""A document or an exhibit on a page of its own, its seals beside it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trading.interfaces import reading


@require_safe
def document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A published document, for those who may read it."""
    return _page(request, reading.of_document(pk, viewer=request.user))


@require_safe
def exhibit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An exhibit, for those who may see it."""
    return _page(request, reading.of_exhibit(pk, viewer=request.user))


def _page(request: HttpRequest, found: reading.Reading) -> HttpResponse:
    answer = render(request, "trading/reading.html", {"reading": found, "lot": found.lot})
    answer["Cache-Control"] = "private, no-cache"
    return answer
