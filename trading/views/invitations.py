"""Invitations to tender: sent by who tenders, answered by who is invited."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Malformed, SunlitError
from trading.api import problems
from trading.domain.invitations import AnswerInvitation, Invite
from trading.interfaces import invitation_page
from trading.interfaces.invitation_forms import AnswerForm, InviteForm
from trading.interfaces.invitation_page import Line, Page
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in

Given = InviteForm | AnswerForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Who invites sees all, who is invited its own; POST ``do`` = ``invite`` or ``answer``."""
    lot = lot_of(request, code, number)
    page = invitation_page.build(lot, viewer=person_of(request), at=clock.now())
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    target = request.POST.get("invitation", "") if wanted == "answer" else ""
    given = _given(request, page, wanted, target)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            if _perform(request, lot, given, target):
                return HttpResponseRedirect(request.path)
            status = 400
        except SunlitError as error:
            refusal, status = _placed(given, error), problems.status_of(error)
            page = invitation_page.build(lot, viewer=person_of(request), at=clock.now())
    context = {
        "page": page,
        "lot": lot,
        "form": given,
        "invite": given if isinstance(given, InviteForm) else _invite(page),
        "lines": [(line, _answer(line, given, target)) for line in page.lines],
        "kept": _kept(page, given, target),
        "refusal": refusal,
        "once": once_of(request) if status == 400 and refusal is None else uuid4().hex,
    }
    return render(request, "trading/invitations.html", context, status=status)


def _invite(page: Page, data: Any = None) -> InviteForm:
    return InviteForm(
        data, organisations=page.organisations, invited=page.invited, auto_id="invite_%s"
    )


def _given(request: HttpRequest, page: Page, wanted: str, target: str) -> Given | None:
    if wanted == "invite":
        return _invite(page, request.POST)
    if wanted == "answer":
        return AnswerForm(request.POST, auto_id=f"answer_{target[:8]}_%s")
    return None


def _answer(line: Line, given: Given | None, target: str) -> AnswerForm | None:
    """The form under one's own invitation that waits."""
    if not line.answerable:
        return None
    if isinstance(given, AnswerForm) and target == line.pk:
        return given
    return AnswerForm(auto_id=f"answer_{line.pk[:8]}_%s")


def _kept(page: Page, given: Given | None, target: str) -> str:
    """A reason whose form stands nowhere any more, so that what was typed is not lost."""
    if not isinstance(given, AnswerForm):
        return ""
    stands = any(line.pk == target and line.answerable for line in page.lines)
    return "" if stands else given["reason"].value() or ""


def _perform(request: HttpRequest, lot: Lot, given: Given | None, target: str) -> bool:
    """Do what was asked for; false where the form says what is wrong."""
    if given is None:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    actor, key = Actor.person(signed_in(request)), f"page:{once_of(request)}"
    act = _act(lot, given, target, actor)
    if act is None:
        return False
    dispatch(act, actor=actor, key=key)
    messages.success(request, _said(act))
    return True


def _act(
    lot: Lot, given: Given, target: str, actor: Actor
) -> Invite | AnswerInvitation | None:
    """The act that was asked for; None where the form says what is wrong.

    Whose role or whose lot it is not is told so before anything of the form.
    """
    if isinstance(given, AnswerForm):
        invitation = _identifier(target)
        AnswerInvitation(lot=lot.pk, invitation=invitation, accept=True).permit(actor)
        if not given.is_valid():
            return None
        asked = given.cleaned_data
        return AnswerInvitation(
            lot=lot.pk,
            invitation=invitation,
            accept=asked["accept"] == "yes",
            reason=asked["reason"],
        )
    Invite(lot=lot.pk, organisation=lot.pk).rehearse(actor, now=clock.now())
    if not given.is_valid():
        return None
    asked = given.cleaned_data
    return Invite(
        lot=lot.pk,
        organisation=UUID(asked["organisation"]),
        answer_until=asked["answer_until"],
    )


def _said(act: Invite | AnswerInvitation) -> str:
    if isinstance(act, Invite):
        return _("The invitation is sent. Nobody but the invited organisation is told.")
    if act.accept:
        return _("You have accepted. You fetch the tender documents once they are on offer.")
    return _("You have refused the invitation. The tenderee reads your reason.")


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed(
            _("There is no such invitation to you on this lot."), code="unknown-invitation"
        ) from None


def _placed(given: Given | None, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = given.PLACES.get(error.code or "") if given is not None else None
    if given is None or field is None or not given.is_bound or not given.is_valid():
        return error
    given.add_error(field, error.message)
    return None
