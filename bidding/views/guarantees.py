"""The guarantees of a lot: looked at by their sides; a word about one is written, then signed."""

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

from bidding.domain import guarantee_messages
from bidding.interfaces import guarantee_page
from bidding.interfaces.guarantee_forms import AnswerForm, ClaimForm, ReleaseForm, WordForm
from bidding.interfaces.guarantee_page import ANSWER, CLAIM, RELEASE, Line, Page
from signatures.domain import clock, jcs, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Malformed, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain.signed import Signed
from trading.interfaces.forms import SignatureForm
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in

#: Refusals after which the statement is put together anew.
_STALE = frozenset({"stale-statement", "other-statement"})


@dataclass
class _Wanted:
    """The word that is being written: about which guarantee, what, how far it came."""

    line: Line
    do: str
    form: WordForm
    signature: SignatureForm
    statement: str = ""
    refusal: SunlitError | None = None
    status: int = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_lot(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The guarantees; ``do`` = release, claim or answer and ``guarantee`` open a form, POST
    ``step`` = ``write`` puts its statement together, ``sign`` gives it."""
    lot = lot_of(request, code, number)
    page = guarantee_page.build(lot, viewer=person_of(request), at=clock.now())
    given = request.POST if request.method == "POST" else request.GET
    wanted = _wanted(request, page, given.get("do", ""), given.get("guarantee", ""))
    gone: SunlitError | None = None
    if request.method == "POST":
        person = signed_in(request)
        if wanted is None:
            gone = Malformed(
                _("That cannot be said of this guarantee any more. Look at it below."),
                code="no-such-step",
            )
        elif _done(request, lot, person, wanted):
            messages.success(request, _SAID[wanted.do]())
            return HttpResponseRedirect(request.path)
    context: dict[str, Any] = {
        "page": page,
        "lot": lot,
        "project": lot.project,
        "wanted": wanted,
        "form": wanted.form if wanted is not None and wanted.form.is_bound else None,
        "refusal": gone or (wanted.refusal if wanted is not None else None),
        "once": once_of(request) if wanted is not None and wanted.refusal is None else uuid4().hex,
    }
    status = problems.status_of(gone) if gone is not None else wanted.status if wanted else 200
    return render(request, "bidding/guarantees.html", context, status=status)


# --- inside --------------------------------------------------------------------------------------


_SAID = {
    RELEASE: lambda: _("The guarantee is released; its guarantor and who gave it were told."),
    CLAIM: lambda: _("The claim is made; the guarantor was told and answers here."),
    ANSWER: lambda: _("Your answer is given; the beneficiary was told."),
}


def _wanted(request: HttpRequest, page: Page, do: str, target: str) -> _Wanted | None:
    """The form that was asked for, where the viewer's side may say that now."""
    line = next((one for one in page.lines if str(one.row.pk) == target), None)
    if line is None or do not in line.steps:
        return None
    sent = request.POST if request.method == "POST" else None
    signing = sent is not None and sent.get("step") == "sign"
    form: WordForm
    if do == ANSWER:
        form = AnswerForm(sent, row=line.row, claim=guarantee_messages.last_claim(line.row))
    else:
        form = {RELEASE: ReleaseForm, CLAIM: ClaimForm}[do](sent, row=line.row)
    return _Wanted(
        line=line,
        do=do,
        form=form,
        signature=SignatureForm(
            request.POST if signing else None, request.FILES if signing else None
        ),
        statement=request.POST.get("statement", "") if signing else "",
    )


def _done(request: HttpRequest, lot: Lot, person: User, wanted: _Wanted) -> bool:
    """Take one step with what came; whether the word was given."""
    if not wanted.form.is_valid():
        wanted.status, wanted.statement = 400, ""
        return False
    if request.POST.get("step") != "sign":
        wanted.statement = _statement(lot, wanted)
        return False
    if not wanted.signature.is_valid():
        wanted.status = 400
        return False
    try:
        _require_same(lot, wanted)
        signed = Signed(
            wanted.statement.encode(), wanted.signature.cleaned_data["signature"].read()
        )
        act = guarantee_messages.prepare(
            person, lot.pk, wanted.line.row.pk, signed, purpose=wanted.form.purpose
        )
        dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")
    except SunlitError as error:
        _refuse(lot, wanted, error)
        return False
    return True


def _refuse(lot: Lot, wanted: _Wanted, error: SunlitError) -> None:
    """The refusal at its field, else for the summary; a stale statement is made anew."""
    wanted.status = problems.status_of(error)
    field = wanted.form.PLACES.get(error.code or "")
    if field is not None:
        wanted.form.add_error(field, error.message)
        wanted.statement = ""
        return
    wanted.refusal = error
    wanted.statement = _statement(lot, wanted) if error.code in _STALE else ""


def _fields(lot: Lot, wanted: _Wanted) -> dict[str, Any]:
    row = wanted.line.row
    about = {"lot": lot.urn, "guarantee": row.urn, "digest": row.statement}
    return {**about, **wanted.form.said()}


def _statement(lot: Lot, wanted: _Wanted) -> str:
    return statements.build(
        wanted.form.purpose, origin=settings.ORIGIN, at=clock.now(), **_fields(lot, wanted)
    ).decode()


def _require_same(lot: Lot, wanted: _Wanted) -> None:
    """What is signed is what stands in the form, so that nobody signs something else unread."""
    value = jcs.loads(wanted.statement.encode(), canonical=True)
    asked = _fields(lot, wanted)
    if not isinstance(value, dict) or any(value.get(name) != one for name, one in asked.items()):
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )
