"""Publication: look at the draft, seal it with one's own certificate in the page, publish it."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatures.domain import clock
from signatures.domain.act import Act
from signatures.domain.errors import Malformed, Refused, SunlitError
from trading.api import problems
from trading.domain import notices
from trading.domain.exceptions import Warned
from trading.domain.planning import DryRun
from trading.interfaces import plan_page, preparing_page, publications
from trading.interfaces.preparing_forms import PublicationForm
from trading.interfaces.publications import NOTICE, Draft
from trading.interfaces.records import own_seal
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place

MAX_SEAL = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def publish(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """The draft with what is missing, or with room for the seal; POST publishes what was sealed."""
    place = Place.of(request, code, number)
    wanted = publications.draft(what, place.lot, place.person)
    form = PublicationForm(
        request.POST if request.method == "POST" else None,
        initial={"title": wanted.title},
        warned=_warned(place, wanted),
    )
    refusal = frame.Refusal()
    if request.method == "POST":
        refusal.status = 400
        if form.is_valid():
            try:
                frame.carry_out_prepared(
                    request,
                    ["publish", what, str(place.lot.pk), request.POST.get("room", "")],
                    lambda: _sealed(place, wanted, form),
                )
            except SunlitError as error:
                refusal.take(error, form, {"bad-title": "title"})
            else:
                return _published(place, what)
    now = clock.now()
    stages = (
        {preparing_page.BEFORE_NOTICE}
        if what == NOTICE
        else preparing_page.before_documents(place.rules)
    )
    over = place.lot.stage not in stages or place.lot.state != "active"
    missing = [] if over else _missing(place, wanted)
    context = {
        "what": what,
        "title": place.rules.title("commands", f"trading.publish-{what}"),
        "wanted": wanted,
        "form": form,
        "refusal": refusal.error,
        "over": over,
        "missing": missing,
        "ticket": "" if over or missing else publications.ticket(wanted, now),
        "at": now,
        "lines": _lines(place, wanted) if what == NOTICE and not over and not missing else (),
        "method": preparing_page.method_line(place.lot),
    }
    return place.show("publish", context, status=refusal.status)


def _missing(place: Place, wanted: Draft) -> list[preparing_page.Missing]:
    return preparing_page.missing(
        wanted.what, place.lot, place.rules, wanted.drafts, clock.now()
    )


def _lines(place: Place, wanted: Draft) -> list[preparing_page.Dated]:
    run = notices.dry_run(place.lot, start=clock.now(), dates=wanted.dates)
    return [
        line
        for line in preparing_page.run_lines(place.rules, run, wanted.dates)
        if line.badge.shape == "done"
    ]


def _run(place: Place, wanted: Draft) -> DryRun | None:
    """The dates as they would be now; None where they would be refused, which stands elsewhere."""
    try:
        return notices.dry_run(place.lot, start=clock.now(), dates=wanted.dates)
    except SunlitError:
        return None


def _warned(place: Place, wanted: Draft) -> tuple[Warned, ...]:
    if wanted.what != NOTICE or place.lot.stage != preparing_page.BEFORE_NOTICE:
        return ()
    return plan_page.warned(place.lot, _run(place, wanted))


def _sealed(place: Place, wanted: Draft, form: PublicationForm) -> Act:
    """Everything slow: the seal put in, its evidence gathered, judged; then the act."""
    title = form.cleaned_data["title"]
    _rehearse(place, wanted, title)
    excepted: dict[str, Any] = {}
    if wanted.what == NOTICE:
        excepted = plan_page.excepted(
            place.lot, _run(place, wanted), form.reasons(), place.person
        )
    room = publications.room_of(place.request.POST.get("room", ""), wanted)
    kept, judged = own_seal.finish(room, _decoded(place.request.POST.get("seal", "")))
    return wanted.act(title=title, kept=kept, seal=judged, excepted=excepted)


def _rehearse(place: Place, wanted: Draft, title: str) -> None:
    """Who may not publish it now, or cannot, is told so before anything is sealed."""
    nothing = own_seal.NOTHING
    wanted.act(title=title, kept=nothing, seal={}).rehearse(
        frame.actor(place.request), now=clock.now()
    )
    missing = _missing(place, wanted)
    if missing:
        raise Refused(missing[0].text, code="not-ready")


def _published(place: Place, what: str) -> HttpResponse:
    said = (
        _("The notice is published: its dates and the procedure hold from now on.")
        if what == NOTICE
        else _("The tender document is on offer. Tenderers fetch it on the project's page.")
    )
    frame.tell(place.request, said)
    address = reverse("lot", args=[place.project.code, place.lot.number])
    return HttpResponseRedirect(address, status=303)


@require_safe
@signed_in
def draft(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """The draft as PDF, for the ticket of the page: what is sealed begins with these bytes."""
    place = Place.of(request, code, number)
    wanted = publications.draft(what, place.lot, place.person)
    at = publications.moment_of(request.GET.get("ticket", ""), wanted)
    answer = HttpResponse(wanted.rendered(at).data, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{place.project.code}-{what}-draft.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@require_POST
@signed_in
def room(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """Room in the draft for the seal of one certificate: ``{"room", "content"}``, for the page."""
    try:
        place = Place.of(request, code, number)
        wanted = publications.draft(what, place.lot, place.person)
        asked = _body(request)
        title = str(asked.get("title", ""))
        notices.check_file(title, 1)
        _rehearse(place, wanted, title)
        at = publications.moment_of(str(asked.get("ticket", "")), wanted)
        made, data = own_seal.prepare(
            wanted.rendered(at),
            person=place.person,
            sealer=wanted.sealer,
            certificate=_decoded(str(asked.get("certificate", ""))),
            at=at,
            reason=title,
        )
    except SunlitError as error:
        return problems.of_error(error)
    content = base64.b64encode(data).decode()
    return JsonResponse({"room": publications.room_ticket(wanted, made), "content": content})


def _body(request: HttpRequest) -> dict[str, object]:
    try:
        found = json.loads(request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Malformed(_("Send what this page sends."), code="bad-request")
    return found


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not 1 <= len(data) <= MAX_SEAL:
        raise Malformed(
            _("The seal is missing. Choose your certificate file and seal the draft first."),
            code="no-seal",
        )
    return data
