"""The objections, challenges and complaints of a lot as its pages show them, by who reads.

Everybody learns that there is one, about what, since when, and what came of it; names and words are
for who filed it, who answers, and supervision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.models import User
from trading import access
from trading.domain import (
    grievance_conditions,
    grievance_drafts,
    grievance_terms,
    grievances,
    procedure,
    registry,
)
from trading.domain.grievance_steps import act_of
from trading.domain.procedure import Procedure
from trading.enums import (
    GrievanceAbout,
    GrievanceKind,
    GrievanceOutcome,
    GrievanceStepKind,
    OrganisationKind,
)
from trading.interfaces import standing
from trading.interfaces.timeline import Badge
from trading.models import Exhibit, Grievance, GrievanceStep, Lot, Organisation


@dataclass(frozen=True)
class Said:
    """One step as it is shown; without its words for who reads only what is public."""

    row: GrievanceStep
    label: str
    exhibit: Exhibit | None


@dataclass(frozen=True)
class Line:
    """One grievance; ``named`` where the viewer reads names and words, ``steps`` that it allows."""

    row: Grievance
    named: bool
    own: bool
    title: str
    badge: Badge
    rule: str
    overdue: bool
    said: tuple[Said, ...]
    steps: tuple[tuple[str, str], ...]

    @property
    def pk(self) -> str:
        return str(self.row.pk)


@dataclass(frozen=True)
class Subject:
    """Something that may be objected to now, until when and by which rule."""

    about: str
    label: str
    rule: str
    until: datetime | None
    pauses: bool


@dataclass(frozen=True)
class Page:
    """The whole page of one kind."""

    lot: Lot
    complains: bool
    title: str
    lines: tuple[Line, ...]
    #: What this viewer may file about now, and why nothing where their role would allow it.
    subjects: tuple[Subject, ...]
    refusal: Any
    organisations: tuple[Organisation, ...]
    objections: tuple[Grievance, ...]
    asks_known: bool
    asks_interest: bool
    #: All subjects of the procedure, for the rules beside.
    rules: tuple[tuple[str, str], ...]
    answer_rule: str
    pauses: bool


def knows(rules: Procedure, *, complains: bool) -> bool:
    """Whether a procedure knows objections, or complaints."""
    if complains:
        return grievance_drafts.LODGE in rules.commands
    return any(name.startswith(grievances.OBJECT) for name in rules.commands)


def build(lot: Lot, *, complains: bool, viewer: User | None, at: datetime) -> Page:
    """The page of objections, or of complaints, for this viewer."""
    rules = procedure.of(lot)
    audiences = access.audiences_of(viewer, lot, at)
    rows = [row for row in grievances.of_lot(lot) if row.is_complaint == complains]
    own = {one.pk for one in access.organisations_of(viewer, at)}
    steps = _standings(lot, viewer, at) if viewer is not None else {}
    subjects, refusal = _subjects(lot, rules, complains=complains, viewer=viewer, at=at)
    organisations = _filers(lot, viewer, at) if subjects else ()
    mine = Grievance.objects.filter(lot=lot, organisation__in=own)
    objections = mine.exclude(kind=GrievanceKind.COMPLAINT).exclude(steps__kind="withdraw")
    abouts = [each.about for each in subjects]
    return Page(
        lot=lot,
        complains=complains,
        title=title_of(rules, complains=complains),
        lines=tuple(
            _line(row, rules, audiences=audiences, own=row.organisation_id in own, at=at,
                  steps=steps)
            for row in reversed(rows)
        ),
        subjects=subjects,
        refusal=refusal,
        organisations=organisations,
        objections=tuple(objections.order_by("number")) if complains and subjects else (),
        asks_known=any(
            grievance_terms.counts_from_knowing(rules, about, complains=complains)
            for about in abouts
        ),
        asks_interest=any(
            not grievance_conditions.tendered(lot, one, about)
            for one in organisations for about in abouts
        ),
        rules=tuple(
            (rules.title("commands", command.name), command.article)
            for command in _filing(rules, complains=complains)
        ),
        answer_rule="" if complains else _cited(rules, grievances.ANSWER),
        pauses=any(command.to for command in _filing(rules, complains=complains)),
    )


def _filing(rules: Procedure, *, complains: bool) -> list[Any]:
    return [
        command
        for command in rules.commands.values()
        if (command.name == grievance_drafts.LODGE if complains
            else command.name.startswith(grievances.OBJECT))
    ]


def _cited(rules: Procedure, name: str) -> str:
    command = rules.commands.get(name)
    return command.article if command is not None else ""


def title_of(rules: Procedure, *, complains: bool) -> str:
    """What these are called in this procedure: procurement speaks of challenges."""
    if complains:
        return _("Complaints")
    if grievance_terms.kind_of(rules) == GrievanceKind.CHALLENGE:
        return _("Challenges")
    return _("Objections")


def _standings(lot: Lot, viewer: User, at: datetime) -> dict[str, bool]:
    """By command of the procedure whether this viewer could give it now."""
    names = {
        grievances.ANSWER, grievances.WITHDRAW, "trading.withdraw-complaint",
        "trading.take-up-complaint", "trading.suspend-for-complaint", "trading.decide-complaint",
    }
    return {name: standing.of(lot, name, viewer=viewer, at=at).possible for name in names}


def _subjects(
    lot: Lot, rules: Procedure, *, complains: bool, viewer: User | None, at: datetime
) -> tuple[tuple[Subject, ...], Any]:
    found, refusal = [], None
    for command in _filing(rules, complains=complains):
        stands = standing.of(lot, command.name, viewer=viewer, at=at)
        if not stands.possible:
            refusal = stands.refusal or refusal
            continue
        until = lot.dates.get(command.not_after) if command.not_after else None
        abouts = (
            GrievanceAbout.values if complains else [command.name.removeprefix(grievances.OBJECT)]
        )
        for about in abouts:
            if not _known(rules, about):
                continue
            found.append(
                Subject(
                    about=about,
                    label=str(GrievanceAbout(about).label),
                    rule=command.article,
                    until=jcs.parse_timestamp(until) if until else None,
                    pauses=command.to is not None and not complains,
                )
            )
    return tuple(found), None if found else refusal


def _known(rules: Procedure, about: str) -> bool:
    """Whether a procedure has what this is about: not all have prequalification or candidates."""
    if f"{grievances.OBJECT}{about}" in rules.commands:
        return True
    if about == GrievanceAbout.CANDIDATES:
        return "trading.publish-candidates" in rules.commands
    return about != GrievanceAbout.PREQUALIFICATION


def _filers(lot: Lot, viewer: User | None, at: datetime) -> tuple[Organisation, ...]:
    """For whom this viewer may file: verified tenderers that do not hold the tender."""
    holders = (lot.project.tenderee_id, lot.project.agency_id)
    return tuple(
        one
        for one in access.organisations_of(viewer, at)
        if one.pk not in holders
        and OrganisationKind.TENDERER.value in one.kinds
        and access.is_verified(one, at)
    )


def _line(
    row: Grievance, rules: Procedure, *, audiences: frozenset[str], own: bool, at: datetime,
    steps: dict[str, bool],
) -> Line:  # fmt: skip
    named = grievances.can_read(row, audiences)
    overdue = row.due_at is not None and at > row.due_at
    rule = grievance_terms.due_rule(row) if row.is_open else None
    return Line(
        row=row,
        named=named,
        own=own,
        title=_("%(kind)s %(number)d, about %(about)s") % {
            "kind": _capital(str(GrievanceKind(row.kind).label)),
            "number": row.number,
            "about": GrievanceAbout(row.about).label,
        },
        badge=_badge(row, overdue),
        rule=rule.article if rule is not None else "",
        overdue=overdue,
        said=tuple(
            Said(each, step_label(each), each.exhibit if named else None)
            for each in row.steps.all()
            if named or each.kind != GrievanceStepKind.TAKE_UP or each.outcome
        ),
        steps=tuple(_steps(row, own=own, named=named, may=steps)),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def step_label(step: GrievanceStep) -> str:
    """What happened, in a few words."""
    if step.outcome:
        return _capital(str(GrievanceOutcome(step.outcome).label))
    return str(GrievanceStepKind(step.kind).label)


def _badge(row: Grievance, overdue: bool) -> Badge:
    steps = list(row.steps.all())
    if not row.is_open and steps:
        last = steps[-1]
        good = last.kind in (GrievanceStepKind.ANSWER, GrievanceStepKind.DECIDE)
        return Badge("done" if good else "todo", step_label(last))
    if overdue:
        return Badge("bad", _("Overdue"))
    if row.taken_up_at is not None:
        return Badge("now", _("Taken up, being decided"))
    if row.is_complaint:
        return Badge("now", _("Lodged"))
    return Badge("now", _("Being answered"))


def _steps(
    row: Grievance, *, own: bool, named: bool, may: dict[str, bool]
) -> list[tuple[str, str]]:
    if not row.is_open or not named:
        return []
    rules = procedure.of(row.lot)
    taken = {each.kind for each in row.steps.all()}
    wanted: list[str] = []
    if not row.is_complaint:
        wanted = [GrievanceStepKind.ANSWER]
    elif row.taken_up_at is None:
        wanted = [GrievanceStepKind.TAKE_UP]
    else:
        wanted = [GrievanceStepKind.DECIDE, GrievanceStepKind.SUSPEND]
    if own:
        wanted.append(GrievanceStepKind.WITHDRAW)
    return [
        (str(kind), rules.title("commands", act_of(row, kind).name))
        for kind in wanted
        if kind not in taken and may.get(act_of(row, kind).name)
    ]


def find(page: Page, text: str) -> Line | None:
    """The line of a grievance that the viewer may take a step on."""
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return next((line for line in page.lines if line.row.pk == wanted and line.named), None)


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """How objections and complaints stand, on the project's page."""
    rules = procedure.of(lot)
    if lot.published_at is None:
        return None
    if not knows(rules, complains=False) and not knows(rules, complains=True):
        return None
    rows = list(Grievance.objects.filter(lot=lot).values_list("kind", "closed_at"))
    objections = [closed for kind, closed in rows if kind != GrievanceKind.COMPLAINT]
    complaints = [closed for kind, closed in rows if kind == GrievanceKind.COMPLAINT]
    return {
        "title": title_of(rules, complains=False),
        "objections": len(objections),
        "complaints": len(complaints),
        "open": sum(closed is None for closed in [*objections, *complaints]),
        "complains": knows(rules, complains=True),
    }


def register() -> None:
    """Add the panel; called when the app is ready."""
    registry.register_panel("grievances", "trading/grievances_panel.html", panel, order=80)
