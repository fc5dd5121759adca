"""A procedure's terms in people's words: who, when, how many days, what follows from what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Final

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from trading.domain.calendar import Unit
from trading.domain.procedure import (
    ANY,
    Command,
    DayRule,
    Figure,
    GuardUse,
    NamedDate,
    Procedure,
)
from trading.interfaces.citations import cited
from trading.interfaces.guard_labels import guard_label

#: Units of figures, as the procedure files write them.
PERCENT: Final = "percent"
THIRDS: Final = "thirds"
MINUTES: Final = "minutes"
HOURS: Final = "hours"


def place(rules: Procedure, name: str) -> str:
    """A stage, a way out, or what stands for any of them."""
    if name == ANY:
        return _("any stage")
    return rules.title("exits" if name in rules.exits else "stages", name)


def target(rules: Procedure, name: str) -> str:
    """Where a command leads to."""
    return _("back to where the lot stood") if name == ANY else place(rules, name)


def moment(rules: Procedure, name: str) -> str:
    """A date of the lot, or a moment of a single case."""
    return rules.title("dates" if name in rules.dates else "events", name)


def source(rules: Procedure, name: str) -> str:
    """A law's title in the reader's language."""
    titles = rules.sources[name]
    return titles.get(get_language() or "") or next(iter(titles.values()))


def unit(value: Unit) -> str:
    """How days are counted."""
    return _("working days") if value is Unit.WORKING_DAYS else _("days")


def days(count: int, counted: Unit) -> str:
    """``5 working days``."""
    if counted is Unit.WORKING_DAYS:
        sentence = ngettext("%(count)d working day", "%(count)d working days", count)
    else:
        sentence = ngettext("%(count)d day", "%(count)d days", count)
    return sentence % {"count": count}


def _limit(least: bool, said: str) -> str:
    sentence = _("at least %(amount)s") if least else _("at most %(amount)s")
    return sentence % {"amount": said}


def term(rules: Procedure, name: str) -> str:
    """``at most 30 days (TBL 46)``, as the lot's own procedure has it; empty where it has none."""
    rule = rules.days.get(name)
    return "" if rule is None else with_note(span(rule), cited(rule.article))


def span(rule: DayRule) -> str:
    """``at least 20 days``."""
    return _limit(rule.least is not None, days(rule.count, rule.unit))


def amount(count: int, counted: str) -> str:
    """``2%``, ``2/3``, ``90 minutes``, ``24 hours``, ``5``."""
    if counted == MINUTES:
        said = ngettext("%(count)d minute", "%(count)d minutes", count)
        return said % {"count": count}
    if counted == HOURS:
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    return {PERCENT: f"{count}%", THIRDS: f"{count}/3"}.get(counted, str(count))


def figure(limit: Figure) -> str:
    """``at most 2%``, ``at least 2/3``, ``at least 5, an odd number``."""
    count = limit.least if limit.least is not None else (limit.most or 0)
    said = _limit(limit.least is not None, amount(count, limit.unit))
    return _("%(limit)s, an odd number") % {"limit": said} if limit.odd else said


def between(rules: Procedure, rule: DayRule) -> str:
    """From which moment to which a rule counts its days."""
    return _("from “%(start)s” to “%(end)s”") % {
        "start": moment(rules, rule.from_),
        "end": moment(rules, rule.to),
    }


def hour(at: time | None) -> str:
    """The hour of a date in Beijing; without one a date is the end of its day."""
    return f"{at:%H:%M}" if at is not None else _("end of the day")


def times(rules: Procedure, command: Command) -> tuple[str, ...]:
    """When a command may be given; nothing where its stages alone say so."""
    said = []
    for name, sentence in (
        (command.at, _("By itself at “%(date)s”")),
        (command.not_before, _("Not before “%(date)s”")),
        (command.not_after, _("Not after “%(date)s”")),
    ):
        if name is not None:
            said.append(sentence % {"date": moment(rules, name)})
    return tuple(said)


def condition(use: GuardUse) -> str:
    """What must hold before a command, with its article."""
    label = guard_label(use)
    return with_note(label, cited(use.article)) if use.article else label


def with_note(said: str, note: str) -> str:
    """``what is said (its note)``."""
    return _("%(said)s (%(note)s)") % {"said": said, "note": note}


def run_on(parts: Iterable[str]) -> str:
    """Several things said in one line."""
    return pgettext("between parts of a line", "; ").join(part for part in parts if part)


def comes_about(rules: Procedure, named: NamedDate) -> tuple[str, ...]:
    """How a date comes about: fixed by a command, chosen, or following from another."""
    said = [
        _("Fixed when this is done: %(command)s") % {"command": rules.title("commands", each.name)}
        for each in rules.commands.values()
        if each.marks == named.name
    ]
    if named.later:
        said.append(_("Chosen by the tenderee when its stage has come"))
    elif named.chosen:
        said.append(_("Chosen by the tenderee when the notice is published"))
    if named.same is not None:
        said.append(_("The same as “%(date)s”") % {"date": moment(rules, named.same)})
    if named.after is not None:
        said.append(
            _("Expected %(days)s after “%(date)s”; an expectation, no rule")
            % {"days": days(named.count, named.unit), "date": moment(rules, named.after)}
        )
    if named.rule is not None:
        said.append(_by_rule(rules, named.name, rules.days[named.rule]))
    return tuple(said)


def _by_rule(rules: Procedure, name: str, rule: DayRule) -> str:
    if name == rule.to:
        sentence, other = _("By rule: %(span)s after “%(date)s”"), rule.from_
    else:
        sentence, other = _("By rule: %(span)s before “%(date)s”"), rule.to
    return sentence % {"span": span(rule), "date": moment(rules, other)}
