"""The plan of a lot: what the catalogue asks, the ground, and its approval by supervision."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from signatures import store
from signatures.domain import clock
from signatures.domain.act import Act
from signatures.domain.errors import Malformed, NotFound, SunlitError
from trading.domain import catalogue, lifecycle, plans, preparing
from trading.domain.plan_acts import DECIDE, SUBMIT, DecidePlan, DraftPlan, SubmitPlan
from trading.enums import LotRole
from trading.interfaces import files as served_files
from trading.interfaces import plan_page, preparing_page
from trading.interfaces.plan_forms import DecisionForm, PlanForm
from trading.models import Plan
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place

#: Who reads a lot's plan on its page.
WHO = frozenset({*frame.PREPARERS, LotRole.SUPERVISOR.value, LotRole.INSPECTOR.value})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def planning(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The plan; POST ``do`` = ``keep``, ``submit`` or ``decide``."""
    place = Place.of(request, code, number, roles=WHO)
    plan = plans.of(place.lot)
    refusal = frame.Refusal()
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    form = PlanForm(
        *((request.POST, request.FILES) if wanted == "keep" else ()),
        known=catalogue.load(),
        procedure=place.rules.name,
        initial=plan_page.initial(plan),
    )
    decision = DecisionForm(request.POST if wanted == "decide" else None)
    before = frame.Before.of(request, plans.draft_digest(plan), plan_page.initial(plan))
    if request.method == "POST":
        refusal.status = 400
        try:
            said = _perform(place, plan, wanted, form, decision, before)
        except SunlitError as error:
            if wanted == "keep":
                before.meant(form, error)
            places = PlanForm.PLACES if wanted == "keep" else DecisionForm.PLACES
            refusal.take(error, form if wanted == "keep" else decision, places)
        else:
            if said:
                return place.done(said, "prepare-plan")
    return place.show(
        "planning", _context(place, form, decision, before, refusal), status=refusal.status
    )


def _perform(
    place: Place,
    plan: Plan,
    wanted: str,
    form: PlanForm,
    decision: DecisionForm,
    before: frame.Before,
) -> str:
    """Do what was asked for and say so; an empty text where the form says what is wrong."""
    shown = place.request.POST.get("plan", "")[:64]
    if wanted == "keep":
        DraftPlan(lot=place.lot.pk, object="", funds="").permit(frame.actor(place.request))
        if not form.is_valid():
            return ""
        _keep(place, plan, form, before.digest)
        return _("The plan is kept.")
    if wanted == "submit":
        frame.carry_out(place.request, SubmitPlan(lot=place.lot.pk, plan=shown))
        return _("The plan is submitted; supervision was told.")
    if wanted == "decide":
        DecidePlan(lot=place.lot.pk, plan="", approve=False).permit(frame.actor(place.request))
        if not decision.is_valid():
            return ""
        said = decision.cleaned_data

        def prepare() -> Act:
            plan_page.decision_by(place.lot, frame.actor(place.request))
            return plan_page.decision(
                place.lot, plan=shown, approve=decision.approves, reason=said["reason"]
            )

        asked = ["decide-plan", str(place.lot.pk), shown, said["decision"], said["reason"]]
        frame.carry_out_prepared(place.request, asked, prepare)
        return _("The plan is approved.") if decision.approves else _("The plan is sent back.")
    raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")


def _keep(place: Place, plan: Plan, form: PlanForm, before: str) -> None:
    said = form.cleaned_data

    def prepare() -> Act:
        approval: dict[str, Any] = form.reference()
        if form.checked is not None:
            kept = store.put(said["file"].file)
            approval["file"] = {
                "title": form.checked.name, "digest": kept.sha256, "size": kept.size,
                "media_type": form.checked.mime,
            }
        elif plan.approval.get("file") and not place.request.POST.get("without-file"):
            approval["file"] = plan.approval["file"]
        return DraftPlan(
            lot=place.lot.pk, object=said["object"], funds=said["funds"],
            ground=said.get("ground", ""), approval=approval, before=before,
        )

    checked = form.checked
    asked = [
        "draft-plan", str(place.lot.pk), said["object"], said["funds"], said.get("ground", ""),
        form.reference(), [checked.name, checked.size] if checked is not None else [], before,
        bool(place.request.POST.get("without-file")),
    ]
    frame.carry_out_prepared(place.request, asked, prepare)


def _context(
    place: Place,
    form: PlanForm,
    decision: DecisionForm,
    before: frame.Before,
    refusal: frame.Refusal,
) -> dict[str, Any]:
    lot, now = place.lot, clock.now()
    plan = plans.of(lot)
    judgement, standing = plans.judge(lot, plan), plans.standing(lot, plan)
    known = catalogue.load()
    prepares = not frame.PREPARERS.isdisjoint(place.roles)
    early = lot.stage == preparing_page.BEFORE_NOTICE and lot.state == "active"
    return {
        "form": form,
        "before": before.digest,
        "decision": decision,
        "refusal": refusal.error,
        "plan": plan,
        "words": plan_page.words(plan),
        "digest": plans.digest(lot, plan),
        "lines": plan_page.lines(judgement) if early else (),
        "amount": plans.amount(lot, plan),
        "known": known,
        "asked": plan_page.asked(judgement),
        "judgement": judgement,
        "standing": standing.value,
        "badge": plan_page.badge(standing),
        "on_platform": judgement.on_platform or bool(plan.submitted),
        "editable": prepares and early,
        "prepares": prepares,
        "may_submit": prepares and _possible(place, SUBMIT) and judgement.on_platform
        and not judgement.blocking and standing in ("draft", "returned", "changed"),
        "may_decide": _possible(place, DECIDE),
        "drafts": preparing_page.run_dates(place.rules, preparing.of(lot)),
        "decided": plan_page.decisions(lot, viewer=place.person, at=now),
        "excepted": plan_page.record(lot, viewer=place.person, at=now),
    }


def _possible(place: Place, step: str) -> bool:
    if step not in place.rules.commands:
        return False
    try:
        lifecycle.check(place.lot, step, actor_roles=place.roles, now=clock.now())
    except SunlitError:
        return False
    return True


@require_safe
@signed_in
def file(request: HttpRequest, code: str, number: int) -> HttpResponseBase:
    """The file that shows the plan's ground, for whoever reads the plan."""
    place = Place.of(request, code, number, roles=WHO)
    kept = plans.of(place.lot).approval.get("file")
    if not kept:
        raise NotFound(_("The plan has no file."), code="no-such-file")
    return served_files.served(
        digest=kept["digest"], name=kept["title"], media_type=kept["media_type"], request=request
    )
