"""A procedure as data: stages, commands, dates, days, guards, flags, and their texts.

The files lie in ``trading/procedures/``; ``trading.domain.procedure_file`` reads and checks them.
At publication the file's data is frozen onto the lot together with its digest, so that a later
edition of the law or of the file never changes a running tender.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language

from signatures.domain import jcs
from signatures.domain.errors import NotFound
from trading.domain.calendar import Unit
from trading.models import Lot

#: The house's own files; a centre may keep further ones in a folder of its own (settings).
FOLDER = Path(__file__).resolve().parent.parent / "procedures"

#: The languages in which every name of a file has its text.
LANGUAGES: Final = ("zh-hans", "en")
#: In ``from``: any stage of a running lot. In ``to``: back to where the lot stood.
ANY = "*"


@dataclass(frozen=True)
class Stage:
    """A place on the way. ``state`` is what entering it makes of the lot."""

    name: str
    state: str = "active"


@dataclass(frozen=True)
class Exit:
    """A way out: the lot keeps its stage and takes this state."""

    name: str
    state: str


@dataclass(frozen=True)
class NamedDate:
    """A date of a lot: marked by a command, ``chosen`` at publication, or following from others.

    One that is chosen ``later`` is not asked for at publication but when its stage has come. It
    follows from a ``rule`` of days, is the ``same`` as another date, or is expected ``count``
    units ``after`` another one (an expectation, not law). ``time`` is its hour in Beijing; without
    one it is the end of the day.
    """

    name: str
    chosen: bool = False
    later: bool = False
    rule: str | None = None
    same: str | None = None
    after: str | None = None
    count: int = 0
    unit: Unit = Unit.DAYS
    time: time | None = None


@dataclass(frozen=True)
class DayRule:
    """At ``least`` or at ``most`` so many days from one date to another, by this article."""

    name: str
    from_: str
    to: str
    unit: Unit
    article: str
    effective: date
    confirmed: bool
    mandatory: bool
    least: int | None = None
    most: int | None = None

    @property
    def count(self) -> int:
        """The figure, whichever side it limits."""
        return self.least if self.least is not None else (self.most or 0)


@dataclass(frozen=True)
class Figure:
    """A limit that is no number of days: a share, a count, a time.

    ``unit``: percent, count, thirds, minutes, hours.
    """

    name: str
    unit: str
    article: str
    effective: date
    confirmed: bool
    least: int | None = None
    most: int | None = None
    odd: bool = False

    def holds(self, value: int) -> bool:
        """Whether ``value`` keeps to the limit."""
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (not self.odd or value % 2 == 1)
        )


@dataclass(frozen=True)
class Flag:
    """A choice that the procedure makes, with the article that allows or demands it."""

    name: str
    value: bool
    article: str = ""


@dataclass(frozen=True)
class GroundUse:
    """A registered ground of refusals (``trading.domain.grounds``) with the article for it here."""

    name: str
    article: str


@dataclass(frozen=True)
class GuardUse:
    """A registered guard as one command names it, with its parameters and its article."""

    name: str
    article: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Command:
    """What somebody may do in this procedure, and what becomes of the lot.

    ``act`` is the registered act that does it (the same name unless said otherwise). ``from_``
    are stages and exits, :data:`ANY` among them meaning every stage. ``at`` is the date at which
    the clock does it; ``not_before`` and ``not_after`` bound it by dates; ``marks`` is the date
    that it fixes to its own moment.
    """

    name: str
    act: str
    roles: frozenset[str]
    from_: tuple[str, ...]
    to: str | None = None
    at: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    marks: str | None = None
    article: str = ""
    guards: tuple[GuardUse, ...] = ()


@dataclass(frozen=True)
class Procedure:
    """One edition of one procedure.

    ``category`` is the kind of trading that it is a variant of, of which the usual procedure, where
    there is one, has the same name. ``contracting`` is what it is called in open contracting data:
    ``method``, ``category``, ``sale``; nothing where that is not certain.
    """

    name: str
    version: str
    effective: date
    code_prefix: str
    category: str
    digest: str
    data: Mapping[str, Any]
    sources: Mapping[str, Mapping[str, str]]
    stages: tuple[Stage, ...]
    exits: Mapping[str, Exit]
    dates: Mapping[str, NamedDate]
    events: frozenset[str]
    days: Mapping[str, DayRule]
    figures: Mapping[str, Figure]
    flags: Mapping[str, Flag]
    grounds: Mapping[str, GroundUse]
    commands: Mapping[str, Command]
    texts: Mapping[str, Mapping[str, Any]]
    contracting: Mapping[str, Any]

    @property
    def first_stage(self) -> Stage:
        return self.stages[0]

    @property
    def marked(self) -> frozenset[str]:
        """The dates that some command fixes."""
        return frozenset(one.marks for one in self.commands.values() if one.marks)

    @property
    def chosen(self) -> list[str]:
        """The dates that the tenderee chooses when the notice is published."""
        return [one.name for one in self.dates.values() if one.chosen and not one.later]

    def stage(self, name: str) -> Stage:
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise NotFound(f"The procedure {self.name} has no stage {name}.", code="unknown-stage")

    def command(self, name: str) -> Command:
        try:
            return self.commands[name]
        except KeyError:
            raise NotFound(
                f"The procedure {self.name} knows no command {name}.", code="unknown-command"
            ) from None

    def step_of(self, act: str, stage: str) -> str:
        """The command that ``act`` is at this stage: its own, or else the first that names it.

        Where no command of the act is of this stage it is the act's own, which says so itself.
        """
        own = self.commands.get(act)
        if own is not None and not {stage, ANY}.isdisjoint(own.from_):
            return act
        named = (one for one in self.commands.values() if one.act == act and stage in one.from_)
        return next((one.name for one in named), act)

    def figure(self, name: str) -> Figure:
        try:
            return self.figures[name]
        except KeyError:
            raise NotFound(
                f"The procedure {self.name} has no figure {name}.", code="unknown-figure"
            ) from None

    def flag(self, name: str) -> bool:
        """A flag's value; a flag that the file does not name is off."""
        flag = self.flags.get(name)
        return flag is not None and flag.value

    def cite(self, command: Command) -> str:
        """The rule that a refusal of this command names: its article, else the file's own line."""
        return command.article or f"{self.name} {self.version}, {command.name}"

    def title(self, section: str, name: str, language: str | None = None) -> str:
        """What people call one of the file's names: ``title("stages", "BIDDING")``."""
        return str(self._texts(language).get(section, {}).get(name, name))

    def name_for_people(self, language: str | None = None) -> str:
        return str(self._texts(language).get("title", self.name))

    def category_for_people(self, language: str | None = None) -> str:
        return str(self._texts(language).get("category", self.category))

    def _texts(self, language: str | None) -> Mapping[str, Any]:
        wanted = language or get_language() or ""
        return self.texts.get(wanted) or next(iter(self.texts.values()))

    def frozen(self) -> dict[str, Any]:
        """What a lot keeps: name, version, digest and the whole of the file's data."""
        return {
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "data": self.data,
        }


def digest_of(data: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a file's data, in hex."""
    return jcs.digest(dict(data)).hex()


def folders() -> tuple[Path, ...]:
    """Where files lie: the house's own, then the centre's, which adds to them."""
    own = settings.PROCEDURES
    return (FOLDER, Path(own)) if own else (FOLDER,)


def files() -> dict[str, Path]:
    """By name the files there are; of two of one name the house's own."""
    found = [path for folder in reversed(folders()) for path in folder.glob("*.toml")]
    return {path.stem: path for path in found}


def names() -> list[str]:
    """The procedures that there are files for."""
    return sorted(files())


def categories() -> dict[str, list[Procedure]]:
    """By category its procedures, the usual one, which has the category's name, first."""
    found: dict[str, list[Procedure]] = {}
    for rules in sorted(map(load, names()), key=lambda one: (one.name != one.category, one.name)):
        found.setdefault(rules.category, []).append(rules)
    return found


@lru_cache(maxsize=32)
def load(name: str) -> Procedure:
    """The edition in force of the procedure ``name``; raises :class:`NotFound`.

    Raises :class:`trading.domain.procedure_layers.FaultyProcedure` where the file does not hold
    together; start-up has refused such a file before anybody gets here.
    """
    from trading.domain import procedure_file

    path = files().get(name)
    if path is None:
        raise NotFound(f"There is no procedure {name!r}.", code="unknown-category")
    return procedure_file.read(path.read_text(encoding="utf-8"), file=path.name)


_frozen: dict[str, Procedure] = {}


def of(lot: Lot) -> Procedure:
    """The procedure of a lot: the frozen one, or before publication the one in force."""
    # A list may have read the edition alone (``edition``); the whole is read where it is not known.
    digest = lot.__dict__.get("edition") or lot.procedure.get("digest")
    if digest is None:
        return load(lot.procedure["name"])
    if digest not in _frozen:
        from trading.domain import procedure_file

        _frozen[digest] = procedure_file.build(lot.procedure["data"])
    return _frozen[digest]
