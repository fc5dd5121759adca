"""Applying to bid on a floor, recording deposits, confirming who is qualified."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain import auction_entry
from bidding.domain.auction_entry import DecideApplication, RecordDeposit, ReturnDeposit
from bidding.domain.printable import require_printable
from bidding.interfaces import floor_entry_page
from bidding.interfaces.floor_entry_page import Line
from bidding.interfaces.floor_forms import DepositForm, RefuseForm
from signatures.domain import clock
from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.errors import Malformed, NotFound, SunlitError
from trading.api import problems
from trading.domain.signed import Signed
from trading.interfaces.forms import SignatureForm
from trading.models import Lot, Organisation
from trading.views.asked import lot_of, once_of, person_of, signed_in

#: Refusals after which the statement is put together anew.
_STALE = frozenset({"stale-statement", "other-floor"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def applications(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Whoever decides sees all, an applicant its own; POST ``do`` says which step."""
    lot = lot_of(request, code, number)
    if not auction_entry.has_floor(lot):
        raise NotFound(_("No price is asked on a floor for this lot."), code="no-floor")
    sent = request.POST if request.method == "POST" else None
    wanted = sent.get("do", "") if sent is not None else ""
    target = sent.get("application", "") if sent is not None else ""
    form = _form(wanted, target, sent)
    signing = wanted == "apply" and sent is not None and sent.get("step") == "sign"
    signature = SignatureForm(sent if signing else None, request.FILES if signing else None)
    statement, refusal, status = "", None, 200
    chosen: Organisation | None = None
    if sent is not None:
        person = signed_in(request)
        try:
            if wanted == "apply":
                chosen = _organisation(lot, person, sent.get("organisation", ""))
                statement = sent.get("statement", "")
                if not signing:
                    statement = auction_entry.statement(lot, chosen).decode()
                elif not signature.is_valid():
                    status = 400
                else:
                    signed = Signed(statement.encode(), signature.cleaned_data["signature"].read())
                    act: Act = auction_entry.prepare(person, lot.pk, signed)
                    return _done(request, act, person)
            else:
                made = _act(lot, wanted, target, form)
                if made is not None:
                    return _done(request, made, person)
                status = 400
        except SunlitError as error:
            refusal, status = _placed(form, error), problems.status_of(error)
            if error.code in _STALE and chosen is not None:
                statement = auction_entry.statement(lot, chosen).decode()
            lot = lot_of(request, code, number)
    page = floor_entry_page.build(lot, viewer=person_of(request), at=clock.now())
    context = {
        "page": page,
        "lot": lot,
        "project": lot.project,
        "lines": [_with_forms(line, wanted, target, form) for line in page.lines],
        "statement": statement,
        "chosen": chosen,
        "signature": signature,
        "form": form or signature,
        "refusal": refusal,
        "once": once_of(request),
        "floor_address": floor_entry_page.address(lot),
    }
    return render(request, "bidding/floor_entry.html", context, status=status)


# --- inside --------------------------------------------------------------------------------------


def _form(wanted: str, target: str, sent: Any) -> DepositForm | RefuseForm | None:
    if wanted == "deposit":
        return DepositForm(sent, auto_id=f"deposit_{target[:8]}_%s")
    if wanted == "refuse":
        return RefuseForm(sent, auto_id=f"refuse_{target[:8]}_%s")
    return None


def _with_forms(line: Line, wanted: str, target: str, form: Any) -> dict[str, Any]:
    """A line with the forms that its viewer may fill; the one that came back keeps its words."""
    pk = str(line.row.pk)
    here = pk == target
    deposit = form if here and wanted == "deposit" else None
    refuse = form if here and wanted == "refuse" else None
    return {
        "line": line,
        "deposit": (deposit or DepositForm(auto_id=f"deposit_{pk[:8]}_%s"))
        if line.deposits
        else None,
        "refuse": (refuse or RefuseForm(auto_id=f"refuse_{pk[:8]}_%s")) if line.decides else None,
        "is_refused": refuse is not None,
    }


def _organisation(lot: Lot, person: Any, identifier: str) -> Organisation:
    page = floor_entry_page.build(lot, viewer=person, at=clock.now())
    if page.apply.refusal is not None and not page.apply.possible:
        raise page.apply.refusal
    found = next((one for one in page.applying if str(one.pk) == identifier), None)
    if found is None:
        raise Malformed(_("Choose the organisation that applies."), code="no-organisation")
    return found


def _act(lot: Lot, wanted: str, target: str, form: Any) -> Act | None:
    """The act that was asked for; None where the form says what is wrong."""
    try:
        application = UUID(target)
    except ValueError:
        raise NotFound(
            _("There is no such application for this lot."), code="no-such-application"
        ) from None
    if wanted == "qualify":
        return DecideApplication(lot=lot.pk, application=application, qualified=True)
    if wanted == "return":
        return ReturnDeposit(lot=lot.pk, application=application)
    if form is None:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    if not form.is_valid():
        return None
    asked = form.cleaned_data
    if wanted == "refuse":
        require_printable(asked["reason"])
        return DecideApplication(
            lot=lot.pk, application=application, qualified=False, reason=asked["reason"]
        )
    require_printable(asked["reference"])
    return RecordDeposit(
        lot=lot.pk,
        application=application,
        amount=Decimal(asked["amount"]),
        paid_at=asked["paid_at"],
        reference=asked["reference"],
    )


def _done(request: HttpRequest, act: Act, person: Any) -> HttpResponse:
    dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")
    words = {
        auction_entry.APPLY: _("The application is in. Pay the deposit in time."),
        auction_entry.DEPOSIT: _("The deposit is recorded; the applicant was told."),
        auction_entry.DECIDE: _("It is decided; the applicant was told."),
        auction_entry.RETURN: _("The returned deposit is recorded; the applicant was told."),
    }
    messages.success(request, words[act.name])
    return HttpResponseRedirect(request.path)


def _placed(form: Any, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = None if form is None else form.PLACES.get(error.code or "")
    if field is None:
        return error
    form.add_error(field, error.message)
    return None

