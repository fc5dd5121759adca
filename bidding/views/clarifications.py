"""A tenderer reads what the committee asks about its bid, and answers: written, then signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain import clarification_answers
from bidding.domain.printable import require_printable
from bidding.interfaces import clarification_page
from bidding.interfaces.clarification_forms import AnswerForm
from bidding.interfaces.clarification_page import Page, Question
from bidding.models import Clarification
from signatures.domain import clock
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
class _Sent:
    """What came back with one question's form: the answer, perhaps its statement and signature."""

    target: str
    form: AnswerForm
    signature: SignatureForm
    statement: str = ""
    refusal: SunlitError | None = None
    status: int = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def clarifications(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The tenderer's questions; POST ``step`` = ``write`` (the statement) or ``sign``."""
    lot, at = lot_of(request, code, number), clock.now()
    sent: _Sent | None = None
    if request.method == "POST":
        person = signed_in(request)
        page = clarification_page.build(lot, person, at)
        sent = _read(request, page)
        if _answered(request, lot, person, sent):
            messages.success(request, _("Your answer is given; the committee reads it now."))
            return HttpResponseRedirect(f"{request.path}#question-{sent.target[:8]}")
        at = clock.now()
    page = clarification_page.build(lot, person_of(request), at)
    context: dict[str, Any] = {
        "page": page,
        "lot": lot,
        "project": lot.project,
        "lines": [(each, _form(each, sent)) for each in page.questions],
        "sent": sent,
        "form": sent.form if sent is not None else None,
        "refusal": None if sent is None else sent.refusal,
        "kept": _kept(page, sent),
        "once": once_of(request) if sent is not None else uuid4().hex,
    }
    status = 200 if sent is None else sent.status
    return render(request, "bidding/clarifications.html", context, status=status)


# --- inside --------------------------------------------------------------------------------------


def _read(request: HttpRequest, page: Page) -> _Sent:
    target = request.POST.get("clarification", "")
    signing = request.POST.get("step") == "sign"
    found = next((each for each in page.questions if str(each.row.pk) == target), None)
    return _Sent(
        target=target,
        form=AnswerForm(
            request.POST, blind=found is None or found.is_blind, auto_id=_ids(target)
        ),
        signature=SignatureForm(
            request.POST if signing else None, request.FILES if signing else None
        ),
        statement=request.POST.get("statement", "") if signing else "",
    )


def _ids(target: str) -> str:
    return f"answer-{target[:8]}-%s" if target[:8].isalnum() else "answer-%s"


def _form(question: Question, sent: _Sent | None) -> AnswerForm | None:
    """The form under a question that waits for its answer."""
    if not question.is_open:
        return None
    target = str(question.row.pk)
    if sent is not None and sent.target == target:
        return sent.form
    return AnswerForm(blind=question.is_blind, auto_id=_ids(target))


def _kept(page: Page, sent: _Sent | None) -> str:
    """An answer whose form stands nowhere any more, so that what was typed is not lost."""
    if sent is None:
        return ""
    stands = any(each.is_open and str(each.row.pk) == sent.target for each in page.questions)
    return "" if stands else str(sent.form["text"].value() or "")


def _answered(request: HttpRequest, lot: Lot, person: User, sent: _Sent) -> bool:
    """Take one step with what came; whether the answer was given."""
    try:
        row = clarification_answers.find(lot, _identifier(sent.target), person, clock.now())
        clarification_answers.require_open(row)
        if not sent.form.is_valid():
            sent.status, sent.statement = 400, ""
            return False
        text = sent.form.cleaned_data["text"]
        require_printable(text)
        clarification_answers.require_nameless(row, text, person)
        if request.POST.get("step") != "sign":
            sent.statement = _statement(row, text)
        elif not sent.signature.is_valid():
            sent.status = 400
        else:
            _give(request, lot, person, row, sent)
            return True
    except SunlitError as error:
        _refuse(lot, person, sent, error)
    return False


def _give(
    request: HttpRequest, lot: Lot, person: User, row: Clarification, sent: _Sent
) -> None:
    _require_same(row, sent)
    signed = Signed(sent.statement.encode(), sent.signature.cleaned_data["signature"].read())
    act = clarification_answers.prepare(person, lot, row.pk, signed)
    dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")


def _refuse(lot: Lot, person: User, sent: _Sent, error: SunlitError) -> None:
    """The refusal at its field, else for the summary; a stale statement is made anew."""
    sent.status = problems.status_of(error)
    field = sent.form.PLACES.get(error.code or "")
    if field is not None:
        sent.form.add_error(field, error.message)
        sent.statement = ""
        return
    sent.refusal = error
    if error.code in _STALE:
        row = clarification_answers.find(lot, _identifier(sent.target), person)
        sent.statement = _statement(row, sent.form.cleaned_data["text"])


def _statement(row: Clarification, text: str) -> str:
    return clarification_answers.statement(row, text, at=clock.now()).decode()


def _require_same(row: Clarification, sent: _Sent) -> None:
    """What is signed is what stands in the form, so that nobody signs something else unread."""
    wanted = {**clarification_answers.asked(row), "answer": sent.form.cleaned_data["text"]}
    if not clarification_answers.says(sent.statement, wanted):
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed(
            _("That is no question of this page. Load it anew."), code="no-such-step"
        ) from None
