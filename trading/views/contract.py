"""The contract of a lot: drafted, put up for signature, filed; then report and performance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Act, Actor
from signatures.domain.errors import Malformed, NotFound, SunlitError
from trading.api import problems
from trading.domain.contract_publicity import FileContract, PublishContract
from trading.domain.contracts import SignContract
from trading.interfaces import contract_page, prepared_acts
from trading.interfaces.award_forms import ContractForm, NoteForm
from trading.interfaces.forms import SunlitForm
from trading.models import Award, Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in


@dataclass(frozen=True)
class Step:
    """One thing that is done on the page: its act, and what is said when it is done."""

    make: Callable[[Actor, Lot, SunlitForm | None, UUID | None], Act]
    done: Promise


def _offer(actor: Actor, lot: Lot, form: SunlitForm | None, award: UUID | None) -> Act:
    if not isinstance(form, ContractForm):
        raise TypeError(form)
    return prepared_acts.offer_contract(actor, lot.pk, award=award, **form.values())


def _perform(actor: Actor, lot: Lot, form: SunlitForm | None, award: UUID | None) -> Act:
    if form is None:
        raise TypeError(form)
    return prepared_acts.report_performance(actor, lot.pk, note=form.cleaned_data["note"])


STEPS = {
    "offer": Step(_offer, gettext_lazy("The contract is out for both sides' signatures.")),
    "conclude": Step(
        lambda actor, lot, form, award: SignContract(lot=lot.pk, award=award),
        gettext_lazy("The signed contract is in the dossier."),
    ),
    "report": Step(
        lambda actor, lot, form, award: prepared_acts.written_report_of(actor, lot.pk),
        gettext_lazy("The written report is filed; the supervisor was told."),
    ),
    "publish": Step(
        lambda actor, lot, form, award: PublishContract(lot=lot.pk),
        gettext_lazy("The contract is published."),
    ),
    "file": Step(
        lambda actor, lot, form, award: FileContract(lot=lot.pk),
        gettext_lazy("The contract is filed; the supervisor was told."),
    ),
    "perform": Step(_perform, gettext_lazy("The performance is recorded.")),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contract(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The contract; POST ``do`` = one of :data:`STEPS` for who may. Signatures go by the API."""
    lot = lot_of(request, code, number)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    viewer, asked_for = person_of(request), _asked_for(request)
    award = contract_page.chosen(lot, viewer=viewer, wanted=asked_for)
    draft = None
    if award is not None:
        sent = request.POST if wanted == "offer" else None
        draft = ContractForm(sent, lot=lot, award=award, auto_id="contract_%s")
    note = NoteForm(request.POST if wanted == "perform" else None, auto_id="perform_%s")
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        form = {"offer": draft, "perform": note}.get(wanted)
        try:
            if _done(request, lot, wanted, form, award):
                return HttpResponseRedirect(request.get_full_path())
            status = 400
        except SunlitError as error:
            refusal, status = error, problems.status_of(error)
            lot = lot_of(request, code, number)
    page = contract_page.build(lot, viewer=viewer, at=clock.now(), wanted=asked_for)
    context: dict[str, Any] = {
        "page": page,
        "lot": lot,
        "draft": draft,
        "note": note,
        # The summary lists the mistakes of the one form that was sent.
        "form": next((one for one in (draft, note) if one is not None and one.is_bound), None),
        "refusal": refusal,
        "once": once_of(request) if status == 400 and refusal is None else uuid4().hex,
    }
    return render(request, "trading/contract.html", context, status=status)


def _asked_for(request: HttpRequest) -> UUID | None:
    """Which of several awards the address names; none where that is no identifier."""
    try:
        return UUID(request.GET["award"]) if "award" in request.GET else None
    except ValueError:
        raise NotFound(_("There is no such award."), code="unknown-award") from None


def _done(
    request: HttpRequest, lot: Lot, wanted: str, form: SunlitForm | None, award: Award | None
) -> bool:
    """Do what was asked for; false where the form says what is wrong."""
    actor = Actor.person(signed_in(request))
    step = STEPS.get(wanted)
    if step is None:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    if form is not None:
        prepared_acts.require_role(actor, lot.pk)
        if not form.is_valid():
            return False
    which = None if award is None else award.pk
    asked = [wanted, str(lot.pk), str(which), {} if form is None else _plain(form)]
    prepared_acts.once(
        actor,
        key=f"page:{once_of(request)}",
        asked=asked,
        make=lambda: step.make(actor, lot, form, which),
    )
    messages.success(request, str(step.done))
    return True


def _plain(form: SunlitForm) -> list[list[str]]:
    return [[name, str(value)] for name, value in sorted(form.cleaned_data.items())]
