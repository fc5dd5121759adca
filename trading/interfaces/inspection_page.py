"""An inspection as its page tells it: plan, rail of times, checklist with findings, evidence.

What somebody may see of it is what :func:`inspection_line` gives them; the page only adds names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from signatures.domain import clock
from signatures.domain.act import Actor
from signatures.models import User
from trading import access
from trading.domain import checklists, inspections_steps, procedure
from trading.domain.inspections_decisions import RESULT
from trading.domain.inspections_pool import OVER
from trading.enums import Decision, InspectionState, Outcome
from trading.interfaces.draw_page import Name
from trading.interfaces.inspection_lines import inspection_line
from trading.interfaces.kinds import kind_label
from trading.interfaces.timeline import Badge
from trading.models import Exhibit, Inspection, InspectionPlan

_SHAPES = {
    InspectionState.DRAFT: "todo",
    InspectionState.DRAWN: "now",
    InspectionState.ACTIVE: "now",
    InspectionState.ANSWERED: "now",
    InspectionState.DECIDED: "now",
    InspectionState.CORRECTING: "now",
    InspectionState.CLOSED: "done",
    InspectionState.STOPPED: "bad",
}
_WORDS: dict[str, Promise] = {
    InspectionState.DRAFT: gettext_lazy("Planned, not drawn yet"),
    InspectionState.DRAWN: gettext_lazy("Drawn; notice to be given"),
    InspectionState.ACTIVE: gettext_lazy("Under way"),
    InspectionState.ANSWERED: gettext_lazy("Answered; decision to come"),
    InspectionState.DECIDED: gettext_lazy("Decided; result to be published"),
    InspectionState.CORRECTING: gettext_lazy("To be corrected"),
    InspectionState.CLOSED: gettext_lazy("Result published"),
    InspectionState.STOPPED: gettext_lazy("Stopped"),
}
_OUTCOMES: dict[str, tuple[str, Promise]] = {
    Outcome.CONFORMS: ("good", gettext_lazy("Conforms")),
    Outcome.DEVIATES: ("bad", gettext_lazy("Deviates")),
    Outcome.NOT_APPLICABLE: ("off", gettext_lazy("Does not apply")),
}
DECISIONS: dict[str, Promise] = {
    Decision.NONE: gettext_lazy("Nothing further"),
    Decision.CORRECT: gettext_lazy("To be corrected"),
    Decision.REFER: gettext_lazy("Referred to the competent authority"),
}
_MOMENTS: tuple[tuple[str, Promise], ...] = (
    ("drawn_at", gettext_lazy("Drawn")),
    ("notified_at", gettext_lazy("Notice given")),
    ("delivered_at", gettext_lazy("Findings delivered")),
    ("answered_at", gettext_lazy("Answered")),
    ("decided_at", gettext_lazy("Decided")),
    ("verified_at", gettext_lazy("Correction verified")),
    ("closed_at", pgettext_lazy("inspection", "Closed")),
)
_TERMS: tuple[tuple[str, str, tuple[str, ...], Promise], ...] = (
    ("answer_until", "answer", (InspectionState.ACTIVE,), gettext_lazy("Answer of the inspected")),
    ("correct_until", "correction", (InspectionState.CORRECTING,), gettext_lazy("Correction")),
    (
        "publish_until",
        "publication",
        (InspectionState.DECIDED,),
        gettext_lazy("Publication of the result"),
    ),
)
STEPS: dict[str, Promise] = {
    inspections_steps.NOTICE: gettext_lazy("Give notice"),
    inspections_steps.DELIVERY: gettext_lazy("Deliver the findings"),
    inspections_steps.VERIFICATION: gettext_lazy("Verify the correction"),
    inspections_steps.RECUSAL: gettext_lazy("Step down"),
    inspections_steps.DECISION: gettext_lazy("Decide"),
    inspections_steps.PUBLICATION: gettext_lazy("Publish the result"),
    inspections_steps.STOP: gettext_lazy("Stop the inspection"),
}


@dataclass(frozen=True)
class Evidence:
    """One exhibit that a finding rests on; without ``address`` where the viewer may not see it."""

    title: str
    address: str
    digest: str


@dataclass(frozen=True)
class Found:
    """The finding in force on one item; ``earlier`` counts those that it took the place of."""

    badge: Badge
    text: str
    at: str
    number: int
    earlier: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Check:
    """One item of a checklist and what was found, as far as the viewer may see it."""

    item: checklists.Item
    anchor: str
    found: Found | None
    address: str


@dataclass(frozen=True)
class Part:
    """One checklist."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Term:
    """A date by which something must have happened; the article behind it."""

    title: str
    until: datetime
    rule: str
    confirmed: bool
    over: bool


@dataclass(frozen=True)
class Page:
    """Everything on one inspection's page; ``line`` holds what the viewer may see."""

    inspection: Inspection
    subject: Name
    badge: Badge
    line: Mapping[str, Any]
    parts: tuple[Part, ...]
    moments: tuple[tuple[str, str], ...]
    terms: tuple[Term, ...]
    steps: tuple[tuple[str, str], ...]
    findable: bool
    inspectors: tuple[str, ...] | None
    decision: str
    result: Exhibit | None

    @property
    def items(self) -> int:
        return sum(len(part.checks) for part in self.parts)

    @property
    def found(self) -> int:
        return sum(check.found is not None for part in self.parts for check in part.checks)

    @property
    def deviating(self) -> int:
        return sum(
            check.found is not None and check.found.badge.shape == "bad"
            for part in self.parts
            for check in part.checks
        )

    @property
    def shows_findings(self) -> bool:
        """Whether the viewer may see findings at all."""
        return "findings" in self.line


@dataclass(frozen=True)
class PlanLine:
    """A plan in the list with the inspections that were drawn from it."""

    plan: InspectionPlan
    badge: Badge
    objects: tuple[str, ...]
    categories: tuple[str, ...]
    inspections: tuple[tuple[Inspection, Name, Badge], ...]


def state_badge(state: str) -> Badge:
    """How far a plan or an inspection came, as a status."""
    known = InspectionState(state)
    return Badge(_SHAPES[known], str(_WORDS[known]))


def plan_lines(plans: Iterable[InspectionPlan]) -> list[PlanLine]:
    """Plans for the list; their inspections with lots are prefetched. Both are everybody's."""
    return [
        PlanLine(
            plan=plan,
            badge=_plan_badge(plan),
            objects=tuple(str(checklists.load(name).title) for name in plan.objects_inspected),
            categories=tuple(
                procedure.load(name).name_for_people()
                for name in plan.scope.get("categories", [])
                if name in procedure.names()
            ),
            inspections=tuple(
                (one, subject_of(one), state_badge(one.state)) for one in plan.inspections.all()
            ),
        )
        for plan in plans
    ]


def _plan_badge(plan: InspectionPlan) -> Badge:
    if plan.state == InspectionState.DRAFT:
        return (
            state_badge(plan.state)
            if plan.draw_id is None
            else Badge("now", _("Being drawn"))
        )
    if plan.state == InspectionState.DRAWN:
        return Badge("now", str(_WORDS[InspectionState.ACTIVE]))
    if plan.state == InspectionState.CLOSED:
        return Badge("done", _("All results published"))
    return state_badge(plan.state)


def subject_of(inspection: Inspection) -> Name:
    """The inspected lot by its name. Only published lots are drawn, so it is everybody's."""
    lot = inspection.lot
    address = reverse("lot", args=[lot.project.code, lot.number])
    return Name(lot.urn, f"{lot.project.title} {lot.title}", address)


def build(inspection: Inspection, *, viewer: User | None, at: datetime | None = None) -> Page:
    """The page of one inspection for ``viewer`` (None: the public)."""
    now = at or clock.now()
    line = inspection_line(inspection, viewer=viewer)
    steps: tuple[str, ...] = ()
    if viewer is not None:
        steps = inspections_steps.possible(inspection, Actor.person(viewer), at=now)
    findable = inspections_steps.FINDINGS in steps
    return Page(
        inspection=inspection,
        subject=subject_of(inspection),
        badge=state_badge(inspection.state),
        line=line,
        parts=_parts(inspection, line.get("findings", []), viewer, now, findable=findable),
        moments=tuple((str(title), line[name]) for name, title in _MOMENTS if line.get(name)),
        terms=tuple(_terms(inspection, now)),
        steps=tuple((name, str(STEPS[name])) for name in steps if name in STEPS),
        findable=findable,
        inspectors=_people(line.get("inspectors")),
        decision=str(DECISIONS.get(line.get("decision", ""), "")),
        result=Exhibit.objects.filter(
            lot=inspection.lot, kind=RESULT, facts__inspection=inspection.urn
        ).first(),
    )


def _people(urns: list[str] | None) -> tuple[str, ...] | None:
    if urns is None:
        return None
    known = {
        row.urn: row.full_name
        for row in User.objects.filter(pk__in=[urn.removeprefix("user:") for urn in urns])
    }
    return tuple(known[urn] for urn in urns if urn in known)


def _terms(inspection: Inspection, now: datetime) -> Iterable[Term]:
    for field, name, states, title in _TERMS:
        until = getattr(inspection, field)
        if until is None or inspection.state in OVER or inspection.state not in states:
            continue
        rule = checklists.term(name)
        yield Term(str(title), until, rule.article, rule.confirmed, now > until)


def _parts(
    inspection: Inspection,
    findings: list[dict[str, Any]],
    viewer: User | None,
    now: datetime,
    *,
    findable: bool,
) -> tuple[Part, ...]:
    by_item: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        by_item.setdefault(finding["item"], []).append(finding)
    shown = [one["id"] for finding in findings for one in finding["exhibits"]]
    exhibits = {str(row.pk): row for row in Exhibit.objects.filter(pk__in=shown)}
    audiences = access.audiences_of(viewer, inspection.lot, now)

    def evidence(one: Mapping[str, str]) -> Evidence:
        row = exhibits.get(one["id"])
        if row is None or not access.may_see(row, audiences, now):
            return Evidence(title="", address="", digest=one["digest"])
        title = f"{kind_label(row.kind)}: {row.name}"
        return Evidence(title, reverse("exhibit", args=[row.pk]), one["digest"])

    def check(item: checklists.Item) -> Check:
        rows = by_item.get(item.name, [])
        found = None
        if rows:
            last = rows[-1]
            shape, word = _OUTCOMES[last["outcome"]]
            found = Found(
                badge=Badge(shape, str(word)),
                text=last["text"],
                at=last["at"],
                number=last["number"],
                earlier=len(rows) - 1,
                evidence=tuple(evidence(one) for one in last["exhibits"]),
            )
        address = reverse("inspection-item", args=[inspection.pk, item.name]) if findable else ""
        return Check(item, item.name.replace(".", "-"), found, address)

    return tuple(
        Part(
            title=str(checklists.load(name).title),
            checks=tuple(check(item) for item in checklists.load(name).items),
        )
        for name in checklists.OBJECTS
        if name in inspection.plan.objects_inspected
    )
