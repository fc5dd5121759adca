"""Lists of projects and lots as one person may see them, in pages that cost the same anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.enums import LotRole, LotState
from trading.interfaces import cursors
from trading.models import Assignment, Lot, Project

#: Whoever holds one of these sees every lot, published or not.
SEE_ALL = frozenset({LotRole.SUPERVISOR.value, LotRole.OPERATOR.value})
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Sieve:
    """What a list is narrowed to: words in title, code or organisation; a category; a stage."""

    q: str = ""
    category: str = ""
    stage: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nothing is sieved out."""
        return not (self.q or self.category or self.stage)


def visible_lots(viewer: Any, at: datetime) -> QuerySet[Lot]:
    """The lots that ``access.can_see_lot`` shows this person, as one query."""
    person = viewer if isinstance(viewer, User) and viewer.is_active else None
    organisations = access.organisations_of(person, at)
    if access.standing_roles(person, at, organisations) & SEE_ALL:
        return Lot.objects.all()
    seen = Q(published_at__lte=at)
    if person is not None:
        mine = Q(user=person) | Q(organisation__in=[each.pk for each in organisations])
        recused = Assignment.objects.filter(
            mine, lot=OuterRef("lot"), role=OuterRef("role"), recused_at__lte=at
        )
        held = Assignment.objects.filter(
            mine, Q(until__isnull=True) | Q(until__gt=at), lot=OuterRef("pk"), since__lte=at
        ).exclude(role=LotRole.PROSPECT)
        seen |= Q(Exists(held.exclude(Exists(recused))))
    return Lot.objects.filter(seen)


def _with_lots(rows: QuerySet[Project], lots: QuerySet[Lot]) -> QuerySet[Project]:
    return rows.select_related("tenderee", "agency").prefetch_related(
        Prefetch("lots", queryset=lots.order_by("number").defer("parameters"))
    )


def projects(
    *, viewer: Any, sieve: Sieve, after: str = "", size: int = cursors.SIZE
) -> cursors.Keyset[Project]:
    """A page of projects with at least one lot that the viewer may see, newest first."""
    at = clock.now()
    lots = visible_lots(viewer, at)
    inside = lots.filter(project=OuterRef("pk"))
    if sieve.stage in LotState.values and sieve.stage != LotState.ACTIVE:
        inside = inside.filter(state=sieve.stage)
    elif sieve.stage:
        inside = inside.filter(stage=sieve.stage, state=LotState.ACTIVE)
    rows = Project.objects.filter(Exists(inside))
    if sieve.category:
        rows = rows.filter(category=sieve.category)
    for word in sieve.q[:LONGEST_QUERY].split():
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(code__icontains=word)
            | Q(tenderee__name__icontains=word)
            | Q(Exists(lots.filter(project=OuterRef("pk"), title__icontains=word)))
        )
    return cursors.page(_with_lots(rows, lots), by="created_at", after=after, size=size)


def project(code: str, *, viewer: Any) -> Project:
    """One project with the lots that the viewer may see; raises :class:`NotFound`."""
    lots = visible_lots(viewer, clock.now())
    row = _with_lots(Project.objects.filter(code=code), lots).first()
    if row is None or not row.lots.all():
        raise NotFound(
            _("There is no published project with this code. Look for it in the list."),
            code="no-such-project",
        )
    return row


def lot(pk: Any, *, viewer: Any) -> Lot:
    """One lot that the viewer may see; raises :class:`NotFound`."""
    row = (
        visible_lots(viewer, clock.now())
        .select_related("project", "project__tenderee", "project__agency")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise NotFound(_("There is no published lot at this address."), code="no-such-lot")
    return row


@dataclass(frozen=True)
class Column:
    """One column of the front page: how many there are, and the first few."""

    count: int
    lots: list[Lot]


def front(at: datetime, *, day_start: datetime, size: int = 4) -> dict[str, Column]:
    """What is open, what is or was opened today, what was awarded today; published lots only.

    Dates are canonical texts in UTC, so they compare as texts.
    """
    now, start = jcs.timestamp(at), jcs.timestamp(day_start)
    end = jcs.timestamp(day_start + timedelta(days=1))
    published = Lot.objects.filter(published_at__lte=at).select_related("project")
    running = published.filter(state=LotState.ACTIVE)
    columns = {
        "open": running.filter(dates__deadline__gt=now).order_by("dates__deadline", "pk"),
        "opened": published.filter(dates__opening__gte=start, dates__opening__lt=end).order_by(
            "dates__opening", "pk"
        ),
        "awarded": published.filter(dates__award__gte=start, dates__award__lte=now).order_by(
            "-dates__award", "-pk"
        ),
    }
    return {
        name: Column(count=rows.count(), lots=list(rows[:size])) for name, rows in columns.items()
    }
