"""Every date that follows from a procedure, and what breaks which rule of days.

Pure: procedure, known dates and a calendar in, dates and breaches out. The tenderee sees the
dry run before publication; ``lifecycle`` uses the same functions when a date is marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from signatures.domain.errors import Malformed, Refused
from trading.domain.calendar import ZONE, Calendar, Unit, last_day_of, local_day, moment
from trading.domain.procedure import DayRule, NamedDate, Procedure
from trading.domain.procedure_rules import basis

Dates = dict[str, datetime]


@dataclass(frozen=True)
class PlannedDate:
    """One date of the dry run. An ``expected`` one depends on what people will do when."""

    name: str
    at: datetime
    expected: bool
    rule: DayRule | None
    explanation: str


@dataclass(frozen=True)
class Breach:
    """One rule of days that two dates do not keep."""

    rule: DayRule
    message: str

    def refusal(self) -> Refused:
        return Refused(self.message, code="days-not-kept", rule=self.rule.article)


@dataclass(frozen=True)
class Due:
    """What the clock will do: ``command`` at ``when``, because of ``rule``."""

    when: datetime
    command: str
    rule: str


@dataclass(frozen=True)
class DryRun:
    """All dates in order of time, what breaks which rule, and what the clock will do."""

    dates: tuple[PlannedDate, ...]
    breaches: tuple[Breach, ...]
    due: tuple[Due, ...]

    @property
    def blocking(self) -> tuple[Breach, ...]:
        """The breaches of mandatory rules: they block publication."""
        return tuple(breach for breach in self.breaches if breach.rule.mandatory)

    @property
    def warnings(self) -> tuple[Breach, ...]:
        """The other breaches: they warn and are recorded."""
        return tuple(breach for breach in self.breaches if not breach.rule.mandatory)

    def at(self, name: str) -> datetime:
        """The moment of one date; raises ``KeyError`` where nothing leads to it."""
        for planned in self.dates:
            if planned.name == name:
                return planned.at
        raise KeyError(name)


def dry_run(
    procedure: Procedure,
    *,
    start: datetime,
    calendar: Calendar,
    chosen: Mapping[str, datetime] | None = None,
) -> DryRun:
    """Every date when the notice is published at ``start`` with these ``chosen`` dates.

    What is not chosen is the earliest that the rules allow; what people will do is expected at
    the latest that they allow. Raises :class:`Malformed` for a date that cannot be chosen.
    """
    chosen = dict(chosen or {})
    for name in chosen:
        if name in procedure.dates and procedure.dates[name].later:
            raise Malformed(
                _("“%(date)s” is chosen later, when its stage has come.")
                % {"date": procedure.title("dates", name)},
                code="unknown-date",
            )
    check_chosen(procedure, chosen, start=start)
    first = _first_mark(procedure)
    known: Dates = {first: start, **chosen}
    expected: set[str] = set()
    while (missing := _next(procedure, known)) is not None:
        named, before = missing
        known[named.name] = follow(procedure, named, known[before], calendar)
        if before in expected or named.after is not None or named.name in procedure.marked:
            expected.add(named.name)
    order = list(procedure.dates)
    planned = [
        PlannedDate(
            name=name,
            at=at,
            expected=name in expected,
            rule=procedure.days.get(procedure.dates[name].rule or ""),
            explanation=explain(procedure, name, known, calendar) if name not in chosen else "",
        )
        for name, at in known.items()
    ]
    return DryRun(
        dates=tuple(sorted(planned, key=lambda one: (one.at, order.index(one.name)))),
        breaches=tuple(breaches(procedure, known, calendar)),
        due=tuple(due(procedure, known)),
    )


def check_chosen(
    procedure: Procedure, chosen: Mapping[str, datetime], *, start: datetime
) -> None:
    """Chosen dates must be ones that can be chosen, lie ahead, and keep the file's order."""
    previous, previous_at = "", start
    for name in chosen:
        if name not in procedure.dates or not procedure.dates[name].chosen:
            raise Malformed(
                _("%(date)s is no date that can be chosen.") % {"date": name}, code="unknown-date"
            )
    for name in procedure.dates:
        at = chosen.get(name)
        if at is None:
            continue
        if at.tzinfo is None:
            raise Malformed(
                _("%(date)s has no time zone.") % {"date": name}, code="date-without-zone"
            )
        if at <= previous_at:
            raise Refused(
                _("“%(date)s” must be later than %(before)s.")
                % {
                    "date": procedure.title("dates", name),
                    "before": f"“{procedure.title('dates', previous)}”"
                    if previous
                    else shown(start),
                },
                code="dates-out-of-order",
                rule=f"{procedure.name} {procedure.version}",
            )
        previous, previous_at = name, at


def shown(at: datetime) -> str:
    """A moment as people in Beijing read it."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def shown_end(at: datetime) -> str:
    """The end of a term as people read it: midnight is 24:00 of the day that it closes."""
    local = at.astimezone(ZONE)
    if (local.hour, local.minute) == (0, 0):
        return f"{last_day_of(at).isoformat()} 24:00"
    return shown(at)


def _first_mark(procedure: Procedure) -> str:
    """The date that the command out of the first stage marks: publication."""
    for command in procedure.commands.values():
        if procedure.first_stage.name in command.from_ and command.marks:
            return command.marks
    raise Malformed(
        f"No command of {procedure.name} marks the beginning.", code="faulty-procedure"
    )


def _next(procedure: Procedure, known: Dates) -> tuple[NamedDate, str] | None:
    for named in procedure.dates.values():
        before = basis(procedure, named)
        if named.name not in known and before in known:
            return named, before
    return None


def follow(
    procedure: Procedure, named: NamedDate, before: datetime, calendar: Calendar
) -> datetime:
    """The moment of a date that follows from the one before it."""
    if named.same is not None:
        return before
    if named.after is not None:
        start = local_day(before)
        if named.unit is Unit.WORKING_DAYS:
            return moment(calendar.add_working_days(start, named.count), named.time)
        return moment(start + timedelta(days=named.count), named.time)
    rule = procedure.days[str(named.rule)]
    if named.name == rule.to:
        day = calendar.last_day(_first_day(procedure, rule.from_, before), rule.count, rule.unit)
    else:
        day = calendar.latest_start(last_day_of(before), rule.count, rule.unit)
    return moment(day, named.time)


def _first_day(procedure: Procedure, name: str, at: datetime) -> date:
    """The day from which a period counts: an event's own day, or the day that a term ends on."""
    return local_day(at) if name in procedure.marked else last_day_of(at)


def settle(
    procedure: Procedure, dates: Dates, calendar: Calendar, *, changed: frozenset[str]
) -> Dates:
    """``dates`` with what follows from the ``changed`` ones worked out anew.

    Only what follows by law does: no expectation, nothing that a command marks or a person chose
    with the notice.
    """
    result = dict(dates)
    moved = set(changed)
    grew = True
    while grew:
        grew = False
        for named in procedure.dates.values():
            before = basis(procedure, named)
            if (
                before not in moved
                or named.name in moved
                or (named.chosen and not _until_chosen(named))
                or named.after is not None
                or named.name in procedure.marked
            ):
                continue
            result[named.name] = follow(procedure, named, result[before], calendar)
            moved.add(named.name)
            grew = True
    return result


def _until_chosen(named: NamedDate) -> bool:
    """Whether a date that people choose later follows the law's least until they do."""
    return named.later and named.rule is not None


def breaches(
    procedure: Procedure,
    dates: Mapping[str, datetime],
    calendar: Calendar,
    *,
    touching: frozenset[str] | None = None,
) -> list[Breach]:
    """The rules that these dates do not keep; only those that speak of ``touching``, if given."""
    found = []
    for rule in procedure.days.values():
        start, end = dates.get(rule.from_), dates.get(rule.to)
        if start is None or end is None:
            continue
        if touching is not None and not touching & {rule.from_, rule.to}:
            continue
        first, last = _first_day(procedure, rule.from_, start), last_day_of(end)
        limit = calendar.last_day(first, rule.count, rule.unit)
        if (last < limit) if rule.least is not None else (last > limit):
            found.append(_breach(procedure, rule, first, last, limit, calendar))
    return found


def _breach(
    procedure: Procedure, rule: DayRule, first: date, last: date, limit: date, calendar: Calendar
) -> Breach:
    sentence = (
        _("“%(rule)s”: %(last)s is too early; %(limit)s or later is needed. %(why)s")
        if rule.least is not None
        else _("“%(rule)s”: %(last)s is too late; it had to be by %(limit)s. %(why)s")
    )
    return Breach(
        rule=rule,
        message=sentence
        % {
            "rule": procedure.title("days", rule.name),
            "last": last.isoformat(),
            "limit": limit.isoformat(),
            "why": calendar.explain(first, rule.count, rule.unit),
        },
    )


def explain(
    procedure: Procedure, name: str, dates: Mapping[str, datetime], calendar: Calendar
) -> str:
    """Why a date is what it is, for people; empty where a person or an event set it."""
    named = procedure.dates[name]
    rule = procedure.days.get(named.rule or "")
    if rule is None or rule.from_ not in dates:
        return ""
    first = _first_day(procedure, rule.from_, dates[rule.from_])
    return calendar.explain(first, rule.count, rule.unit)


def due(procedure: Procedure, dates: Mapping[str, datetime]) -> list[Due]:
    """What the clock will do at these dates, in order of time."""
    found = [
        Due(when=dates[command.at], command=command.name, rule=procedure.cite(command))
        for command in procedure.commands.values()
        if command.at is not None and command.at in dates
    ]
    return sorted(found, key=lambda one: one.when)
