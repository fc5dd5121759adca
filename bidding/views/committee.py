"""Opening the draw of a committee: with one button, or signed where it repeats another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain.committee_draw import OpenCommitteeDraw
from bidding.domain.committee_due import Need
from bidding.interfaces import committee_page, evaluation_panel, examination_page
from bidding.interfaces.committee_form import MINUTE, DrawForm
from bidding.interfaces.committee_page import Page
from signatures.domain import clock, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain import drawing
from trading.domain.signed import Accepted, Signed, accept
from trading.interfaces.forms import SignatureForm
from trading.models import Lot
from trading.views.asked import lot_of, once_of, signed_in

#: Refusals after which the statement is put together anew.
_STALE = frozenset({"stale-statement", "other-statement"})


@dataclass
class _Sent:
    """What came back, and what the page answers."""

    form: DrawForm
    signature: SignatureForm
    statement: str = ""
    refusal: SunlitError | None = None
    status: int = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draw(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The draw's page; what was typed stays when it is refused."""
    lot, person = lot_of(request, code, number), signed_in(request)
    page = committee_page.build(lot, person, clock.now())
    if not page.step.mine:
        raise Denied(_("Tenderee and agency have the committee drawn."), code="wrong-role")
    sent: _Sent | None = None
    if request.method == "POST":
        if page.due.need is Need.AWAITED:
            # The second click of two, or somebody of the same side was faster.
            messages.info(request, _("The draw is open already; its parties contribute now."))
            return HttpResponseRedirect(_back(lot))
        sent = _read(request, page)
        if _done(request, page, person, sent):
            messages.success(request, _("The draw is open; its parties contribute now."))
            return HttpResponseRedirect(_back(lot))
        lot.refresh_from_db()
    context: dict[str, Any] = {
        "page": page,
        "lot": lot,
        "project": lot.project,
        "form": sent.form if sent is not None else page.form() if page.possible else None,
        "signature": None if sent is None else sent.signature,
        "statement": "" if sent is None else sent.statement,
        "refusal": None if sent is None else sent.refusal,
        "back": _back(lot),
        "once": once_of(request) if sent is not None else uuid4().hex,
    }
    return render(
        request, "bidding/committee.html", context, status=200 if sent is None else sent.status
    )


# --- inside --------------------------------------------------------------------------------------


def _back(lot: Lot) -> str:
    """The page that the committee is drawn for."""
    if examination_page.examining(lot):
        return examination_page.address(lot)
    return evaluation_panel.address(lot)


def _read(request: HttpRequest, page: Page) -> _Sent:
    signing = page.due.signed and request.POST.get("step") == "sign"
    return _Sent(
        form=page.form(request.POST),
        signature=SignatureForm(
            request.POST if signing else None, request.FILES if signing else None
        ),
        statement=request.POST.get("statement", "") if signing else "",
    )


def _done(request: HttpRequest, page: Page, person: User, sent: _Sent) -> bool:
    """Open the draw with what came; whether it is open."""
    actor = Actor.person(person)
    try:
        OpenCommitteeDraw(lot=page.lot.pk).rehearse(actor, now=clock.now())
        if not sent.form.is_valid():
            sent.status, sent.statement = 400, ""
            return False
        reason = None
        if page.due.signed:
            reason = _reason(request, page, person, sent)
            if reason is None:
                return False
        dispatch(_act(page, sent.form, reason), actor=actor, key=f"page:{once_of(request)}")
        return True
    except SunlitError as error:
        sent.status = problems.status_of(error)
        place = sent.form.PLACES.get(error.code or "")
        if place and sent.form.is_valid():
            sent.form.add_error(place, error.message)
            sent.statement = ""
        else:
            sent.refusal = error
            if error.code not in _STALE:
                sent.statement = ""
    return False


def _act(page: Page, form: DrawForm, reason: Accepted | None) -> OpenCommitteeDraw:
    said = form.cleaned_data
    return OpenCommitteeDraw(
        lot=page.lot.pk,
        quota=form.quota,
        alternates=said["alternates"],
        parties=committee_page.parties_of(page, form),
        commit_seconds=said["commit"] * MINUTE,
        reveal_seconds=said["reveal"] * MINUTE,
        before=None if page.due.before is None else page.due.before.pk,
        reason=reason,
    )


def _reason(request: HttpRequest, page: Page, person: User, sent: _Sent) -> Accepted | None:
    """The signed reason; None where the statement to sign, or its signature, is still awaited."""
    assert page.due.before is not None  # a reason is asked for where a draw came before
    wanted = {
        "before": page.due.before.urn,
        "reason": sent.form.cleaned_data["reason"].replace("\r\n", "\n").strip(),
    }
    ready = statements.build(
        drawing.REDRAW, origin=settings.ORIGIN, at=clock.now(), **wanted
    ).decode()
    if request.POST.get("step") != "sign":
        sent.statement = ready
        return None
    if not _says(sent.statement, wanted):
        sent.statement = ready
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )
    if not sent.signature.is_valid():
        sent.status = 400
        return None
    signed = Signed(sent.statement.encode(), sent.signature.cleaned_data["signature"].read())
    try:
        return accept(person, signed, purpose=drawing.REDRAW, fields=drawing.REDRAW_FIELDS)
    except SunlitError as error:
        if error.code in _STALE:
            sent.statement = ready
        raise


def _says(text: str, wanted: dict[str, str]) -> bool:
    try:
        said = statements.parse(
            text.encode(),
            purpose=drawing.REDRAW,
            origin=settings.ORIGIN,
            fields=drawing.REDRAW_FIELDS,
        )
    except Malformed:
        return False
    return {name: said[name] for name in wanted} == wanted
