"""A new project: registered with its lots, by its tenderee or the agency that it engaged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import Denied, NotFound, SunlitError
from signatures.models import User
from trading import access
from trading.domain import procedure
from trading.domain.projects import NewLot, RegisterProject
from trading.enums import OrganisationKind
from trading.interfaces import plan_page
from trading.interfaces.preparing_forms import LotFormSet, ProjectForm
from trading.models import Lot, Organisation
from trading.views.asked import person_of
from trading.views.doors import signed_in
from trading.views.preparing import frame, tables

FIELDS = {
    "bad-title": "title",
    "unknown-category": "procedure",
    "not-verified": "tenderee",
    "wrong-kind": "tenderee",
    "unknown-organisation": "tenderee",
    "unknown-predecessor": "tenderee",
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def plan(request: HttpRequest) -> HttpResponse:
    """The form of a new project; ``do`` adds a lot to it, takes one away, tells what the catalogue
    asks of it, or registers."""
    parties = _parties(request)
    sent = request.POST if request.method == "POST" else None
    again = _again(request)
    form = ProjectForm(sent, initial=_as_before(again), **parties)
    lots = LotFormSet(
        tables.lines(sent, "lot") if sent is not None else None,
        prefix="lot",
        initial=[{"title": again.title, "estimate": again.estimate}] if again else None,
        error_messages=tables.MESSAGES,
    )
    refusal = frame.Refusal()
    asked: tuple[list[plan_page.Line], bool] | None = None
    if sent is not None and sent.get("do", "register") == "register":
        refusal.status = 400
        if all([form.is_valid(), lots.is_valid()]):
            try:
                outcome = frame.carry_out(request, _act(form, lots, again))
            except SunlitError as error:
                refusal.take(error, form, FIELDS)
            else:
                code = outcome.result["code"]
                messages.success(
                    request, _("The project is registered under %(code)s.") % {"code": code}
                )
                return HttpResponseRedirect(reverse("prepare", args=[code, 1]), status=303)
    elif sent is not None:
        asked = _catalogue(form, lots)
        # A line more or less is no attempt: nothing is judged yet.
        form = ProjectForm(initial=sent.dict(), **parties)
        lots = LotFormSet(initial=tables.typed(lots), prefix="lot")
    context = {
        "form": form,
        "lots": lots,
        "refusal": refusal.error,
        "asked": asked,
        "once": frame.once(request),
        "again": again,
        "judged": refusal.status >= 400,
    }
    return render(request, "trading/preparing/plan.html", context, status=refusal.status)


def _parties(request: HttpRequest) -> dict[str, Any]:
    """Whom this person may register a project for: its own tenderees, or as an agency anybody."""
    person = request.user if isinstance(request.user, User) else None
    own = [each for each in access.organisations_of(person) if access.is_verified(each)]
    tenderees = [each for each in own if OrganisationKind.TENDEREE in each.kinds]
    agencies = [each for each in own if OrganisationKind.AGENCY in each.kinds]
    if not tenderees and not agencies:
        raise Denied(
            _("Projects are registered by people of a verified tenderee or tendering agency."),
            code="wrong-role",
        )
    if tenderees:
        return {
            "tenderees": tenderees,
            "agencies": _verified(OrganisationKind.AGENCY),
            "needs_agency": False,
        }
    return {
        "tenderees": _verified(OrganisationKind.TENDEREE),
        "agencies": agencies,
        "needs_agency": True,
    }


def _verified(kind: OrganisationKind) -> list[Organisation]:
    rows = Organisation.objects.filter(verified_at__isnull=False).order_by("name", "pk")
    return [row for row in rows if kind in row.kinds]


def _again(request: HttpRequest) -> Lot | None:
    """The lot to be tendered again, where the address or the form names one of one's own."""
    try:
        pk = UUID(request.POST.get("again") or request.GET.get("again") or "")
    except ValueError:
        return None
    lot = Lot.objects.select_related("project").filter(pk=pk).first()
    if lot is None or not frame.PREPARERS & access.roles_of(person_of(request), lot):
        raise NotFound(_("There is no such lot to be tendered again."), code="no-such-lot")
    return lot


def _as_before(lot: Lot | None) -> dict[str, Any]:
    """What the form begins with: the project as it was registered the first time."""
    if lot is None:
        return {}
    agency = lot.project.agency_id
    return {
        "title": lot.project.title,
        "procedure": lot.procedure["name"],
        "tenderee": str(lot.project.tenderee_id),
        "agency": str(agency) if agency else "",
    }


def _catalogue(form: ProjectForm, lots: Any) -> tuple[list[plan_page.Line], bool] | None:
    """What the catalogue asks of the project as it is typed; None without a procedure."""
    form.is_valid()
    lots.is_valid()
    name = form.cleaned_data.get("procedure")
    if not name:
        return None
    rules = procedure.load(name)
    estimates = [each.cleaned_data.get("estimate") for each in lots.forms]
    return plan_page.of_new(rules.category, rules.name, estimates)


def _act(form: ProjectForm, lots: Any, again: Lot | None) -> RegisterProject:
    asked = form.cleaned_data
    agency = asked.get("agency")
    rules = procedure.load(asked["procedure"])
    return RegisterProject(
        title=asked["title"],
        category=rules.category,
        procedure=rules.name,
        tenderee=UUID(asked["tenderee"]),
        agency=UUID(agency) if agency else None,
        lots=tuple(
            NewLot(
                title=each.cleaned_data["title"],
                estimate=each.cleaned_data["estimate"],
                predecessor=again.pk if again is not None and number == 0 else None,
            )
            for number, each in enumerate(lots.forms)
        ),
    )
