"""The register of packages: its list, how long each is kept, and what still stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from archive.domain import retention
from archive.models import ArchivePackage
from trading import access
from trading.enums import LotRole
from trading.interfaces.spoken import spoken
from trading.interfaces.timeline import Badge

#: Who reads whole packages: everything of the lot is in them.
READERS = frozenset({LotRole.ARCHIVIST.value, LotRole.SUPERVISOR.value})

_OUTCOMES: dict[str, tuple[str, Promise]] = {
    "concluded": ("done", pgettext_lazy("lot", "concluded")),
    "terminated": ("bad", pgettext_lazy("lot", "terminated")),
    "failed": ("bad", pgettext_lazy("lot", "failed")),
}
UNCONFIRMED = gettext_lazy("by a rule that is to be confirmed")


@dataclass(frozen=True)
class Kept:
    """How long a package is kept: in words, until when (None: for ever), by which rule."""

    words: str
    until: datetime | None
    source: str
    confirmed: bool

    @classmethod
    def of(cls, package: ArchivePackage) -> Kept:
        term = retention.term(
            category=package.lot.project.category,
            outcome=outcome_of(package),
            filed=package.filed_at,
        )
        return cls(spoken(term.words), term.until, term.rule.source, term.rule.confirmed)


@dataclass(frozen=True)
class Line:
    """One package in the list."""

    package: ArchivePackage
    badge: Badge
    records: int
    gaps: int


def outcome_of(package: ArchivePackage) -> str:
    """How the lot had ended when it was packed."""
    return str(package.summary.get("outcome", "concluded"))


def outcome_badge(outcome: str) -> Badge:
    shape, word = _OUTCOMES[outcome]
    return Badge(shape, str(word))


def packages(words_: str = "") -> QuerySet[ArchivePackage]:
    """All packages, or those whose code, project or lot is called so."""
    rows = ArchivePackage.objects.select_related("lot__project")
    if words_:
        rows = rows.filter(
            Q(code__icontains=words_)
            | Q(lot__project__title__icontains=words_)
            | Q(lot__title__icontains=words_)
        )
    return rows


def line(package: ArchivePackage) -> Line:
    return Line(
        package=package,
        badge=outcome_badge(outcome_of(package)),
        records=int(package.summary.get("records", 0)),
        gaps=int(package.summary.get("gaps", 0)),
    )


def reads(viewer: Any, package: ArchivePackage, at: datetime) -> bool:
    """Whether this person may have the package itself, and every finding about its records."""
    return not access.roles_of(viewer, package.lot_id, at).isdisjoint(READERS)
