"""What one procedure says otherwise than another, in people's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trading.domain.procedure import GuardUse, Procedure
from trading.enums import LotRole
from trading.interfaces import procedure_keys
from trading.interfaces import procedure_words as words
from trading.interfaces.procedure_changes import TITLE, Change, Changed, Comparison, Moved, Section

SECTION_TITLES: dict[str, Promise] = {
    "stages": gettext_lazy("Stages"),
    "exits": gettext_lazy("Ways out"),
    "commands": gettext_lazy("What may be done"),
    "days": gettext_lazy("Days"),
    "dates": gettext_lazy("Dates"),
    "events": gettext_lazy("Moments of single cases"),
    "figures": gettext_lazy("Other figures"),
    "flags": gettext_lazy("Choices"),
    "grounds": gettext_lazy("Grounds of refusals"),
    "words": gettext_lazy("Words of its papers"),
    "sources": gettext_lazy("Law"),
}

#: Keys that say by which law a rule stands, and since when.
_CITATION = frozenset({"article", "effective"})


@dataclass(frozen=True)
class RowLine:
    """A row that only one of the two has."""

    title: str
    said: str
    article: str


@dataclass(frozen=True)
class KeyLine:
    """One key of a changed row, before and after; each in so many lines."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class ChangedLine:
    """A row that both have and that says something else."""

    title: str
    keys: tuple[KeyLine, ...]


@dataclass(frozen=True)
class CitedLine:
    """A row of which nothing changed but the law that is cited for it."""

    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class MovedLine:
    """A row that stands elsewhere: after which, in the one and in the other."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class SectionLines:
    """The differences of one kind of row."""

    name: str
    title: str
    added: tuple[RowLine, ...]
    left_out: tuple[RowLine, ...]
    changed: tuple[ChangedLine, ...]
    cited: tuple[CitedLine, ...]
    moved: tuple[MovedLine, ...]

    @property
    def count(self) -> int:
        """How many rows differ."""
        kinds = (self.added, self.left_out, self.changed, self.cited, self.moved)
        return sum(map(len, kinds))


@dataclass(frozen=True)
class Page:
    """All differences; ``before`` and ``after`` are what the two are called on the page."""

    before: str
    after: str
    #: Whether the two are the same to the letter.
    identical: bool
    head: tuple[KeyLine, ...]
    sections: tuple[SectionLines, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs that a reader sees or the platform does."""
        return not self.head and not self.sections


def build(comparison: Comparison, *, before: str, after: str) -> Page:
    """All differences for a page on which the two are called ``before`` and ``after``."""
    return Page(
        before=before,
        after=after,
        identical=comparison.before.digest == comparison.after.digest,
        head=_keys(comparison, "", "", comparison.head),
        sections=tuple(_section(comparison, each) for each in comparison.sections if each),
    )


def _section(comparison: Comparison, section: Section) -> SectionLines:
    name, before, after = section.name, comparison.before, comparison.after
    return SectionLines(
        name=name,
        title=str(SECTION_TITLES[name]),
        added=tuple(_row(after, name, row) for row in section.added),
        left_out=tuple(_row(before, name, row) for row in section.left_out),
        changed=tuple(
            _changed(comparison, name, row) for row in section.changed if not _only_cited(row)
        ),
        cited=tuple(_cited(comparison, name, row) for row in section.changed if _only_cited(row)),
        moved=tuple(_moved(after, name, row) for row in section.moved),
    )


def _title(rules: Procedure, section: str, name: str) -> str:
    return name if section == "sources" else rules.title(section, name)


def _changed(comparison: Comparison, section: str, row: Changed) -> ChangedLine:
    return ChangedLine(
        title=_title(comparison.after, section, row.name),
        keys=_keys(comparison, section, row.name, row.changes),
    )


def _only_cited(row: Changed) -> bool:
    """Whether the row says what it said, by another article or since another day."""
    return all(
        change.key in _CITATION
        or (change.key == "guards" and _asked(change.before) == _asked(change.after))
        for change in row.changes
    )


def _asked(guards: Iterable[GuardUse]) -> list[tuple[str, Any]]:
    return [(use.name, use.parameters) for use in guards]


def _cited(comparison: Comparison, section: str, row: Changed) -> CitedLine:
    def said(rules: Procedure, key: str, value: Any) -> tuple[str, ...]:
        if key == "effective":
            return (_("since %(day)s") % {"day": value.isoformat()},)
        return procedure_keys.said(rules, section, row.name, key, value)

    return CitedLine(
        title=_title(comparison.after, section, row.name),
        before=tuple(
            line for each in row.changes for line in said(comparison.before, each.key, each.before)
        ),
        after=tuple(
            line for each in row.changes for line in said(comparison.after, each.key, each.after)
        ),
    )


def _moved(rules: Procedure, section: str, row: Moved) -> MovedLine:
    def behind(name: str | None) -> str:
        if name is None:
            return _("at the head")
        return _("after “%(row)s”") % {"row": _title(rules, section, name)}

    return MovedLine(
        title=_title(rules, section, row.name),
        before=behind(row.before),
        after=behind(row.after),
    )


# --- rows that only one has -----------------------------------------------------------------------


def _row(rules: Procedure, section: str, name: str) -> RowLine:
    if section == "sources":
        return RowLine(title=name, said=words.source(rules, name), article="")
    say, article = _SAID.get(section, lambda rules, name: ""), ""
    if section in ("days", "figures", "flags", "grounds", "commands"):
        article = getattr(rules, section)[name].article
    return RowLine(title=rules.title(section, name), said=say(rules, name), article=article)


def _command_said(rules: Procedure, name: str) -> str:
    command = rules.commands[name]
    said = [LotRole.named(command.roles), *words.times(rules, command)]
    if command.to is not None:
        said.append(_("leads to: %(place)s") % {"place": words.target(rules, command.to)})
    return words.run_on(said)


_SAID: dict[str, Callable[[Procedure, str], str]] = {
    "commands": _command_said,
    "days": lambda rules, name: (
        f"{words.span(rules.days[name])}, {words.between(rules, rules.days[name])}"
    ),
    "dates": lambda rules, name: words.run_on(words.comes_about(rules, rules.dates[name])),
    "figures": lambda rules, name: words.figure(rules.figures[name]),
    "flags": lambda rules, name: procedure_keys.yes(rules.flags[name].value),
    "exits": lambda rules, name: procedure_keys.state(rules.exits[name].state),
}


def _keys(
    comparison: Comparison, section: str, row: str, changes: Iterable[Change]
) -> tuple[KeyLine, ...]:
    """Each key in words; a name that changed in the reader's language is told in it alone."""
    changes = list(changes)
    own = {f"{stem}{get_language() or ''}" for stem in (TITLE, "category.")}
    stems = {each.key.partition(".")[0] for each in changes if each.key in own}
    told = {each.key for each in changes if each.key.partition(".")[0] not in stems} | own
    return tuple(
        KeyLine(
            key=procedure_keys.label(section, each.key),
            before=procedure_keys.said(comparison.before, section, row, each.key, each.before),
            after=procedure_keys.said(comparison.after, section, row, each.key, each.after),
        )
        for each in changes
        if each.key in told
    )
