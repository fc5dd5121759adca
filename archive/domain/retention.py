"""How long a volume is kept, and what stands against its disposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.domain import tables
from archive.domain.tables import RetentionRule
from archive.models import ArchivePackage, Hold
from signatures.paper.document import Words
from trading.models import Lot


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long, by which rule; ``until`` is None where it is kept for ever."""

    rule: RetentionRule
    until: datetime | None

    @property
    def words(self) -> Words:
        """The term as catalogues write it."""
        if self.rule.years is None:
            return Words("永久", "permanent")
        return Words(f"{self.rule.years}年", f"{self.rule.years} years")


def term(*, category: str, outcome: str, filed: datetime) -> Term:
    """The term of a volume that was filed on this day."""
    rule = next(
        each for each in tables.retention_rules() if each.fits(category=category, outcome=outcome)
    )
    return Term(rule=rule, until=None if rule.years is None else _later(filed, rule.years))


def _later(day: datetime, years: int) -> datetime:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, month=3, day=1)


def obstacles(lot: Lot, *, at: datetime) -> tuple[str, ...]:
    """Why nothing of this lot may be disposed of at ``at``; empty where only a decision is left."""
    package = ArchivePackage.objects.filter(lot=lot).order_by("version").last()
    if package is None:
        return ("not-filed",)
    found = []
    kept = term(
        category=lot.project.category,
        outcome=str(package.summary.get("outcome", "concluded")),
        filed=package.filed_at,
    )
    if not kept.rule.confirmed:
        found.append("term-not-confirmed")
    if kept.until is None:
        found.append("kept-for-ever")
    elif at < kept.until:
        found.append("term-not-over")
    if Hold.objects.filter(lot=lot, lifted_at__isnull=True).exists():
        found.append("on-hold")
    return tuple(found)
