"""Inspections: the list, one inspection's page, its findings and the steps that are taken on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from signatures import store
from signatures.domain import clock, jcs, statements
from signatures.domain.act import Act, Actor, answered, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain import (
    checklists,
    dossier,
    inspections,
    inspections_base,
    inspections_decisions,
    inspections_steps,
)
from trading.domain.inspections_pool import OVER
from trading.domain.signed import Signed, accept
from trading.enums import InspectionState
from trading.interfaces import cursors, inspection_forms, inspection_page
from trading.interfaces.forms import SignatureForm, SunlitForm
from trading.interfaces.records import inspection as records
from trading.models import Inspection, InspectionPlan

#: Where a refusal of the act belongs, by its code.
FIELDS = {
    "evidence-missing": "exhibits",
    "unknown-exhibit": "exhibits",
    "wrong-digest": "exhibits",
    "bad-exhibits": "exhibits",
    "bad-outcome": "outcome",
    "bad-decision": "decision",
    "nothing-found": "decision",
}


@dataclass(frozen=True)
class Step:
    """One step that needs no signature: its form, its act, and what is said before and after."""

    form: type[SunlitForm]
    act: Callable[[UUID, dict[str, Any]], Act]
    lead: Promise
    done: Promise
    prepare: Callable[[Inspection], bytes] | None = None
    usual: Promise | str = ""


def _notice(pk: UUID, data: dict[str, Any]) -> Act:
    return inspections.NotifyInspection(inspection=pk, **data)


def _publication(pk: UUID, data: dict[str, Any]) -> Act:
    return inspections_decisions.PublishInspection(inspection=pk, **data)


STEPS: dict[str, Step] = {
    inspections_steps.NOTICE: Step(
        form=inspection_forms.TitleForm,
        act=_notice,
        lead=gettext_lazy(
            "The platform prints the notice, seals it and gives it to the inspected; "
            "it says what is checked and by which draw the lot was chosen."
        ),
        done=gettext_lazy("The notice was given."),
        prepare=lambda row: records.prepare_notice(row, at=clock.now()),
        usual="检查通知书",
    ),
    inspections_steps.DELIVERY: Step(
        form=inspection_forms.EmptyForm,
        act=lambda pk, data: inspections.DeliverFindings(inspection=pk),
        lead=gettext_lazy(
            "The inspected read all findings and have their days to answer. "
            "No finding can be added or changed after this."
        ),
        done=gettext_lazy("The findings were delivered."),
    ),
    inspections_steps.RECUSAL: Step(
        form=inspection_forms.ReasonForm,
        act=lambda pk, data: inspections.RecuseInspector(inspection=pk, **data),
        lead=gettext_lazy("You have a conflict of interest; the next alternate takes your place."),
        done=gettext_lazy("You have stepped down."),
    ),
    inspections_steps.DECISION: Step(
        form=inspection_forms.DecisionForm,
        act=lambda pk, data: inspections_decisions.DecideInspection(inspection=pk, **data),
        lead=gettext_lazy("The inspected are told the decision and its reasons at once."),
        done=gettext_lazy("The decision was made."),
    ),
    inspections_steps.VERIFICATION: Step(
        form=inspection_forms.VerificationForm,
        act=lambda pk, data: inspections_decisions.VerifyCorrection(
            inspection=pk, holds=data["holds"] == "yes", text=data["text"]
        ),
        lead=gettext_lazy("You have looked at what the inspected report to have corrected."),
        done=gettext_lazy("The verification was recorded."),
    ),
    inspections_steps.PUBLICATION: Step(
        form=inspection_forms.TitleForm,
        act=_publication,
        lead=gettext_lazy(
            "The platform prints findings and decision, seals them and publishes them; "
            "the inspection is closed. Inspectors are not named."
        ),
        done=gettext_lazy("The result is published."),
        prepare=lambda row: records.prepare_result(row, at=clock.now()),
        usual="检查结果公示",
    ),
    inspections_steps.STOP: Step(
        form=inspection_forms.ReasonForm,
        act=lambda pk, data: inspections_decisions.StopInspection(inspection=pk, **data),
        lead=gettext_lazy("The inspection ends without a result; everybody may read the reason."),
        done=gettext_lazy("The inspection was stopped."),
    ),
}


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The plans with what was drawn from them, newest first; ``?open=1`` those not over."""
    only_open = request.GET.get("open") == "1"
    drawn = Inspection.objects.select_related("lot__project").order_by("drawn_at", "pk")
    rows = InspectionPlan.objects.select_related("organisation").prefetch_related(
        Prefetch("inspections", queryset=drawn)
    )
    if only_open:
        rows = rows.exclude(state__in=OVER)
    page = cursors.page(rows, by="planned_at", after=request.GET.get("after", ""))
    kept = {"open": "1"} if only_open else {}
    context = {
        "lines": inspection_page.plan_lines(page.items),
        "only_open": only_open,
        "first": not request.GET.get("after"),
        "first_address": f"?{urlencode(kept)}" if kept else "?",
        "next_address": f"?{urlencode({**kept, 'after': page.next})}" if page.next else "",
    }
    return render(request, "trading/inspections.html", context)


@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One inspection: its plan, its times, the checklist with findings as far as one may see."""
    row = inspections_base.find_inspection(pk)
    context = {"page": inspection_page.build(row, viewer=_person(request))}
    return render(request, "trading/inspection.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """One step that its actor may take now; what was typed stays when it is refused."""
    if name not in STEPS:
        raise NotFound(_("An inspection has no such step."), code="no-such-step")
    row = inspections_base.find_inspection(pk)
    wanted = STEPS[name]
    # A refused GET says so before anything is typed; a POST is decided by the act alone.
    if request.method != "POST":
        _require(row, request, name)
    sent = request.POST if request.method == "POST" else None
    form = wanted.form(sent, initial={"title": wanted.usual})
    refusal, status = None, 200
    if sent is not None:
        status = 400
        if form.is_valid():
            try:
                _perform(row, wanted, request, name, form.cleaned_data)
                messages.success(request, str(wanted.done))
                return HttpResponseRedirect(reverse("inspection", args=[pk]))
            except SunlitError as error:
                refusal, status = _placed(form, error), problems.status_of(error)
    context = {
        "row": row,
        "subject": inspection_page.subject_of(row),
        "title": inspection_page.STEPS[name],
        "lead": wanted.lead,
        "form": form,
        "refusal": refusal,
        "once": _once(request),
    }
    return render(request, "trading/inspection_step.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """A finding on one item: written, then signed; the statement is what is signed."""
    row = inspections_base.find_inspection(pk)
    checked = checklists.item(name)
    if name.partition(".")[0] not in row.plan.objects_inspected:
        raise NotFound(
            _("The plan does not inspect “%(item)s”.") % {"item": name}, code="not-inspected"
        )
    _require(row, request, inspections_steps.FINDINGS)
    person = _signed_in(request)
    exhibits = dossier.exhibits(row.lot, viewer=person, at=clock.now())
    sent = request.POST if request.method == "POST" else None
    form = inspection_forms.FindingForm(sent, dossier=exhibits, evidence=checked.evidence)
    signing = sent is not None and sent.get("step") == "sign"
    signature = SignatureForm(
        sent if signing else None, request.FILES if signing else None
    )
    refusal, status, statement = None, 200, ""
    if sent is not None:
        valid = form.is_valid()
        statement = sent.get("statement", "") if signing else ""
        if not valid:
            status, statement = 400, ""
        elif signing:
            status = 400
            if signature.is_valid():
                try:
                    data = signature.cleaned_data["signature"].read()
                    _check_same(statement, form, row, name)
                    _record(row, person, Signed(statement.encode(), data), request)
                    messages.success(request, _("The finding was recorded."))
                    return HttpResponseRedirect(_next(row, name))
                except SunlitError as error:
                    refusal, status = _placed(form, error), problems.status_of(error)
                    if error.code in {"stale-statement", "other-statement"}:
                        statement = _statement(form, row, name)
        else:
            statement = _statement(form, row, name)
    context = {
        "row": row,
        "subject": inspection_page.subject_of(row),
        "item": checked,
        "form": form,
        "signature": signature,
        "statement": statement,
        "refusal": refusal,
        "once": _once(request),
        "before": inspections_base.latest(row).get(name),
    }
    return render(request, "trading/inspection_item.html", context, status=status)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _signed_in(request: HttpRequest) -> User:
    person = _person(request)
    if person is None:
        raise Denied(_("Sign in first."), code="sign-in-first")
    return person


def _require(row: Inspection, request: HttpRequest, name: str) -> None:
    """The step may be taken by this person now; the act says it again, and for good."""
    actor = Actor.person(_signed_in(request))
    if not (inspections_base.inspects(actor, row) or inspections_steps.supervises(row, actor)):
        raise Denied(
            _("Only the supervisor that planned the inspection and its inspectors do this."),
            code="wrong-role",
        )
    if name not in inspections_steps.possible(row, actor, at=clock.now()):
        raise Denied(
            _("This step is not yours, or not possible where the inspection stands: %(state)s.")
            % {"state": InspectionState(row.state).label},
            code="wrong-step",
        )


def _once(request: HttpRequest) -> str:
    """A form's own key: sent twice it acts once."""
    return request.POST.get("once", "")[:64] or uuid4().hex


def _perform(
    row: Inspection, wanted: Step, request: HttpRequest, name: str, data: dict[str, Any]
) -> None:
    actor = Actor.person(_signed_in(request))
    key = f"page:{_once(request)}"
    if wanted.prepare is None:
        dispatch(wanted.act(row.pk, data), actor=actor, key=key)
        return
    asked = hashlib.sha256(jcs.dumps([name, str(row.pk), data["title"]])).hexdigest()
    if answered(actor=actor, key=key, request=asked) is not None:
        return
    wanted.act(row.pk, {"title": "", "digest": "", "size": 0}).permit(actor)
    _require(row, request, name)
    stored = store.put(wanted.prepare(row))
    act = wanted.act(row.pk, {**data, "digest": stored.sha256, "size": stored.size})
    dispatch(act, actor=actor, key=key, request=asked)


def _placed(form: SunlitForm, error: SunlitError) -> SunlitError | None:
    """The refusal at its field; one that belongs to none is given back for the summary."""
    field = FIELDS.get(error.code or "")
    if field is None or field not in form.fields:
        return error
    form.add_error(field, error.message)
    return None


def _statement(form: inspection_forms.FindingForm, row: Inspection, name: str) -> str:
    fields = form.fields_of_statement(inspection=row.urn, item=name)
    return statements.build(
        inspections.FINDING, origin=settings.ORIGIN, at=clock.now(), **fields
    ).decode()


def _check_same(
    statement: str, form: inspection_forms.FindingForm, row: Inspection, name: str
) -> None:
    """What is signed is what stands in the form, so that nobody signs something else unread."""
    wanted = form.fields_of_statement(inspection=row.urn, item=name)
    try:
        said = statements.parse(
            statement.encode(),
            purpose=inspections.FINDING,
            origin=settings.ORIGIN,
            fields=inspections.FINDING_FIELDS,
        )
    except Malformed:
        said = {}
    if {field: said.get(field) for field in wanted} != wanted:
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )


def _record(row: Inspection, person: User, signed: Signed, request: HttpRequest) -> None:
    accepted = accept(
        person, signed, purpose=inspections.FINDING, fields=inspections.FINDING_FIELDS
    )
    act = inspections.RecordFinding(inspection=row.pk, signed=accepted)
    dispatch(act, actor=Actor.person(person), key=f"page:{_once(request)}")


def _next(row: Inspection, name: str) -> str:
    """Back to the checklist, where the item stands with its finding."""
    return f"{reverse('inspection', args=[row.pk])}#{name.replace('.', '-')}"
