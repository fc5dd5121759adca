"""The list of projects, and the one page that a project has."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain import clock
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.domain import (
    amendments,
    invitations,
    lifecycle,
    prequalification,
    procedure,
    registry,
)
from trading.domain.documents import FIRST_FETCH
from trading.enums import DocumentKind, LotRole, OrganisationKind
from trading.interfaces import listing, timeline
from trading.interfaces.forms import SieveForm
from trading.models import Document, Lot, Organisation, Project


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Projects, newest first, sieved by words, category and stage."""
    form = SieveForm(request.GET or None)
    form.is_valid()
    found = {
        name: getattr(form, "cleaned_data", {}).get(name, "") for name in ("q", "category", "stage")
    }
    page = listing.projects(
        viewer=request.user, sieve=listing.Sieve(**found), after=request.GET.get("after", "")
    )
    kept = {name: value for name, value in found.items() if value}
    context = {
        "form": form,
        "rows": [_row(project) for project in page.items],
        "sieved": bool(kept),
        "first": not request.GET.get("after"),
        "first_address": f"?{urlencode(kept)}" if kept else "?",
        "next_address": f"?{urlencode({**kept, 'after': page.next})}" if page.next else "",
    }
    return render(request, "trading/projects.html", context)


def _row(project: Project) -> dict[str, Any]:
    lots = list(project.lots.all())
    return {
        "project": project,
        "category": procedure.of(lots[0]).name_for_people() if lots else "",
        "lots": [timeline.Standing.of(lot) for lot in lots],
    }


@require_safe
def one(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """One project: its lots' stages with all that they left, what comes next, what one may do."""
    project = listing.project(code, viewer=request.user)
    lots = list(project.lots.all())
    lot = _chosen(lots, number)
    lot.project = project
    person = request.user if request.user.is_authenticated else None
    at = clock.now()
    panels = [
        (template, context)
        for _name, template, panel in registry.panels()
        if (context := panel(lot, request.user, at)) is not None
    ]
    context = {
        "project": project,
        "lots": lots,
        "lot": lot,
        "rules": procedure.of(lot),
        "line": timeline.build(lot, viewer=person, at=at),
        "panels": panels,
        "edition": amendments.current(lot),
        "fetchable": _fetchable(lot, person),
        **_repeats(lot, person),
        "once": uuid4().hex,
    }
    return render(request, "trading/project.html", context)


def _repeats(lot: Lot, person: User | None) -> dict[str, Any]:
    """The lot that this one tenders again, the one that tenders it again, and who may do so."""
    at = clock.now()
    after = Lot.objects.filter(predecessor=lot).select_related("project").first()
    before = (
        Lot.objects.filter(pk=lot.predecessor_id).select_related("project").first()
        if lot.predecessor_id is not None
        else None
    )
    tendering = access.roles_of(person, lot, at) & {LotRole.TENDEREE, LotRole.AGENCY}
    return {
        "before": before,
        "other_method": before is not None and before.procedure["name"] != lot.procedure["name"],
        "after": after if after is not None and access.can_see_lot(person, after, at) else None,
        "may_repeat": bool(lot.ended_at_stage) and after is None and bool(tendering),
    }


def _fetchable(lot: Lot, person: User | None) -> list[tuple[Document, Organisation]]:
    """The tender documents that this person may fetch, for each tenderer they act for."""
    allowed = lifecycle.allowed(lot, clock.now(), access.roles_of(person, lot))
    commands = procedure.of(lot).commands
    if not any(commands[name].act == FIRST_FETCH for name in allowed):
        return []
    tenderers = [
        each
        for each in access.organisations_of(person)
        if OrganisationKind.TENDERER in each.kinds and access.is_verified(each)
    ]
    for allowed_alone in (invitations.fetchers(lot), prequalification.fetchers(lot)):
        if allowed_alone is not None:
            tenderers = [each for each in tenderers if each.pk in allowed_alone]
    rows = Document.objects.filter(lot=lot).order_by("-edition")
    newest = (
        rows.filter(kind=DocumentKind.TENDER_DOCUMENT).first()
        or rows.filter(kind=DocumentKind.PREQUALIFICATION).first()
    )
    return [] if newest is None else [(newest, each) for each in tenderers]


def _chosen(lots: list[Lot], number: int | None) -> Lot:
    if number is None:
        return lots[0]
    for lot in lots:
        if lot.number == number:
            return lot
    raise NotFound(_("The project has no lot with this number."), code="no-such-lot")
