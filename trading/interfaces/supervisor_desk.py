"""The supervisor's desk: lots, draws and inspections as the data hold them now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.models import User
from trading import access
from trading.domain import checklists, drawing, procedure
from trading.domain.drawing_opening import OPEN
from trading.domain.inspections_pool import OVER
from trading.enums import (
    PUBLIC,
    InspectionState,
    LotRole,
    LotState,
    OrganisationKind,
    Outcome,
)
from trading.interfaces import desks, draw_page, inspection_page
from trading.interfaces.desks import MOST, Desk, Figure, Row, Stage, Task, View
from trading.interfaces.kinds import kind_label
from trading.interfaces.timeline import Badge, Standing
from trading.models import (
    Assignment,
    Draw,
    Exhibit,
    Finding,
    Inspection,
    Lot,
    Organisation,
)

ROLE = LotRole.SUPERVISOR.value
REPORT = "written-report"
REPORT_UNTIL = "written-report-until"
#: Lots, the newest, whose dossiers the view of stages adds up.
VIEWED = 500


def build(person: User, at: datetime) -> Desk:
    """The desk of somebody who acts for a verified supervisor."""
    offices = [
        each
        for each in access.organisations_of(person, at)
        if OrganisationKind.SUPERVISOR in each.kinds and access.is_verified(each, at)
    ]
    tasks = sorted(
        [*_inspection_tasks(offices, at), *_draw_tasks(offices, at), *_report_tasks(at)],
        key=lambda task: task.order,
    )
    return Desk(
        title=_("Supervisor's desk"),
        organisations=tuple(each.name for each in offices),
        figures=tuple(_figures(offices, tasks, at)),
        tasks=tuple(tasks),
        views=tuple(_views(person, at)),
        ways=((_("Credit decisions"), reverse("credit-decisions-desk")),),
    )


# --- figures -------------------------------------------------------------------------------------


def _figures(offices: list[Organisation], tasks: list[Task], at: datetime) -> Iterable[Figure]:
    start = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    day = (jcs.timestamp(start), jcs.timestamp(start + timedelta(days=1)))
    lots = Lot.objects.select_related("project").order_by("-stage_since", "-pk")
    running = lots.filter(state=LotState.ACTIVE)
    opened = lots.filter(dates__opening__gte=day[0], dates__opening__lt=day[1])
    suspended = lots.filter(state=LotState.SUSPENDED)
    failed = lots.filter(state=LotState.FAILED)
    yield _of_lots("running", _("lots under way"), "", running)
    yield _of_lots("opened", _("openings today"), "", opened)
    yield _of_lots("suspended", _("suspended"), _("no date runs"), suspended)
    yield _of_lots("failed", _("failed"), _("to be tendered again"), failed)
    late = [task for task in tasks if task.overdue]
    yield Figure(
        name="overdue",
        label=_("overdue"),
        count=len(late),
        note=_("by law or plan"),
        rows=lambda: [
            Row(task.due, task.title, task.address, task.subject, task.badge) for task in late
        ],
        late=bool(late),
    )
    inspections = _open_inspections(offices)
    yield Figure(
        name="inspections",
        label=_("inspections under way"),
        count=inspections.count(),
        note=_("of your own plans"),
        rows=lambda: [
            Row(
                one.drawn_at,
                inspection_page.subject_of(one).text,
                reverse("inspection", args=[one.pk]),
                one.plan.title,
                inspection_page.state_badge(one.state),
            )
            for one in inspections[:MOST]
        ],
    )
    draws = Draw.objects.filter(phase__in=OPEN).select_related("inspection_plan")
    yield Figure(
        name="draws",
        label=_("draws under way"),
        count=draws.count(),
        note=_("all lots and plans"),
        rows=lambda: [
            Row(
                one.opened_at,
                draw_page.purpose_label(one.purpose),
                reverse("draw", args=[one.pk]),
                "",
                draw_page.badge(one),
            )
            for one in draws.order_by("-opened_at", "-pk")[:MOST]
        ],
    )


def _of_lots(name: str, label: str, note: str, lots: QuerySet[Lot]) -> Figure:
    return Figure(
        name=name,
        label=label,
        count=lots.count(),
        note=note,
        rows=lambda: [_lot_row(lot) for lot in lots[:MOST]],
    )


def _lot_row(lot: Lot) -> Row:
    return Row(
        when=lot.stage_since,
        title=_lot_title(lot),
        address=_lot_address(lot),
        note=lot.project.code,
        badge=Standing.of(lot).badge,
    )


def _lot_title(lot: Lot) -> str:
    return f"{lot.project.title} {lot.title}"


def _lot_address(lot: Lot) -> str:
    return reverse("lot", args=[lot.project.code, lot.number])


# --- what is to be done --------------------------------------------------------------------------


def _open_inspections(offices: list[Organisation]) -> QuerySet[Inspection]:
    return (
        Inspection.objects.filter(plan__organisation__in=offices)
        .exclude(state__in=OVER)
        .select_related("plan", "lot__project")
        .order_by("drawn_at", "pk")
    )


@dataclass(frozen=True)
class _Due:
    """What an inspection waits for: the sentence, by when under which term, whose move it is."""

    title: str
    until: datetime | None
    term: str
    own: bool


def _inspection_tasks(offices: list[Organisation], at: datetime) -> Iterable[Task]:
    findings = Prefetch("findings", queryset=Finding.objects.order_by("number"))
    for row in _open_inspections(offices).prefetch_related(findings)[:MOST]:
        due = _due(row, at)
        overdue = due.until is not None and at > due.until
        yield Task(
            due=due.until,
            title=due.title,
            subject=inspection_page.subject_of(row).text,
            address=reverse("inspection", args=[row.pk]),
            rule=checklists.term(due.term).article if due.term else "",
            badge=_badge(overdue, due.own),
            overdue=overdue,
            own=due.own,
        )


def _due(row: Inspection, at: datetime) -> _Due:
    found = {one.item: one for one in row.findings.all()}
    if row.state == InspectionState.DRAWN:
        return _Due(_("Give notice of the inspection"), None, "", own=True)
    if row.state == InspectionState.ACTIVE and row.delivered_at is None:
        items = checklists.items_of(row.plan.objects_inspected)
        checked = sum(item.name in found for item in items)
        if checked < len(items):
            words = {"checked": checked, "items": len(items)}
            title = _("Check the items: %(checked)d of %(items)d done") % words
            return _Due(title, None, "", own=True)
        return _Due(_("Deliver the findings"), None, "", own=True)
    if row.state == InspectionState.ACTIVE:
        deviates = any(one.outcome == Outcome.DEVIATES for one in found.values())
        if deviates and row.answer_until is not None and at <= row.answer_until:
            return _Due(_("Answer of the inspected awaited"), row.answer_until, "answer", own=False)
        return _Due(_("Decide on the findings"), None, "", own=True)
    if row.state == InspectionState.ANSWERED:
        return _Due(_("Decide on the findings"), None, "", own=True)
    if row.state == InspectionState.CORRECTING and row.correction:
        return _Due(_("Verify the correction"), None, "", own=True)
    if row.state == InspectionState.CORRECTING:
        return _Due(_("Correction awaited"), row.correct_until, "correction", own=False)
    return _Due(_("Publish the result"), row.publish_until, "publication", own=True)


def _badge(overdue: bool, own: bool) -> Badge:
    if overdue:
        return Badge("bad", _("Overdue"))
    return Badge("now", _("Yours to do")) if own else Badge("todo", _("Awaited from others"))


def _draw_tasks(offices: list[Organisation], at: datetime) -> Iterable[Task]:
    """Contributions that open draws await from these offices."""
    mine = {each.urn for each in offices}
    rows = Draw.objects.filter(phase__in=OPEN).select_related("inspection_plan")
    for draw in rows.order_by("opened_at", "pk")[:MOST]:
        if mine.isdisjoint(draw.record["parties"]) or mine.isdisjoint(drawing.missing(draw)):
            continue
        until = drawing.deadline(draw)
        overdue = until is not None and at > until
        yield Task(
            due=until,
            title=_("Contribute to a draw"),
            subject=draw_page.purpose_label(draw.purpose),
            address=reverse("draw", args=[draw.pk]),
            rule="",
            badge=_badge(overdue, own=True),
            overdue=overdue,
            own=True,
        )


def _report_tasks(at: datetime) -> Iterable[Task]:
    """Written reports that tenderees owe the supervisor, by the lot's own dates."""
    filed = Exhibit.objects.filter(lot=OuterRef("pk"), kind=REPORT)
    owing = (
        Lot.objects.filter(~Exists(filed), state=LotState.ACTIVE)
        .filter(**{f"dates__{REPORT_UNTIL}__isnull": False})
        .select_related("project")
        .order_by(f"dates__{REPORT_UNTIL}", "pk")
    )
    for lot in owing[:MOST]:
        until = jcs.parse_timestamp(lot.dates[REPORT_UNTIL])
        rules = procedure.of(lot)
        day = rules.dates.get(REPORT_UNTIL)
        rule = rules.days.get(day.rule or "") if day is not None else None
        yield Task(
            due=until,
            title=_("Written report awaited from the tenderee"),
            subject=_lot_title(lot),
            address=_lot_address(lot),
            rule=rule.article if rule is not None else "",
            badge=_badge(at > until, own=False),
            overdue=at > until,
            own=False,
        )


# --- what may be seen ----------------------------------------------------------------------------


def _views(person: User, at: datetime) -> Iterable[View]:
    """Stage by stage: how many lots stand there, and what each left that this person may read.

    What they may not see yet is not counted either: its existence may be a secret too.
    """
    lots = list(Lot.objects.select_related("project").order_by("-stage_since", "-pk")[:VIEWED])
    standing: dict[str, Counter[str]] = defaultdict(Counter)
    for lot in lots:
        standing[lot.procedure["name"]][lot.stage] += 1
    left: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for exhibit in _readable(lots, person, at):
        left[exhibit.lot.procedure["name"], exhibit.stage][exhibit.kind] += 1
    for name in sorted(standing):
        rules = procedure.load(name)
        yield View(
            title=rules.name_for_people(),
            stages=tuple(
                Stage(
                    title=rules.title("stages", stage.name),
                    lots=standing[name][stage.name],
                    exhibits=tuple(
                        (kind_label(kind), count)
                        for kind, count in sorted(left[name, stage.name].items())
                    ),
                )
                for stage in rules.stages
            ),
        )


def _readable(lots: list[Lot], person: User, at: datetime) -> Iterable[Exhibit]:
    """The lots' exhibits that this person may see; own assignments are looked at lot by lot."""
    own = {each.urn for each in access.organisations_of(person, at)}
    usual = access.standing_roles(person, at) | own | {person.urn, PUBLIC}
    known = {lot.pk: lot for lot in lots}
    mine = Q(user=person) | Q(organisation__in=[urn.removeprefix("org:") for urn in own])
    assigned = set(
        Assignment.objects.filter(mine, lot__in=known).values_list("lot_id", flat=True)
    )
    audiences = {pk: access.audiences_of(person, known[pk], at) for pk in assigned}
    rows = Exhibit.objects.filter(lot__in=known).only(
        "lot_id", "stage", "kind", "audience", "visible_from"
    )
    for exhibit in rows.iterator(chunk_size=1000):
        if access.may_see(exhibit, audiences.get(exhibit.lot_id, frozenset(usual)), at):
            exhibit.lot = known[exhibit.lot_id]
            yield exhibit


def register() -> None:
    """Give supervisors their desk; called when the app is ready."""
    desks.register(ROLE, build)
