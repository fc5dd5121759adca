"""Questions about the tender documents, and their answers."""

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
from trading.domain.questions import AskQuestion
from trading.interfaces import prepared_acts, question_page
from trading.interfaces.question_forms import AnswerForm, QuestionForm
from trading.interfaces.question_page import Page
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in

Given = QuestionForm | AnswerForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Who reads the documents reads these; POST ``do`` = ``ask`` or ``answer``."""
    lot = lot_of(request, code, number)
    page = question_page.build(lot, viewer=person_of(request), at=clock.now())
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    target = request.POST.get("question", "") if wanted == "answer" else ""
    given = _given(request, page, wanted)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            if _perform(request, lot, given, target):
                return HttpResponseRedirect(request.path)
            status = 400
        except SunlitError as error:
            refusal, status = _placed(given, error), problems.status_of(error)
            page = question_page.build(lot, viewer=person_of(request), at=clock.now())
    context = {
        "page": page,
        "lot": lot,
        "form": given,
        "ask": given if isinstance(given, QuestionForm) else _question(page),
        "lines": [(line, _answer(page, line, given, target)) for line in page.lines],
        "kept": _kept(page, given, target),
        "refusal": refusal,
        "once": once_of(request) if status == 400 and refusal is None else uuid4().hex,
    }
    return render(request, "trading/questions.html", context, status=status)


def _question(page: Page, data: Any = None) -> QuestionForm:
    return QuestionForm(
        data, documents=page.documents, tenderers=page.tenderers, auto_id="ask_%s"
    )


def _given(request: HttpRequest, page: Page, wanted: str) -> Given | None:
    if wanted == "ask":
        return _question(page, request.POST)
    if wanted == "answer":
        return AnswerForm(request.POST, auto_id=f"answer_{_short(request)}_%s")
    return None


def _short(request: HttpRequest) -> str:
    return request.POST.get("question", "")[:8]


def _answer(
    page: Page, line: question_page.Line, given: Given | None, target: str
) -> AnswerForm | None:
    """The form under an open question, for who answers."""
    if line.answered_at is not None or not page.answer.possible:
        return None
    if isinstance(given, AnswerForm) and target == line.pk:
        return given
    return AnswerForm(auto_id=f"answer_{line.pk[:8]}_%s")


def _kept(page: Page, given: Given | None, target: str) -> str:
    """An answer whose form stands nowhere any more, so that what was typed is not lost."""
    if not isinstance(given, AnswerForm):
        return ""
    stands = page.answer.possible and any(
        line.pk == target and line.answered_at is None for line in page.lines
    )
    return "" if stands else given["text"].value() or ""


def _perform(request: HttpRequest, lot: Lot, given: Given | None, target: str) -> bool:
    """Do what was asked for; false where the form says what is wrong."""
    actor = Actor.person(signed_in(request))
    key = f"page:{once_of(request)}"
    if isinstance(given, QuestionForm):
        if not given.is_valid():
            return False
        data = given.cleaned_data
        act = AskQuestion(
            lot=lot.pk,
            document=UUID(data["document"]),
            organisation=UUID(data["organisation"]),
            text=data["text"],
        )
        dispatch(act, actor=actor, key=key)
        messages.success(
            request,
            _("Your question was asked without your name. The answer goes to everybody who fetched"
              " the documents."),
        )
        return True
    if given is None:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    prepared_acts.require_role(actor, lot.pk)
    if not given.is_valid():
        return False
    _publish(actor, lot, given, _identifier(target), key)
    messages.success(
        request, _("The answer is published to everybody who fetched the documents.")
    )
    return True


def _publish(actor: Actor, lot: Lot, given: AnswerForm, question: UUID, key: str) -> None:
    text, affects = given.cleaned_data["text"], given.cleaned_data["affects"] == "yes"
    prepared_acts.once(
        actor,
        key=key,
        asked=["answer", str(question), text, affects],
        make=lambda: prepared_acts.answer_question(
            actor, lot.pk, question=question, text=text, affects=affects
        ),
    )


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed(
            _("There is no such question on this lot."), code="unknown-question"
        ) from None


def _placed(given: Given | None, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = given.PLACES.get(error.code or "") if given is not None else None
    if given is None or field is None:
        return error
    given.add_error(field, error.message)
    return None
