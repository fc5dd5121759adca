"""The editions of a lot's tender document: what each changed; and the next one, published."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock, jcs
from signatures.domain.act import Actor
from signatures.domain.errors import SunlitError
from trading.api import problems
from trading.domain import amendments
from trading.domain.amendments import AmendDocuments
from trading.interfaces import edition_page, prepared_acts
from trading.interfaces.edition_forms import AmendForm
from trading.models import Lot
from trading.views.asked import lot_of, once_of, person_of, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def editions(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Everybody reads it; POST of tenderee or agency: ``do`` = ``look`` (a dry run) or ``publish``.
    """
    lot = lot_of(request, code, number)
    page = edition_page.build(lot, viewer=person_of(request), at=clock.now())
    form = AmendForm(
        request.POST if request.method == "POST" else None, kept=page.kept, auto_id="amend_%s"
    )
    refusal: SunlitError | None = None
    looked: AmendDocuments | None = None
    differences: list[edition_page.Difference] = []
    dates: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        status = 400
        try:
            act = _act(request, lot, form)
            if act is not None and request.POST.get("do") == "publish":
                _publish(request, lot, act)
                return HttpResponseRedirect(request.path, status=303)
            if act is not None:
                dates = _looked(request, lot, act)
                looked, differences = act, [edition_page.difference(each) for each in act.changes]
                status = 200
        except SunlitError as error:
            refusal, status = _placed(form, error), problems.status_of(error)
            page = edition_page.build(lot, viewer=person_of(request), at=clock.now())
    context = {
        "page": page,
        "lot": lot,
        "form": form,
        "looked": looked,
        "differences": differences,
        "dates": dates,
        "refusal": refusal,
        "once": once_of(request) if request.method == "POST" else uuid4().hex,
        "before": request.POST.get("before", page.before),
        "bill": "" if page.brings is None else page.brings.bill_digest,
        "attachments": "" if page.brings is None else page.brings.files_digest,
    }
    return render(request, "trading/editions.html", context, status=status)


def _act(request: HttpRequest, lot: Lot, form: AmendForm) -> AmendDocuments | None:
    """What is asked for, without its file; None where the form says what is wrong."""
    prepared_acts.require_role(Actor.person(signed_in(request)), lot.pk)
    if not form.is_valid():
        return None
    return AmendDocuments(
        lot=lot.pk,
        before=request.POST.get("before", "")[:64],
        changes=form.changes(),
        affects=form.cleaned_data["affects"] == "yes",
        deadline=form.cleaned_data.get("deadline"),
        title="",
        digest="",
        size=0,
        bill=request.POST.get("bill", "")[:64],
        attachments=request.POST.get("attachments", "")[:64],
    )


def _looked(request: HttpRequest, lot: Lot, act: AmendDocuments) -> dict[str, object]:
    """The dry run: everything refused that publishing would refuse, and the dates after it."""
    act.check_changes()
    now = clock.now()
    act.rehearse(Actor.person(signed_in(request)), now=now)
    act.parts(lot)
    after = act.dates_after(lot, now)
    if act.affects:
        amendments.require_time(lot, now=now, dates=after)
    return {
        "deadline": amendments.moment(after, amendments.DEADLINE),
        "moved": after.get(amendments.DEADLINE) != lot.dates.get(amendments.DEADLINE),
        "affect_until": amendments.moment(after, "clarifications-until"),
    }


def _publish(request: HttpRequest, lot: Lot, act: AmendDocuments) -> None:
    actor = Actor.person(signed_in(request))
    asked = [
        "amend", act.before, [each.plain() for each in act.changes], act.affects,
        None if act.deadline is None else jcs.timestamp(act.deadline), act.bill, act.attachments,
    ]
    prepared_acts.once(
        actor,
        key=f"page:{once_of(request)}",
        asked=asked,
        make=lambda: prepared_acts.amend_documents(
            actor, lot.pk, before=act.before, changes=act.changes, affects=act.affects,
            deadline=act.deadline, bill=act.bill, attachments=act.attachments,
        ),
    )
    messages.success(
        request, _("The edition is published; everybody who fetched the documents is told.")
    )


def _placed(form: AmendForm, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = form.PLACES.get(error.code or "")
    if field is None or field not in form.fields or not hasattr(form, "cleaned_data"):
        return error
    said = f"{error.message} ({error.rule})" if error.rule else error.message
    form.add_error(field, said)
    return None
