"""The performance of a contract: entries, answers, acceptance, securities."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock, statements
from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.errors import Denied, Malformed, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain import contracts, performance
from trading.domain.securities import RecordSecurity, ReturnSecurity
from trading.domain.signed import Signed
from trading.interfaces import performance_page
from trading.interfaces.forms import SignatureForm, SunlitForm
from trading.interfaces.performance_forms import AnswerForm, EntryForm, ReturnForm, SecurityForm
from trading.interfaces.performance_page import Page
from trading.models import Lot, PerformanceEntry
from trading.views.asked import lot_of, once_of, person_of, signed_in

#: What is written first, then signed.
SIGNED = frozenset({"enter", "answer"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_lot(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The performance; POST ``do`` = enter, answer, record or return."""
    lot = lot_of(request, code, number)
    page = performance_page.build(lot, viewer=person_of(request), at=clock.now())
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    target = request.POST.get("target", "")
    forms = _forms(request, page, wanted)
    signing = wanted in SIGNED and request.POST.get("step") == "sign"
    signature = SignatureForm(
        request.POST if signing else None, request.FILES if signing else None
    )
    statement = request.POST.get("statement", "") if signing else ""
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            person = signed_in(request)
            if wanted not in forms:
                raise Malformed(
                    _("That is no step of this page. Load it anew."), code="no-such-step"
                )
            form = forms[wanted]
            if not form.is_valid():
                status, statement = 400, ""
            elif wanted in SIGNED and not signing:
                statement = _statement(lot, person, form, target)
            elif wanted in SIGNED and not signature.is_valid():
                status = 400
            else:
                act = _act(lot, person, form, target, statement, signature)
                dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")
                messages.success(request, _said(wanted))
                return HttpResponseRedirect(request.path)
        except SunlitError as error:
            refusal, status = _placed(forms.get(wanted), error), problems.status_of(error)
            statement = ""
            page = performance_page.build(lot, viewer=person_of(request), at=clock.now())
    given = forms.get(wanted)
    context: dict[str, Any] = {
        "page": page,
        "lot": lot,
        "forms": forms,
        "form": given if given is not None and given.is_bound else None,
        "signature": signature,
        "statement": statement,
        "wanted": wanted,
        "target": target,
        "blank": {"answer": AnswerForm(auto_id="answer_%s"), "return": ReturnForm()},
        "refusal": refusal,
        "once": once_of(request) if status in (200, 400) and refusal is None else uuid4().hex,
    }
    return render(request, "trading/performance.html", context, status=status)


def _forms(request: HttpRequest, page: Page, wanted: str) -> dict[str, SunlitForm]:
    def sent(name: str) -> Any:
        return request.POST if wanted == name else None

    files = request.FILES if wanted == "enter" else None
    return {
        "enter": EntryForm(sent("enter"), files, auto_id="enter_%s"),
        "answer": AnswerForm(sent("answer"), auto_id="sent_%s"),
        "record": SecurityForm(sent("record"), givers=list(page.givers), auto_id="record_%s"),
        "return": ReturnForm(sent("return"), auto_id="sent_%s"),
    }


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed(_("There is no such entry."), code="unknown-entry") from None


def _fields(lot: Lot, person: User, form: SunlitForm, target: str) -> tuple[str, dict[str, Any]]:
    """Purpose of the statement, and what it says besides origin and time."""
    contract = contracts.contract_of(lot)
    side = performance.party_of(contract, person)
    if side is None:
        raise Denied(_("You are no party to this contract."), code="wrong-organisation")
    if isinstance(form, EntryForm):
        said = form.said()
        head = {"lot": lot.urn, "contract": contract.urn, "side": side.urn}
        return performance.PURPOSE, {**head, **said}
    if not isinstance(form, AnswerForm):
        raise TypeError(form)
    row = PerformanceEntry.objects.filter(contract=contract, pk=_identifier(target)).first()
    if row is None:
        raise Malformed(_("There is no such entry."), code="unknown-entry")
    head = {"lot": lot.urn, "entry": row.urn, "digest": row.digests["statement"]}
    return performance.ANSWER_PURPOSE, {**head, **form.said()}


def _statement(lot: Lot, person: User, form: SunlitForm, target: str) -> str:
    purpose, fields = _fields(lot, person, form, target)
    return statements.build(
        purpose, origin=settings.ORIGIN, at=clock.now(), **fields
    ).decode()


def _act(
    lot: Lot,
    person: User,
    form: SunlitForm,
    target: str,
    statement: str,
    signature: SignatureForm,
) -> Act:
    if isinstance(form, SecurityForm):
        data = form.cleaned_data
        return RecordSecurity(lot=lot.pk, **{**data, "organisation": UUID(data["organisation"])})
    if isinstance(form, ReturnForm):
        return ReturnSecurity(
            lot=lot.pk, security=_identifier(target),
            returned_on=form.cleaned_data["returned_on"],
        )
    purpose, fields = _fields(lot, person, form, target)
    try:
        said = statements.parse(
            statement.encode(), purpose=purpose, origin=settings.ORIGIN, fields=frozenset(fields)
        )
    except Malformed:
        said = {}
    if {name: said.get(name) for name in fields} != fields:
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )
    signed = Signed(statement.encode(), signature.cleaned_data["signature"].read())
    if isinstance(form, EntryForm):
        return performance.prepare_entry(person, lot.pk, signed, file=form.data_of_file())
    return performance.prepare_answer(person, lot.pk, _identifier(target), signed)


def _said(wanted: str) -> str:
    return {
        "enter": _("Your entry is signed; the other side is told."),
        "answer": _("Your answer is signed; the other side is told."),
        "record": _("The security is recorded."),
        "return": _("The return is recorded; who gave the security is told."),
    }[wanted]


def _placed(form: SunlitForm | None, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = getattr(form, "PLACES", {}).get(error.code or "")
    if form is None or field is None or not form.is_bound or not form.is_valid():
        return error
    form.add_error(field, error.message)
    return None
