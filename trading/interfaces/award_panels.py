"""Questions, result and contract on a project's page, and the pages where their steps are taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.models import User
from trading import access
from trading.domain import award as awards
from trading.domain import candidates, contracts, performance, questions, registry, securities
from trading.interfaces import contract_page, result_page, standing
from trading.interfaces.timeline import Badge
from trading.models import Exhibit, Lot

#: The commands that are given on each page.
PAGES = {
    "result": (result_page.PUBLISH, result_page.AWARD),
    "contract": (
        contract_page.OFFER,
        contract_page.SIGN,
        contract_page.REPORT,
        contract_page.PUBLISH,
        contract_page.FILE,
        contract_page.PERFORM,
    ),
    "performance": (
        performance.ENTER, performance.ANSWER, securities.RECORD, securities.RETURN,
    ),
    "questions": (questions.ASK, questions.ANSWER),
}


def result_panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """Where candidates, award and contract stand; None before there are any."""
    rows = awards.awards_of(lot)
    if rows:
        award = rows[0]
        signed = not contracts.open_awards(lot)
        badge = Badge("good", _("Contract signed")) if signed else Badge("now", _("Awarded"))
        return {
            "lot": lot, "badge": badge, "winner": award.winner, "price": award.price,
            "more": [one.winner for one in rows[1:]],
        }
    if not Exhibit.objects.filter(lot=lot, kind=candidates.CANDIDATES).exists():
        person = viewer if isinstance(viewer, User) else None
        if standing.of(lot, result_page.PUBLISH, viewer=person, at=at).possible:
            return {"lot": lot, "badge": Badge("todo", _("To be published"))}
        if standing.of(lot, result_page.AWARD, viewer=person, at=at).possible:
            return {"lot": lot, "badge": Badge("todo", _("To be decided"))}
        return None
    until = jcs.parse_timestamp(lot.dates["candidates-until"])
    over = at >= until
    badge = Badge("done", _("Publicity over")) if over else Badge("now", _("On show"))
    return {"lot": lot, "badge": badge, "until": until}


def questions_panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """How many questions this viewer may read; None for who does not read the documents."""
    person = viewer if isinstance(viewer, User) else None
    if access.audiences_of(person, lot, at).isdisjoint(access.DOCUMENT_READERS):
        return None
    rows = questions.visible(lot, viewer=person, at=at)
    may_ask = standing.of(lot, questions.ASK, viewer=person, at=at).possible
    if not rows and not may_ask:
        return None
    answered = sum(row.answered_at is not None for row in rows)
    return {
        "lot": lot,
        "answered": answered,
        "waiting": len(rows) - answered,
        "may_ask": may_ask,
    }


def _way(page: str) -> registry.Way:
    return lambda lot: reverse(page, args=[lot.project.code, lot.number])


def register() -> None:
    """Add the panels and the ways; called when the app is ready."""
    registry.register_panel(
        "questions", "trading/questions_panel.html", questions_panel, order=80
    )
    registry.register_panel("result", "trading/result_panel.html", result_panel, order=120)
    for page, commands in PAGES.items():
        for command in commands:
            registry.register_way(command, _way(page))
