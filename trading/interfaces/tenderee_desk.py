"""The desk of a tenderee or its agency: own tenders, what is to be done with each, and by when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from signatures.models import User
from trading import access
from trading.domain import calendar, invitations, lifecycle, procedure, registry
from trading.domain.calendar import Calendar
from trading.domain.procedure import ANY, Command, Procedure
from trading.domain.questions import ANSWER
from trading.enums import LotRole, LotState, OrganisationKind
from trading.interfaces import contract_page, desks
from trading.interfaces.desks import MOST, Desk, Figure, Row, Task
from trading.interfaces.timeline import Badge, Standing
from trading.models import Exhibit, Lot, Organisation, Question

#: The standing roles that have this desk, as kinds of organisation.
ROLES = (LotRole.TENDEREE.value, LotRole.AGENCY.value)
KINDS = frozenset(ROLES)
#: Lots whose tasks are worked out: the ones whose stage changed last.
LOOKED_AT = 100
#: Until when a step must be done, where another date than the step's own says so.
UNTIL = {contract_page.OFFER: "contract-until", **contract_page.UNTIL}
SOON = timedelta(days=7)


def build(person: User, at: datetime) -> Desk:
    """The desk of somebody who acts for a verified tenderee or agency."""
    offices = [
        each
        for each in access.organisations_of(person, at)
        if not KINDS.isdisjoint(each.kinds) and access.is_verified(each, at)
    ]
    lots = own_lots(offices)
    running = list(lots.filter(state=LotState.ACTIVE)[:LOOKED_AT])
    tasks = sorted(_tasks(running, at), key=lambda task: task.order)
    agency = all(OrganisationKind.TENDEREE not in each.kinds for each in offices)
    return Desk(
        title=_("Agency's desk") if agency else _("Tenderee's desk"),
        organisations=tuple(each.name for each in offices),
        figures=tuple(_figures(lots, tasks, at)),
        tasks=tuple(tasks),
        views=(),
        ways=((_("Register a new project"), reverse("plan")),),
    )


def own_lots(offices: list[Organisation]) -> QuerySet[Lot]:
    """The lots of these organisations, the ones that moved last first."""
    own = [each.pk for each in offices]
    return (
        Lot.objects.filter(Q(project__tenderee__in=own) | Q(project__agency__in=own))
        .select_related("project")
        .order_by("-stage_since", "-pk")
    )


# --- figures -------------------------------------------------------------------------------------


def _figures(lots: QuerySet[Lot], tasks: list[Task], at: datetime) -> Iterable[Figure]:
    running = lots.filter(state=LotState.ACTIVE)
    now, soon = jcs.timestamp(at), jcs.timestamp(at + SOON)
    ahead = running.filter(dates__opening__gte=now)
    yield _of_lots(
        "preparing", _("in preparation"), _("not published yet"),
        running.filter(published_at__isnull=True),
    )
    yield _of_lots("open", _("before the deadline"), _("published, bids come in"), ahead)
    yield _of_lots(
        "openings", _("openings in 7 days"), "", ahead.filter(dates__opening__lt=soon)
    )
    yield _of_lots(
        "decided", _("after the deadline"), _("opening to performance"),
        running.filter(dates__deadline__lt=now),
    )
    yield _of_lots(
        "suspended", _("suspended"), _("no date runs"), lots.filter(state=LotState.SUSPENDED)
    )
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


def _of_lots(name: str, label: str, note: str, lots: QuerySet[Lot]) -> Figure:
    return Figure(
        name=name,
        label=label,
        count=lots.count(),
        note=note,
        rows=lambda: [_row(lot) for lot in lots[:MOST]],
    )


def _row(lot: Lot) -> Row:
    return Row(
        when=lot.stage_since,
        title=_title(lot),
        address=reverse("lot", args=[lot.project.code, lot.number]),
        note=lot.project.code,
        badge=Standing.of(lot).badge,
    )


def _title(lot: Lot) -> str:
    return f"{lot.project.title} {lot.title}"


# --- what is to be done --------------------------------------------------------------------------


def _tasks(lots: list[Lot], at: datetime) -> Iterable[Task]:
    """One task for each step that the procedure has ready on a running lot and that has a page."""
    filed: dict[object, set[str]] = {}
    for pk, kind in Exhibit.objects.filter(lot__in=lots).values_list("lot_id", "kind"):
        filed.setdefault(pk, set()).add(kind)
    days = calendar.load()
    asked = _asked(lots)
    invited = invitations.counts(lots)
    for lot in lots:
        rules = procedure.of(lot)
        kinds = filed.get(lot.pk, set())
        done: set[tuple[str, str]] = set()
        for command in rules.commands.values():
            if command.act == ANSWER and lot.pk not in asked:
                continue
            if not _invited(rules, command, *invited.get(lot.pk, (0, 0))):
                continue
            address = registry.way(command.name, lot)
            # An act that ends the lot or lets it go on is one thing to do, under either name.
            if address and (command.act, address) in done:
                continue
            if address and _ready(lot, rules, command, kinds, at, days):
                done.add((command.act, address))
                due = asked[lot.pk] if command.act == ANSWER else _due(lot, command)
                yield _task(lot, rules, command, address, due, at)


def _asked(lots: list[Lot]) -> dict[object, datetime]:
    """Lots with a question that waits, and by when the first one is to be answered."""
    rows = Question.objects.filter(lot__in=lots, answered_at__isnull=True)
    return dict(rows.values_list("lot_id").annotate(first=Min("answer_until")))


def _invited(rules: Procedure, command: Command, accepted: int, stay: int) -> bool:
    """Invitations wait to be sent until enough are, documents until enough have accepted."""
    wanted = invitations.least(rules)
    if command.name == invitations.INVITE:
        return stay < wanted
    return all(use.name != invitations.GUARD or accepted >= wanted for use in command.guards)


def _ready(
    lot: Lot, rules: Procedure, command: Command, kinds: set[str], at: datetime, days: Calendar
) -> bool:
    """Whether the step waits for this side now. Steps that are possible at any stage do not wait.

    Of the guards only those that ask for exhibits are asked here: the step's own page asks all.
    """
    if desks.is_left(command.name):
        return False
    if ANY in command.from_ or KINDS.isdisjoint(command.roles):
        return False
    if command.name == "trading.prepare-notice":
        return False  # its publication is the task; it leads to what is missing
    if command.name == "trading.prepare-documents" and lot.stage != "REGISTERED":
        return False
    for use in command.guards:
        kind = use.parameters.get("kind")
        if use.name == "exhibit-filed" and kind not in kinds:
            return False
        if use.name == "exhibit-absent" and kind in kinds:
            return False
    try:
        lifecycle.decide(
            rules, lifecycle.position(lot), command.name, roles=KINDS, now=at, calendar=days
        )
    except SunlitError as error:
        # Dates may be missing that the step itself brings along.
        return error.code == "days-not-kept"
    return True


def _task(
    lot: Lot, rules: Procedure, command: Command, address: str, due: datetime | None, at: datetime
) -> Task:
    overdue = due is not None and at > due
    badge = Badge("bad", _("Overdue")) if overdue else Badge("now", _("Yours to do"))
    return Task(
        due=due,
        title=rules.title("commands", command.name),
        subject=_title(lot),
        address=address,
        rule=command.article,
        badge=badge,
        overdue=overdue,
        own=True,
    )


def _due(lot: Lot, command: Command) -> datetime | None:
    for name in (UNTIL.get(command.name), command.not_after, command.marks):
        if name is not None and name in lot.dates:
            return jcs.parse_timestamp(lot.dates[name])
    return None


def register() -> None:
    """Give tenderees and agencies their desk; called when the app is ready."""
    for role in ROLES:
        desks.register(role, build)
