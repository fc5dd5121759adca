"""What must hold between the parts of a procedure.

Pure: each fault is ``(section, index, key, reason)``, from which the reader of the file finds the
line; an index below zero names the table ``section`` as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from trading.domain.procedure import ANY, LANGUAGES, Command, NamedDate, Procedure
from trading.enums import LotState

FaultAt = tuple[str, int, str, str]

_SECTIONS = (
    "stages", "exits", "dates", "events", "days", "figures", "flags", "grounds", "commands",
)  # fmt: skip


def faults(procedure: Procedure) -> Iterator[FaultAt]:
    """Everything that does not hold together."""
    yield from _commands(procedure)
    yield from _dates(procedure)
    yield from _days(procedure)
    yield from _reachable(procedure)
    yield from _translations(procedure)


def _commands(procedure: Procedure) -> Iterator[FaultAt]:
    places = {stage.name for stage in procedure.stages} | set(procedure.exits)
    for index, command in enumerate(procedure.commands.values()):
        for place in command.from_:
            if place not in places and place != ANY:
                yield "commands", index, "from", f"there is no stage {place!r}"
        if command.to is not None and command.to not in places and command.to != ANY:
            yield "commands", index, "to", f"there is no stage {command.to!r}"
        if command.to == ANY and not _leaves_a_suspension(procedure, command):
            yield "commands", index, "to", 'to = "*" goes back from a suspension only'
        for key in ("at", "not_before", "not_after", "marks"):
            name = getattr(command, key)
            if name is not None and name not in procedure.dates:
                yield "commands", index, key, f"there is no date {name!r}"
        if (command.at is not None) != ("clock" in command.roles):
            yield "commands", index, "roles", "the clock, and only it, acts at a date"
        yield from _articles(procedure, "commands", index, command.article)
        for guard in command.guards:
            yield from _articles(procedure, "commands", index, guard.article)


def _leaves_a_suspension(procedure: Procedure, command: Command) -> bool:
    return all(
        place in procedure.exits and procedure.exits[place].state == LotState.SUSPENDED
        for place in command.from_
    )


def _dates(procedure: Procedure) -> Iterator[FaultAt]:
    for index, named in enumerate(procedure.dates.values()):
        for key in ("same", "after"):
            name = getattr(named, key)
            if name is not None and name not in procedure.dates:
                yield "dates", index, key, f"there is no date {name!r}"
        if named.rule is not None:
            rule = procedure.days.get(named.rule)
            if rule is None:
                yield "dates", index, "rule", f"there is no rule of days {named.rule!r}"
            elif named.name not in (rule.from_, rule.to):
                yield "dates", index, "rule", f"the rule {named.rule} does not speak of this date"
        sources = [named.rule, named.same, named.after]
        if sum(source is not None for source in sources) > 1:
            yield "dates", index, "", "a date follows from one of rule, same and after"
        if not any(sources) and not named.chosen and named.name not in procedure.marked:
            yield "dates", index, "", "nothing ever sets this date"
        if _circular(procedure, named):
            yield "dates", index, "", "this date follows from itself"


def basis(procedure: Procedure, named: NamedDate) -> str | None:
    """The date that ``named`` follows from."""
    if named.rule is not None and named.rule in procedure.days:
        rule = procedure.days[named.rule]
        return rule.from_ if named.name == rule.to else rule.to
    return named.same or named.after


def _circular(procedure: Procedure, named: NamedDate) -> bool:
    seen = {named.name}
    before = basis(procedure, named)
    while before is not None and before in procedure.dates:
        if before in seen:
            return True
        seen.add(before)
        before = basis(procedure, procedure.dates[before])
    return False


def _days(procedure: Procedure) -> Iterator[FaultAt]:
    moments = set(procedure.dates) | procedure.events
    for index, rule in enumerate(procedure.days.values()):
        for key, name in (("from", rule.from_), ("to", rule.to)):
            if name not in moments:
                yield "days", index, key, f"there is no date or event {name!r}"
        yield from _articles(procedure, "days", index, rule.article)
    for index, figure in enumerate(procedure.figures.values()):
        yield from _articles(procedure, "figures", index, figure.article)
    for index, ground in enumerate(procedure.grounds.values()):
        if not ground.article.strip():
            yield "grounds", index, "article", "a ground without its article is left out"
        yield from _articles(procedure, "grounds", index, ground.article)


def _articles(procedure: Procedure, section: str, index: int, article: str) -> Iterator[FaultAt]:
    """``TBL 16, TBR 15``: each part begins with a source, or continues the one before it."""
    for number, part in enumerate(part.strip() for part in article.split(",") if part.strip()):
        head = part.split(" ", 1)[0]
        if head not in procedure.sources and (number == 0 or not head[:1].isdigit()):
            yield section, index, "article", f"{head!r} is none of the sources"


def _reachable(procedure: Procedure) -> Iterator[FaultAt]:
    order = [stage.name for stage in procedure.stages]
    reached = {order[0]}
    grew = True
    while grew:
        grew = False
        for command in procedure.commands.values():
            if command.to in (None, ANY) or command.to in reached:
                continue
            if any(place in reached or (place == ANY and reached) for place in command.from_):
                reached.add(str(command.to))
                grew = True
    for section, names in (("stages", order), ("exits", list(procedure.exits))):
        for index, name in enumerate(names):
            if name not in reached:
                yield section, index, "name", f"no command ever leads to {name}"


def _translations(procedure: Procedure) -> Iterator[FaultAt]:
    for language in LANGUAGES:
        texts = procedure.texts.get(language)
        if texts is None:
            yield "texts", -1, "", f"there are no texts in {language}"
            continue
        if not texts.get("title"):
            yield f"texts.{language}", -1, "", f"the title has no text in {language}"
        if not texts.get("category"):
            yield f"texts.{language}", -1, "", f"the category has no text in {language}"
        for section in _SECTIONS:
            table = texts.get(section, {})
            for index, row in enumerate(procedure.data.get(section, [])):
                if not str(table.get(row["name"], "")).strip():
                    yield section, index, "name", f"{row['name']} has no text in {language}"
    for name, titles in procedure.sources.items():
        for language in LANGUAGES:
            if not titles.get(language):
                yield f"sources.{name}", -1, "", f"the source {name} has no title in {language}"
