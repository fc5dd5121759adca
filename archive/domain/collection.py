"""What is collected of a lot: a fold over its dossier into classes, and what is missing and why.

Reads exhibits and the lot's procedure, and nothing of the apps beside it: whatever is to be known
about bids stands in the exhibits' kinds and facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from archive.domain import tables
from archive.domain.tables import RecordClass
from signatures.domain import jcs
from signatures.paper.document import Words
from trading.domain import procedure
from trading.domain.procedure import Procedure
from trading.enums import LotState
from trading.models import Exhibit, Lot

Outcome = Literal["concluded", "terminated", "failed"]
OUTCOMES: dict[str, Outcome] = {
    LotState.TERMINATED.value: "terminated",
    LotState.FAILED.value: "failed",
}


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A class without a record: whether it is a gap, and the reason."""

    record_class: RecordClass
    gap: bool
    reason: Words


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """One class with its exhibits, oldest first."""

    record_class: RecordClass
    exhibits: tuple[Exhibit, ...]


@dataclass(frozen=True, kw_only=True)
class Collection:
    """The whole of a lot's dossier, sorted; ``state`` changes with any exhibit that is filed."""

    lot: Lot
    outcome: Outcome
    gathered: tuple[Gathered, ...]
    missing: tuple[Missing, ...]
    state: str

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """All exhibits in the order of the catalogue."""
        return tuple(exhibit for one in self.gathered for exhibit in one.exhibits)

    @property
    def gaps(self) -> tuple[Missing, ...]:
        """What is required and not there."""
        return tuple(one for one in self.missing if one.gap)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """From the first to the last filing."""
        times = [one.filed_at for one in self.exhibits]
        return (min(times), max(times)) if times else None


def outcome_of(lot: Lot) -> Outcome:
    """How the lot ended."""
    return OUTCOMES.get(lot.state, "concluded")


def state_of(exhibits: Iterable[Exhibit]) -> str:
    """SHA-256 (hex) over which exhibits there are and what they hold."""
    rows = sorted([str(one.pk), one.digest] for one in exhibits)
    return jcs.digest(rows).hex()


def collect(lot: Lot) -> Collection:
    """Sort the lot's dossier into classes and say what is missing."""
    exhibits = list(Exhibit.objects.filter(lot=lot).order_by("filed_at", "leaf", "id"))
    return fold(lot, exhibits, rules=procedure.of(lot), outcome=outcome_of(lot))


def fold(
    lot: Lot, exhibits: Sequence[Exhibit], *, rules: Procedure, outcome: Outcome
) -> Collection:
    """The same for exhibits that are given, in the order of their filing."""
    sorted_: defaultdict[str, list[Exhibit]] = defaultdict(list)
    for exhibit in exhibits:
        sorted_[tables.class_of(exhibit.kind).name].append(exhibit)
    gathered = []
    missing = []
    for each in tables.classes():
        if sorted_[each.name]:
            gathered.append(Gathered(record_class=each, exhibits=tuple(sorted_[each.name])))
        elif each.kinds != ("*",):
            missing.append(_why_missing(each, lot, rules, outcome))
    return Collection(
        lot=lot,
        outcome=outcome,
        gathered=tuple(gathered),
        missing=tuple(missing),
        state=state_of(exhibits),
    )


def _why_missing(each: RecordClass, lot: Lot, rules: Procedure, outcome: Outcome) -> Missing:
    """The reason, in both languages, why a class holds nothing."""
    gap, reason = False, Words("未产生此类文件；不属必备。", "None arose; not required.")
    if outcome in each.outcomes:
        order = [stage.name for stage in rules.stages]
        here = rules.title("stages", lot.stage, "zh-hans"), rules.title("stages", lot.stage, "en")
        if each.since is not None and each.since not in order:
            reason = Words("本程序无此阶段。", "This procedure has no such stage.")
        elif each.since is not None and order.index(lot.stage) < order.index(each.since):
            reason = Words(
                f"标段止于“{here[0]}”，尚未到产生此类文件的阶段。",
                f"The lot ended at “{here[1]}”, before such records arise.",
            )
        else:
            gap = True
            reason = Words(
                f"应有而未归档：卷宗中没有此类文件（{each.source}）。",
                f"Required and not filed: the dossier holds none ({each.source}).",
            )
    elif each.outcomes:
        reason = Words(
            "标段未完成，此类文件不属必备。", "The lot was not concluded; not required."
        )
    return Missing(record_class=each, gap=gap, reason=reason)
