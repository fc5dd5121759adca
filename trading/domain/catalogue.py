"""What must be traded on the platform, in which category, and by which procedure 应进必进.

Pure but for reading the file: what is known of a lot goes in, each rule that speaks of it comes
out, with what is not kept. A mandatory rule blocks the notice; another one warns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from trading.domain import catalogue_file, procedure
from trading.domain.catalogue_file import NOTHING, PLATFORM, Catalogue, Ground, Rule
from trading.domain.procedure_layers import FaultyProcedure

NAME = Path("catalogue") / "catalogue.toml"
#: What names an approval that was given elsewhere.
REFERENCE = ("number", "authority", "date")


@dataclass(frozen=True)
class Matter:
    """What is judged: ``amount`` in CNY (None: not known yet), ``approval`` what is on file of one
    given elsewhere (:data:`REFERENCE`, ``file``), ``repeats`` that a failed lot is tendered again.
    """

    category: str
    procedure: str
    object: str
    funds: str
    amount: Decimal | None = None
    ground: str = ""
    approval: Mapping[str, Any] = field(default_factory=dict)
    repeats: bool = False


@dataclass(frozen=True)
class Verdict:
    """One rule that speaks of the matter; ``message`` says what is not kept, empty where it is."""

    rule: Rule
    message: str = ""
    code: str = ""

    @property
    def kept(self) -> bool:
        return not self.message

    @property
    def blocks(self) -> bool:
        """Whether the notice cannot go out like this."""
        return not self.kept and self.rule.mandatory

    @property
    def warns(self) -> bool:
        """Whether the notice goes out once somebody says why."""
        return not self.kept and not self.rule.mandatory


@dataclass(frozen=True)
class Judgement:
    """Every rule that speaks of the matter. ``approval`` is what the ground asks for where a
    mandatory rule would have it otherwise: :data:`PLATFORM`, a reference, or nothing."""

    verdicts: tuple[Verdict, ...]
    approval: str = NOTHING
    ground: Ground | None = None

    @property
    def blocking(self) -> tuple[Verdict, ...]:
        return tuple(one for one in self.verdicts if one.blocks)

    @property
    def warnings(self) -> tuple[Verdict, ...]:
        return tuple(one for one in self.verdicts if one.warns)

    @property
    def on_platform(self) -> bool:
        """Whether supervision approves the plan here before anything is published."""
        return self.approval == PLATFORM


# --- the file ------------------------------------------------------------------------------------


def path() -> Path:
    """The edition in force: the centre's own where there is one."""
    found = [folder / NAME for folder in reversed(procedure.folders()) if (folder / NAME).is_file()]
    return found[0]


def load() -> Catalogue:
    """The catalogue in force; raises ``FaultyProcedure``, which start-up has done before."""
    return _load(path(), tuple(procedure.names()))


@lru_cache(maxsize=8)
def _load(file: Path, procedures: tuple[str, ...]) -> Catalogue:
    return catalogue_file.read(
        file.read_text(encoding="utf-8"),
        file=file.name,
        categories={procedure.load(name).category for name in procedures},
        procedures=procedures,
    )


def check() -> list[str]:
    """What is wrong with the file in force, a sentence each, with file and line where there is one.

    A ground that supervision approves here is of no use to a procedure without that step. Raises
    ``FaultyProcedure`` where a procedure cannot be read.
    """
    procedure.categories()
    try:
        known = load()
    except FaultyProcedure as faulty:
        return [str(fault) for fault in faulty.faults]
    faults = []
    for ground in known.grounds.values():
        for name in sorted(ground.procedures if ground.approval == PLATFORM else ()):
            publish = procedure.load(name).commands.get("trading.publish-notice")
            if publish is None or all(use.name != "plan-approved" for use in publish.guards):
                faults.append(
                    f"{path().name}: {ground.name} is approved on the platform, but {name} does "
                    "not ask for it: trading.publish-notice lacks the guard plan-approved"
                )
    return faults


# --- judging -------------------------------------------------------------------------------------


def speaks_of(rule: Rule, matter: Matter) -> bool:
    """Whether a rule is about this matter; one with an amount waits for the estimate."""
    if rule.objects and matter.object not in rule.objects:
        return False
    if rule.funds and matter.funds not in rule.funds:
        return False
    return rule.least is None or (matter.amount is not None and matter.amount >= rule.least)


def judge(known: Catalogue, matter: Matter) -> Judgement:
    """Every rule that speaks of the matter, the mandatory ones first."""
    restricted = known.restricted(matter.procedure)
    found = [rule for rule in known.rules if speaks_of(rule, matter)]
    binding = any(rule.open and rule.mandatory and _placed(rule, matter) for rule in found)
    verdicts = []
    for rule in sorted(found, key=lambda one: not one.mandatory):
        if not rule.categories and (not restricted or (binding and not rule.mandatory)):
            continue  # says nothing here, or a stricter rule says it already
        verdicts.append(_verdict(known, rule, matter, restricted))
    ground = known.grounds.get(matter.ground)
    if ground is not None and matter.procedure not in ground.procedures:
        ground = None
    return Judgement(
        verdicts=tuple(verdicts),
        approval=ground.approval if ground is not None and binding else NOTHING,
        ground=ground,
    )


def _placed(rule: Rule, matter: Matter) -> bool:
    return not rule.categories or matter.category in rule.categories


def _verdict(known: Catalogue, rule: Rule, matter: Matter, restricted: bool) -> Verdict:
    if not _placed(rule, matter):
        return Verdict(
            rule,
            _("This belongs to the category “%(wanted)s”, and stands in “%(category)s”.")
            % {
                "wanted": _(" or ").join(map(category_title, rule.categories)),
                "category": category_title(matter.category),
            },
            "other-category",
        )
    if not rule.open or not restricted:
        return Verdict(rule)
    code, message = _of_ground(known, rule, matter)
    return Verdict(rule, message, code)


def _of_ground(known: Catalogue, rule: Rule, matter: Matter) -> tuple[str, str]:
    """What a restricted procedure lacks: its ground, or what shows it; empty texts for nothing."""
    title = procedure.load(matter.procedure).name_for_people()
    ground = known.grounds.get(matter.ground)
    if ground is None or matter.procedure not in ground.procedures:
        return "ground-missing", _(
            "“%(procedure)s” is used only on a ground that the law gives. Name the ground."
        ) % {"procedure": title}
    if ground.objects and matter.object not in ground.objects:
        return "other-object", _("This ground speaks only of: %(objects)s.") % {
            "objects": _(", ").join(known.title("objects", one) for one in sorted(ground.objects))
        }
    if ground.after_failure and not matter.repeats:
        return "nothing-failed", _(
            "This ground speaks only of a lot that tenders a failed one again."
        )
    if not rule.mandatory:
        return "", ""
    named = all(str(matter.approval.get(name, "")).strip() for name in REFERENCE)
    if ground.approval == catalogue_file.REFERENCE and not named:
        return "reference-missing", _(
            "This ground asks for an approval: state its number, its authority and its date."
        )
    if ground.file and not matter.approval.get("file"):
        return "file-missing", _(
            "This ground asks for a file that shows it, such as the experts’ opinion. Attach it."
        )
    return "", ""


def category_title(name: str) -> str:
    """A category for people."""
    group = procedure.categories().get(name)
    return group[0].category_for_people() if group else name
