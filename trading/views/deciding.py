"""The decision among the candidates: stated, opened, voted, drawn, signed; read by everybody."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

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
from trading.domain import award_panel, ballots, deciding
from trading.domain.award_draw import OpenAwardDraw
from trading.domain.award_panel import NamePanel
from trading.domain.ballots import OpenBallot
from trading.domain.deciding import OpenDecision, StateAwardMethod
from trading.domain.notices import evaluation_digest
from trading.domain.signed import Signed
from trading.interfaces import deciding_page, prepared_acts
from trading.interfaces.deciding_forms import (
    BallotForm,
    CodeForm,
    DecisionForm,
    MethodForm,
    PanelForm,
)
from trading.interfaces.forms import SignatureForm, SunlitForm
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in

FORMS: dict[str, type[SunlitForm]] = {
    "method": MethodForm,
    "panel": PanelForm,
    "ballot": BallotForm,
    "reveal": CodeForm,
    "decide": DecisionForm,
}
#: What is written first, then signed.
SIGNED = frozenset({"ballot", "decide"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The decision; POST ``do`` = method, panel, open, ballot, reveal, count, draw or decide."""
    lot = lot_of(request, code, number)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    forms = {name: _form(request, name, wanted, lot) for name in FORMS}
    signing = wanted in SIGNED and request.POST.get("step") == "sign"
    signature = SignatureForm(
        request.POST if signing else None, request.FILES if signing else None
    )
    statement = request.POST.get("statement", "") if signing else ""
    deciding_page.build(lot, viewer=person_of(request), at=clock.now())
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            person = signed_in(request)
            form = forms.get(wanted)
            if form is not None and not form.is_valid():
                status, statement = 400, ""
            elif wanted in SIGNED and not signing:
                statement = _statement(lot, wanted, forms[wanted], person)
            elif wanted in SIGNED and not signature.is_valid():
                status = 400
            else:
                _perform(request, lot, wanted, form, person, statement, signature)
                return HttpResponseRedirect(request.path)
        except SunlitError as error:
            refusal, status = _placed(forms.get(wanted), error), problems.status_of(error)
            statement = ""
            lot = lot_of(request, code, number)
    given = forms.get(wanted)
    context: dict[str, Any] = {
        "page": deciding_page.build(lot, viewer=person_of(request), at=clock.now()),
        "lot": lot,
        "forms": forms,
        "form": given if given is not None and given.is_bound else None,
        "signature": signature,
        "statement": statement,
        "wanted": wanted,
        "refusal": refusal,
        "once": once_of(request) if status in (200, 400) and refusal is None else uuid4().hex,
    }
    return render(request, "trading/decision.html", context, status=status)


def _form(request: HttpRequest, name: str, wanted: str, lot: Lot) -> SunlitForm:
    initial = None
    if name == "method":
        stated = deciding.method(lot)
        weights = ", ".join(map(str, stated.get("weights", ())))
        initial = {"by": stated.get("by", ""), "weights": weights}
    form = FORMS[name](
        request.POST if wanted == name else None, auto_id=f"{name}_%s", initial=initial
    )
    if name == "method":
        form.fields["by"].widget.attrs.pop("class", None)
    return form


def _fields(lot: Lot, wanted: str, form: SunlitForm) -> dict[str, Any]:
    """What the statement says besides purpose, origin and time."""
    if wanted == "ballot":
        row = ballots.live_round(lot)
        commitment = form.cleaned_data["commitment"]
        return {"lot": lot.urn, "round": row.urn, "commitment": commitment}
    decision = deciding.require_chosen(lot)
    return {
        "lot": lot.urn,
        "decision": decision.urn,
        "winner": deciding.chosen_of(decision).urn,
        "reasons": form.cleaned_data["reasons"].replace("\r\n", "\n").strip(),
    }


def _purpose(wanted: str) -> str:
    return ballots.PURPOSE if wanted == "ballot" else deciding.PURPOSE


def _statement(lot: Lot, wanted: str, form: SunlitForm, person: User) -> str:
    if wanted == "ballot":
        if all(one.user_id != person.pk for one in award_panel.seats(lot)):
            raise Denied(_("You do not sit on this award panel."), code="no-seat")
    else:
        prepared_acts.require_role(Actor.person(person), lot.pk)
    return statements.build(
        _purpose(wanted), origin=settings.ORIGIN, at=clock.now(), **_fields(lot, wanted, form)
    ).decode()


def _require_same(lot: Lot, wanted: str, form: SunlitForm, statement: str) -> None:
    """What is signed is what stands in the form, so that nobody signs something else unread."""
    wanted_fields = _fields(lot, wanted, form)
    try:
        said = statements.parse(
            statement.encode(), purpose=_purpose(wanted), origin=settings.ORIGIN,
            fields=frozenset(wanted_fields),
        )
    except Malformed:
        said = {}
    if {name: said.get(name) for name in wanted_fields} != wanted_fields:
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )


def _perform(
    request: HttpRequest,
    lot: Lot,
    wanted: str,
    form: SunlitForm | None,
    person: User,
    statement: str,
    signature: SignatureForm,
) -> None:
    actor, key = Actor.person(person), f"page:{once_of(request)}"
    if wanted in SIGNED and form is not None:
        _require_same(lot, wanted, form, statement)
        signed = Signed(statement.encode(), signature.cleaned_data["signature"].read())
        if wanted == "ballot":
            dispatch(prepared_acts.cast_ballot(person, lot.pk, signed), actor=actor, key=key)
        else:
            prepared_acts.once(
                actor,
                key=key,
                asked=["award-decision", str(lot.pk), statement],
                make=lambda: prepared_acts.decide_award(person, lot.pk, signed),
            )
    else:
        dispatch(_act(lot, wanted, form), actor=actor, key=key)
    messages.success(request, _said(wanted))


def _act(lot: Lot, wanted: str, form: SunlitForm | None) -> Act:
    if isinstance(form, MethodForm):
        return StateAwardMethod(
            lot=lot.pk, method=form.method(), before=evaluation_digest(lot)
        )
    if isinstance(form, PanelForm):
        return NamePanel(lot=lot.pk, members=form.cleaned_data["members"])
    if isinstance(form, CodeForm):
        candidate, salt = form.opening()
        return OpenBallot(lot=lot.pk, candidate=candidate, salt=salt)
    if wanted == "open":
        return OpenDecision(lot=lot.pk)
    if wanted == "count":
        return ballots.prepare_count(lot)
    if wanted == "draw":
        return OpenAwardDraw(lot=lot.pk)
    raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")


def _said(wanted: str) -> str:
    return {
        "method": _("The method is stated; it is published with the tender documents."),
        "panel": _("The award panel is named, and each member is told."),
        "open": _("The decision is open."),
        "ballot": _("Your ballot is in. You open it when everybody has voted."),
        "reveal": _("Your ballot is open. It is counted with all others."),
        "count": _("The ballots are counted."),
        "draw": _("The draw is open; its parties contribute now."),
        "decide": _("The decision is signed and published; every tenderer was told."),
    }[wanted]


def _placed(form: SunlitForm | None, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = getattr(form, "PLACES", {}).get(error.code or "")
    if form is None or field is None or not form.is_bound or not form.is_valid():
        return error
    form.add_error(field, error.message)
    return None
