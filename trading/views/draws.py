"""Draws for everybody: the list, one draw's page, and the files that prove it elsewhere."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain import clock
from signatures.domain.errors import NotFound
from trading.domain import drawing, drawing_publication
from trading.domain.drawing_opening import OPEN
from trading.enums import DrawPhase
from trading.interfaces import cursors, draw_page
from trading.models import Draw


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The draws, newest first; ``?open=1`` only those that still wait for somebody."""
    only_open = request.GET.get("open") == "1"
    rows = Draw.objects.select_related("inspection_plan").defer("record", "aliases", "result")
    if only_open:
        rows = rows.filter(phase__in=OPEN)
    page = cursors.page(rows, by="opened_at", after=request.GET.get("after", ""))
    kept = {"open": "1"} if only_open else {}
    context = {
        "lines": draw_page.lines(page.items, viewer=request.user),
        "only_open": only_open,
        "first": not request.GET.get("after"),
        "first_address": f"?{urlencode(kept)}" if kept else "?",
        "next_address": f"?{urlencode({**kept, 'after': page.next})}" if page.next else "",
    }
    return render(request, "trading/draws.html", context)


@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One draw: what was drawn from what, by whom, and how anybody runs it again."""
    draw = drawing.find_draw(pk)
    context = {"page": draw_page.build(draw, viewer=request.user), "now": clock.now()}
    return render(request, "trading/draw.html", context)


@require_safe
def bundle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All that was published of a draw, as a file: the page and ``redraw.py`` judge it."""
    return _file(drawing_publication.bundle(drawing.find_draw(pk)), f"draw-{pk}.json")


@require_safe
def reproducible(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record and reveals as a file that ``manage.py draw`` reads, once they are published."""
    draw = drawing.find_draw(pk)
    if draw.phase not in (DrawPhase.RESULT, DrawPhase.FAILED):
        raise NotFound(
            _("This draw has no result yet, so there is nothing to run again."),
            code="not-concluded",
        )
    return _file(draw_page.reproducible(draw), f"draw-{pk}-input.json")


def _file(value: object, name: str) -> HttpResponse:
    answer = HttpResponse(
        json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True),
        content_type="application/json",
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-cache"
    return answer
