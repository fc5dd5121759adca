"""The evaluation of a lot: its room for those who are in it, its course for everybody else.

Commands come by the socket or, without JavaScript, as posted forms: both run the same acts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bidding.domain import evaluation, room_commands, score_sheets
from bidding.interfaces import (
    clarification_room,
    committee_page,
    evaluation_controls,
    evaluation_course,
    evaluation_page,
    more_time_page,
)
from bidding.interfaces.clarification_forms import AskForm
from bidding.interfaces.committee_lines import sheet_line
from bidding.interfaces.evaluation_forms import FORMS, ElectForm, ScoreForm
from bidding.interfaces.evaluation_page import Page
from bidding.interfaces.room_forms import RoomForm
from bidding.models import Room
from bidding.views.asked import lot_of, person_of
from signatures.domain import clock, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, SunlitError
from signatures.models import User
from trading.api import problems
from trading.models import Lot


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The evaluation's page; ``?part=live`` gives only what changes in the room."""
    lot, person, at = lot_of(request, code, number), person_of(request), clock.now()
    given: RoomForm | None = None
    refusal: SunlitError | None = None
    status = 200
    page = _page(lot, person, at)
    if request.method == "POST":
        given = _given(request, page)
        if given.is_valid():
            try:
                _run(request, lot, given)
                return HttpResponseRedirect(_back(request, given))
            except SunlitError as error:
                refusal, status = error, problems.status_of(error)
        else:
            status = 400
        lot = lot_of(request, code, number)
        page = _page(lot, person, at)
    context: dict[str, Any] = {
        "lot": lot,
        "project": lot.project,
        "form": given or RoomForm(),
        "refusal": refusal,
        "here": reverse("evaluation", args=[lot.project.code, lot.number]),
    }
    if page is None or person is None:
        drawing = committee_page.find(lot, person, at)
        context.update(
            {
                "drawing": drawing,
                "draw_form": None if drawing is None else drawing.form(),
                "once": uuid4().hex,
                "course": evaluation_course.course(lot, person, at),
                "invitation": evaluation_course.invitation(lot, person),
            }
        )
        return render(request, "bidding/evaluation_course.html", context, status=status)
    controls = evaluation_controls.build(page, lot, person, given)
    context.update(
        {
            "page": page,
            "controls": controls,
            "papers": _papers(page, controls),
            "time": more_time_page.of_room(lot, page.state),
            "questions": clarification_room.of_room(page.state),
            "signatures": page.results.signatures(page.me) if page.results else (),
            "socket": f"/ws/rooms/{page.room.kind}/{page.room.pk}/" if page.room.is_open else "",
            "chosen": _chosen(request, page),
            "exhibits": evaluation_course.course(lot, person, at).exhibits,
        }
    )
    part = request.GET.get("part") == "live"
    template = "bidding/evaluation_live.html" if part else "bidding/evaluation.html"
    return render(request, template, context, status=status)


@never_cache
@require_safe
def sheet(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The statement that freezes the asker's own sheet as it stands, for their device to sign."""
    lot, person = lot_of(request, code, number), person_of(request)
    if person is None:
        raise Denied(_("Sign in to freeze your sheet."), code="signed-out")
    row = evaluation.get(lot)
    line = sheet_line(row.committee, person)
    if line["frozen_at"] is not None:
        raise NotFound(_("There is nothing for you to sign here now."), code="nothing-to-sign")
    data = statements.build(
        score_sheets.PURPOSE,
        origin=settings.ORIGIN,
        at=clock.now(),
        lot=lot.urn,
        room=evaluation.last_room(lot).urn,
        sheet=line["sha256"],
    )
    answer = HttpResponse(data, content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="sheet.json"'
    return answer


# --- inside --------------------------------------------------------------------------------------


def _page(lot: Lot, person: User | None, at: datetime) -> Page | None:
    """The room as this person sees it; None where there is none, or they are not in it."""
    rows = Room.objects.filter(lot=lot, kind=evaluation.KIND).order_by("opened_at")
    found = rows.last()
    if found is None or person is None:
        return None
    return evaluation_page.build(found, lot, person, at)


def _given(request: HttpRequest, page: Page | None) -> RoomForm:
    command = request.POST.get("do", "")
    kind = FORMS.get(command)
    if kind is None:
        raise Malformed(_("This room knows no such command."), code="unknown-command")
    if page is None:
        raise Denied(_("Only the committee and supervisors are in this room."), code="not-inside")
    code = request.POST.get("bid", "")
    if kind is ScoreForm:
        if code not in {each.code for each in page.papers}:
            raise NotFound(_("There is no bid of this code."), code="no-such-bid")
        arguments = evaluation_controls.score_arguments(page, code)
        return ScoreForm(request.POST, **arguments)
    more: dict[str, Any] = {}
    if kind is ElectForm:
        more["members"] = [(each.urn, each.name) for each in page.members]
    if kind is AskForm:
        more["documents"] = clarification_room.documents(page.lot)
    auto_id = f"{command}-{code}-%s" if command in ("reject", "appraise") else f"{command}-%s"
    return kind(request.POST, request.FILES, auto_id=auto_id, **more)


def _run(request: HttpRequest, lot: Lot, form: RoomForm) -> None:
    """The commands as their acts, outside any transaction until each act itself begins."""
    person = person_of(request)
    if person is None:
        raise Denied(_("You are signed out. Sign in again."), code="signed-out")
    where, actor = evaluation.last_room(lot), Actor.person(person)
    once = request.POST.get("once", "")[:64]
    for place, fields in enumerate(form.frames()):
        call = room_commands.Call(room=where, actor=actor, fields=fields)
        act = room_commands.build(form.command, call)
        dispatch(act, actor=actor, key=f"{once}-{place}" if once else None)


def _back(request: HttpRequest, form: RoomForm) -> str:
    """Where the person was: at the bid that they scored."""
    bid = form.data.get("bid", "")
    return f"{request.path}?bid={bid}#sheet-{bid}" if bid.isalnum() else request.path


def _papers(page: Page, controls: evaluation_controls.Controls) -> list[dict[str, Any]]:
    """Each bid with its forms, the cells each with its field."""
    found = []
    for paper in page.papers:
        form = controls.scores.get(paper.code)
        found.append(
            {
                "paper": paper,
                "form": form,
                "rows": [
                    (cell, None if form is None else form[f"points-{cell.criterion.id}"])
                    for cell in paper.cells
                ],
                "reject": controls.rejects.get(paper.code),
            }
        )
    return found


def _chosen(request: HttpRequest, page: Page) -> str:
    """The bid that the page shows first: the one asked for, else the first that is not done."""
    codes = [each.code for each in page.papers]
    wanted = request.GET.get("bid", "")
    if wanted in codes:
        return wanted
    open_ = (each.code for each in page.papers if each.done < len(each.cells))
    return next(open_, codes[0] if codes else "")
