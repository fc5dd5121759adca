"""A procedure as its page tells it: stages with what may be done there, and every rule as a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from trading.domain import procedure
from trading.domain.procedure import ANY, Command, DayRule, Figure, NamedDate, Procedure
from trading.enums import LotRole
from trading.interfaces import procedure_words
from trading.interfaces.procedure_diagram import Diagram, draw


@dataclass(frozen=True)
class CommandLine:
    """Something that may be done: by whom, when, on what condition, and what becomes of it."""

    title: str
    who: str
    when: tuple[str, ...]
    guards: tuple[str, ...]
    target: str
    #: The stage it leads to, for its anchor; empty where it leads to none.
    stage: str
    fixes: str
    article: str


@dataclass(frozen=True)
class Place:
    """A stage, all stages together or a way out, with what may be done there."""

    anchor: str
    title: str
    #: A stage's number on the way; 0 for the others.
    number: int
    commands: tuple[CommandLine, ...]


@dataclass(frozen=True)
class DayLine:
    """A rule of days."""

    rule: DayRule
    title: str
    start: str
    end: str
    span: str


@dataclass(frozen=True)
class DateLine:
    """A date of the lot, how it comes about and by which article."""

    title: str
    how: tuple[str, ...]
    hour: str
    rule: str
    article: str


@dataclass(frozen=True)
class FigureLine:
    """A limit that is no number of days."""

    figure: Figure
    title: str
    limit: str


@dataclass(frozen=True)
class FlagLine:
    """A choice that the procedure makes."""

    title: str
    on: bool
    article: str


@dataclass(frozen=True)
class GroundLine:
    """A condition on whose ground something is refused, and the article that is cited then."""

    title: str
    article: str


@dataclass(frozen=True)
class Head:
    """A procedure in one line; ``unconfirmed`` of its ``figures`` are still to be confirmed."""

    name: str
    title: str
    category: str
    version: str
    effective: date
    digest: str
    code_prefix: str
    stages: int
    figures: int
    unconfirmed: int


@dataclass(frozen=True)
class Group:
    """A category with its procedures, the usual one first."""

    category: str
    heads: tuple[Head, ...]


@dataclass(frozen=True)
class Page:
    """All of a procedure."""

    head: Head
    diagram: Diagram
    places: tuple[Place, ...]
    days: tuple[DayLine, ...]
    dates: tuple[DateLine, ...]
    figures: tuple[FigureLine, ...]
    flags: tuple[FlagLine, ...]
    grounds: tuple[GroundLine, ...]
    #: Abbreviation and title of each law.
    sources: tuple[tuple[str, str], ...]


def head(rules: Procedure) -> Head:
    """The procedure in one line."""
    figures: list[DayRule | Figure] = [*rules.days.values(), *rules.figures.values()]
    return Head(
        name=rules.name,
        title=rules.name_for_people(),
        category=rules.category_for_people(),
        version=rules.version,
        effective=rules.effective,
        digest=rules.digest,
        code_prefix=rules.code_prefix,
        stages=len(rules.stages),
        figures=len(figures),
        unconfirmed=sum(not each.confirmed for each in figures),
    )


def groups() -> tuple[Group, ...]:
    """All procedures in force by category."""
    return tuple(
        Group(category=found[0].category_for_people(), heads=tuple(map(head, found)))
        for found in procedure.categories().values()
    )


def others(rules: Procedure) -> tuple[Head, ...]:
    """The other procedures in force, those of the same category first."""
    found = [procedure.load(name) for name in procedure.names() if name != rules.name]
    return tuple(map(head, sorted(found, key=lambda one: one.category != rules.category)))


def build(rules: Procedure) -> Page:
    """All of a procedure for its page."""
    return Page(
        head=head(rules),
        diagram=draw(rules),
        places=tuple(_places(rules)),
        days=tuple(_days(rules, rule) for rule in rules.days.values()),
        dates=tuple(_date(rules, named) for named in rules.dates.values()),
        figures=tuple(
            FigureLine(each, rules.title("figures", each.name), procedure_words.figure(each))
            for each in rules.figures.values()
        ),
        flags=tuple(
            FlagLine(rules.title("flags", each.name), each.value, each.article)
            for each in rules.flags.values()
        ),
        grounds=tuple(
            GroundLine(rules.title("grounds", each.name), each.article)
            for each in rules.grounds.values()
        ),
        sources=tuple((name, procedure_words.source(rules, name)) for name in rules.sources),
    )


def _places(rules: Procedure) -> Iterable[Place]:
    """The stages in order, then what is possible at all of them, then the ways out."""
    commands = rules.commands.values()
    anywhere = [each for each in commands if ANY in each.from_]
    for number, stage in enumerate(rules.stages, 1):
        here = [each for each in commands if {stage.name, ANY} & {*each.from_} == {stage.name}]
        yield Place(
            anchor=f"stage-{stage.name}",
            title=rules.title("stages", stage.name),
            number=number,
            commands=_lines(rules, here),
        )
    if anywhere:
        yield Place(
            anchor="stage-any",
            title=_("At any stage, while the lot runs"),
            number=0,
            commands=_lines(rules, anywhere),
        )
    for name in rules.exits:
        yield Place(
            anchor=f"stage-{name}",
            title=rules.title("exits", name),
            number=0,
            commands=_lines(rules, [each for each in commands if name in each.from_]),
        )


def _lines(rules: Procedure, commands: Iterable[Command]) -> tuple[CommandLine, ...]:
    return tuple(_command(rules, each) for each in commands)


def _command(rules: Procedure, command: Command) -> CommandLine:
    to = command.to
    return CommandLine(
        title=rules.title("commands", command.name),
        who=LotRole.named(command.roles),
        when=procedure_words.times(rules, command),
        guards=tuple(map(procedure_words.condition, command.guards)),
        target="" if to is None else procedure_words.target(rules, to),
        stage=to if to is not None and to != ANY else "",
        fixes=procedure_words.moment(rules, command.marks) if command.marks else "",
        article=command.article,
    )


def _days(rules: Procedure, rule: DayRule) -> DayLine:
    return DayLine(
        rule=rule,
        title=rules.title("days", rule.name),
        start=procedure_words.moment(rules, rule.from_),
        end=procedure_words.moment(rules, rule.to),
        span=procedure_words.span(rule),
    )


def _date(rules: Procedure, named: NamedDate) -> DateLine:
    rule = rules.days[named.rule] if named.rule is not None else None
    follows = rule is not None or named.after is not None
    return DateLine(
        title=rules.title("dates", named.name),
        how=procedure_words.comes_about(rules, named),
        hour=procedure_words.hour(named.time) if follows or named.time is not None else "",
        rule="" if rule is None else rule.name,
        article="" if rule is None else rule.article,
    )
