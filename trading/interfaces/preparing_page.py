"""A lot's preparation as its pages tell it: what is done, what is missing, what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from trading.domain import (
    bill_acts,
    bills,
    calendar,
    notices,
    planning,
    prequalification,
    registry,
    security_asked,
)
from trading.domain.calendar import Calendar
from trading.domain.planning import DryRun
from trading.domain.procedure import NamedDate, Procedure
from trading.enums import DocumentKind
from trading.interfaces import plan_page
from trading.interfaces.money import grouped
from trading.interfaces.timeline import Badge
from trading.models import Document, Lot, Preparation

#: Which stages a lot stands at while something of it can still be prepared.
BEFORE_NOTICE = "REGISTERED"
_PREPARE, _PUBLISH = "trading.prepare-documents", "trading.publish-documents"


def before_documents(rules: Procedure) -> frozenset[str]:
    """The stages at which the tender document can be published."""
    step = rules.commands.get(_PUBLISH)
    return frozenset(() if step is None else step.from_)


@dataclass(frozen=True)
class Task:
    """One thing to prepare; without an address it cannot be changed any more."""

    name: str
    title: str
    note: str
    badge: Badge
    address: str

    @property
    def is_done(self) -> bool:
        return self.badge.shape == "done"


@dataclass(frozen=True)
class Missing:
    """What must be there before something is published, and where it is put in."""

    text: str
    address: str


def moments(dates: Mapping[str, str]) -> dict[str, datetime]:
    """Planned dates as moments."""
    return {name: jcs.parse_timestamp(text) for name, text in dates.items()}


def chosen(rules: Procedure) -> list[str]:
    """The dates that the tenderee chooses."""
    return rules.chosen


def tasks(lot: Lot, rules: Procedure, drafts: Preparation, at: datetime) -> list[Task]:
    """Everything from the estimate to the published document, in the order of doing."""
    return list(_tasks(lot, rules, drafts, at))


def _tasks(lot: Lot, rules: Procedure, drafts: Preparation, at: datetime) -> Iterator[Task]:
    prepares = rules.commands.get(_PREPARE)
    first = lot.stage == BEFORE_NOTICE
    second = prepares is not None and lot.stage in prepares.from_
    names = [stage.name for stage in rules.stages]
    noticed = lot.published_at is not None
    offered = "DOCUMENTS" in names and names.index(lot.stage) >= names.index("DOCUMENTS")

    def address(name: str, *more: str) -> str:
        return reverse(name, args=[lot.project.code, lot.number, *more])

    estimate = "" if lot.estimate is None else _("CNY %(amount)s") % {
        "amount": grouped(lot.estimate)
    }
    yield _task(
        "lot", _("Title and estimate"), estimate or _("The estimate is missing."),
        done=bool(estimate), address=address("prepare-lot") if first else "",
    )
    yield _task(
        "evaluation", _("Method of evaluation"), method_line(lot),
        done=bool(lot.parameters.get("method")),
        address=address("prepare-evaluation") if second else "",
    )
    if security_asked.is_known(lot):
        asked = security_asked.of(lot)
        yield _task(
            "security", _("Bid security"),
            _("None is asked.") if asked is None
            else _("CNY %(amount)s, for %(days)d days from the deadline")
            % {"amount": grouped(asked.amount), "days": asked.days},
            done=asked is not None or offered,
            address=address("prepare-security") if second else "",
        )
    if first:
        note, standing = plan_page.task(lot)
    else:
        note, standing = _("It is published."), Badge("done", _("Done"))
    yield Task("plan", _("Plan and approval"), note, standing, address("prepare-plan"))
    dates = dates_line(lot, rules, drafts, at)
    yield _task(
        "dates", _("Dates"), dates[0], done=dates[1], address=address("prepare-dates")
        if first else "", bad=dates[2],
    )
    worded = bool(drafts.notice.get("scope"))
    yield _task(
        "notice", _("The notice in words"),
        drafts.notice.get("title", "") if worded
        else _("It is published.") if noticed else _("Scope, place, requirements and contact."),
        done=worded or noticed, address=address("prepare-notice") if first else "",
    )
    yield _task(
        "publish-notice", rules.title("commands", "trading.publish-notice"),
        _("It is published.")
        if noticed
        else _("Look at it, seal it with your certificate, publish it."),
        done=noticed, address=address("publish", "notice") if first else "",
    )
    if prequalification.is_prequalified(rules):
        asked = prequalification.find(lot) is not None
        yield _task(
            "publish-prequalification", rules.title("commands", prequalification.PUBLISH),
            _("It is published.") if asked
            else _("Name the criteria; the platform prints and seals them.") if noticed
            else _("After the notice."),
            done=asked,
            address=registry.way(prequalification.PUBLISH, lot) if noticed and not asked else "",
        )
    files = len(drafts.files) or _attached(lot, offered)
    yield _task(
        "files", _("Attachments"),
        ngettext("%(count)d file", "%(count)d files", files) % {"count": files}
        if files else _("Drawings, draft contract and the like; none is needed."),
        done=bool(files) or offered, address=address("prepare-files") if second else "",
    )
    if bill_acts.is_wanted(lot):
        count = bills.summary(drafts.bill)
        yield _task(
            "bill", _("Bill of quantities"),
            ngettext("%(count)d line", "%(count)d lines", count) % {"count": count}
            if count else _("Read from a workbook and published with the documents; none is"
                            " needed."),
            done=bool(count) or offered, address=address("prepare-bill") if second else "",
        )
    yield _task(
        "publish-documents", rules.title("commands", "trading.publish-documents"),
        _("It is published.") if offered
        else _("Look at it, seal it, publish it.") if noticed
        else _("After the notice."),
        done=offered,
        address=address("publish", "documents") if lot.stage in before_documents(rules) else "",
    )


def _attached(lot: Lot, offered: bool) -> int:
    if not offered:
        return 0
    return Document.objects.filter(lot=lot, kind=DocumentKind.ATTACHMENT).count()


def _task(
    name: str, title: str, note: str, *, done: bool, address: str, bad: bool = False
) -> Task:
    if bad:
        badge = Badge("bad", _("To be mended"))
    elif done:
        badge = Badge("done", _("Done"))
    else:
        badge = Badge("todo", _("To do")) if address else Badge("todo", _("Not yet"))
    return Task(name=name, title=title, note=note, badge=badge, address=address)


def method_line(lot: Lot) -> str:
    """The method of evaluation in one line."""
    technical = lot.parameters.get("technical")
    if not lot.parameters.get("method"):
        return _("Criteria, weights and how prices become points.")
    if technical is None:
        return _("By price alone.")
    count = len(technical.get("criteria", ()))
    return ngettext(
        "%(count)d criterion, technical part %(weight)s of 100 points",
        "%(count)d criteria, technical part %(weight)s of 100 points",
        count,
    ) % {"count": count, "weight": technical.get("weight")}


def dates_line(
    lot: Lot, rules: Procedure, drafts: Preparation, at: datetime
) -> tuple[str, bool, bool]:
    """The chosen dates in one line; whether all are there; whether they break a rule by now."""
    known = {name: lot.dates[name] for name in chosen(rules) if name in lot.dates}
    planned = known or drafts.dates
    if set(planned) != set(chosen(rules)):
        return _("When documents are on offer and bids are due; every date that follows."), \
            False, False
    said = "; ".join(
        f"{rules.title('dates', name)} {planning.shown_end(moment)}"
        for name, moment in moments(planned).items()
    )
    if known:
        return said, True, False
    return said, True, bool(_faults(lot, drafts, at))


def _faults(lot: Lot, drafts: Preparation, at: datetime) -> list[str]:
    """Why the planned dates would be refused were the notice published at ``at``."""
    try:
        run = notices.dry_run(lot, start=at, dates=moments(drafts.dates))
    except SunlitError as error:
        return [error.message]
    return [breach.message for breach in run.blocking]


def missing(
    what: str, lot: Lot, rules: Procedure, drafts: Preparation, at: datetime
) -> list[Missing]:
    """What stands in the way of publishing ``what`` (``notice`` or ``documents``)."""

    def address(name: str) -> str:
        return reverse(name, args=[lot.project.code, lot.number])

    found = []
    if what == "notice":
        if lot.estimate is None:
            found.append(Missing(_("State the estimate of the lot."), address("prepare-lot")))
        found += [Missing(text, address("prepare-plan")) for text in plan_page.missing(lot)]
        if not drafts.notice.get("scope"):
            found.append(Missing(_("Write the notice."), address("prepare-notice")))
        if set(drafts.dates) != set(chosen(rules)):
            found.append(Missing(_("Plan the dates."), address("prepare-dates")))
        else:
            found += [Missing(text, address("prepare-dates")) for text in _faults(lot, drafts, at)]
    if not lot.parameters.get("method"):
        found.append(Missing(_("State the method of evaluation."), address("prepare-evaluation")))
    return found


def run_dates(rules: Procedure, drafts: Preparation) -> list[tuple[str, str]]:
    """The planned dates in words: what, and when."""
    return [
        (rules.title("dates", name), planning.shown_end(moment))
        for name, moment in moments(drafts.dates).items()
    ]


# --- the dry run ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dated:
    """One line of the dry run. ``moved`` says that a day of rest moved it."""

    at: datetime
    title: str
    rule: str
    confirmed: bool
    why: str
    moved: bool
    badge: Badge


@dataclass(frozen=True)
class Rest:
    """Days of rest in a row, of which people should know when they choose dates."""

    first: datetime
    last: datetime
    name: str


def run_lines(rules: Procedure, run: DryRun, known: Mapping[str, datetime]) -> list[Dated]:
    """Every date of the dry run with its article and why it falls where it falls."""
    calendar_ = calendar.load()
    moments_ = {one.name: one.at for one in run.dates}
    lines = []
    for one in run.dates:
        named = rules.dates[one.name]
        why, moved = _why(rules, named, one.at, moments_, calendar_, one.explanation)
        if one.name in known:
            badge, why = Badge("done", _("Chosen")), _least(rules, named, moments_, calendar_)
        elif one.expected:
            badge = Badge("todo", _("Expected"))
        elif one.name in rules.marked:
            badge = Badge("todo", _("Meant"))
        else:
            badge = Badge("done", _("Fixed by law")) if one.rule else Badge("done", _("Follows"))
        lines.append(
            Dated(
                at=one.at,
                title=rules.title("dates", one.name),
                rule=one.rule.article if one.rule else "",
                confirmed=one.rule.confirmed if one.rule else True,
                why=why,
                moved=moved,
                badge=badge,
            )
        )
    return lines


def _why(
    rules: Procedure,
    named: NamedDate,
    at: datetime,
    known: Mapping[str, datetime],
    calendar_: Calendar,
    explained: str,
) -> tuple[str, bool]:
    """Why a date falls where it does, and whether days of rest had a part in it."""
    if named.same is not None:
        return _("At the same moment as “%(date)s”.") % {
            "date": rules.title("dates", named.same)
        }, False
    if named.after is not None:
        words = {"count": named.count, "date": rules.title("dates", named.after)}
        if named.unit is calendar.Unit.WORKING_DAYS:
            said = ngettext(
                "Expected %(count)d working day after “%(date)s”.",
                "Expected %(count)d working days after “%(date)s”.",
                named.count,
            ) % words
        else:
            said = ngettext(
                "Expected %(count)d day after “%(date)s”.",
                "Expected %(count)d days after “%(date)s”.",
                named.count,
            ) % words
        start = calendar.local_day(known[named.after])
        plain = start + timedelta(days=named.count)
        return said, calendar.local_day(at) != plain
    rule = rules.days.get(named.rule or "")
    if rule is None or not explained:
        return explained, False
    other = rule.from_ if named.name == rule.to else rule.to
    if other not in known:
        return explained, False
    apart = abs((calendar.last_day_of(known[other]) - calendar.last_day_of(at)).days)
    moved = rule.unit is calendar.Unit.DAYS and apart != rule.count
    return explained, moved


def _least(
    rules: Procedure, named: NamedDate, known: Mapping[str, datetime], calendar_: Calendar
) -> str:
    """The bound of a chosen date, counted out."""
    rule = rules.days.get(named.rule or "")
    if rule is None or rule.from_ not in known:
        return ""
    first = calendar.local_day(known[rule.from_])
    bound = _("At the earliest: %(why)s") if rule.least is not None else _("At the latest: %(why)s")
    return bound % {"why": calendar_.explain(first, rule.count, rule.unit)}


def rests(run: DryRun) -> list[Rest]:
    """The holidays between the first and the last date of a run, weekends without a name aside."""
    calendar_ = calendar.load()
    first, last = (calendar.local_day(one.at) for one in (run.dates[0], run.dates[-1]))
    found: list[list[Any]] = []
    for day, what in sorted(calendar_.exceptions.items()):
        if not first <= day <= last or what.working:
            continue
        if found and found[-1][2] == what.name and (day - found[-1][1]).days <= 3:
            found[-1][1] = day
        else:
            found.append([day, day, what.name])
    return [
        Rest(calendar.moment(one[0], _MIDDAY), calendar.moment(one[1], _MIDDAY), one[2])
        for one in found
    ]


_MIDDAY = datetime(2000, 1, 1, 12).time()  # noqa: DTZ001 - only its time of day is used


#: So long a first proposal of dates holds, for the notice is not published the day it is planned.
LEEWAY = timedelta(days=3)


def proposal(rules: Procedure, lot: Lot, start: datetime) -> dict[str, datetime]:
    """The chosen dates as early as the rules allow a few days from ``start``."""
    run = notices.dry_run(lot, start=start + LEEWAY)
    return {name: run.at(name) for name in chosen(rules)}


