"""Lists of projects and lots as one person may see them, in pages that cost the same anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.enums import LotRole, LotState
from trading.interfaces import cursors
from trading.models import Assignment, Lot, Project
from trading.models.searching import Words, everywhere, normal

#: Whoever holds one of these sees every lot, published or not.
SEE_ALL = frozenset({LotRole.SUPERVISOR.value, LotRole.OPERATOR.value})
LONGEST_QUERY = 100
#: So many of the newest projects a search reads before it asks the index.
READ_IN_ORDER = 2000
#: Nobody needs to know how many more there are.
MOST_COUNTED = 1000


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
    hidden = _hidden_lots(lots, viewer, at)
    rows = Project.objects.filter(published_at__lte=at)
    if hidden is not None:
        rows = Project.objects.filter(
            Q(published_at__lte=at) | Q(pk__in=set(hidden.values_list("project", flat=True)))
        )
    if sieve.category:
        rows = rows.filter(category=sieve.category)
    words = normal(sieve.q[:LONGEST_QUERY].replace("\0", "")).split()
    rows = _with_lots(rows, lots)
    stood = lots.filter(**_standing(sieve.stage)) if sieve.stage else None
    if words:
        if stood is not None:
            rows = rows.filter(Exists(stood.filter(project=OuterRef("pk"))))
        return _found(rows, words, hidden, after=after, size=size)
    if stood is None:
        return cursors.page(rows, by="created_at", after=after, size=size)
    if sieve.category:
        stood = stood.filter(project__category=sieve.category)
    return _stood(rows, stood, after=after, size=size)


def _standing(stage: str) -> dict[str, str]:
    """What a lot is that the sieve's stage lets through: a state, or a stage of running lots."""
    if stage in LotState.values and stage != LotState.ACTIVE:
        return {"state": stage}
    return {"stage": stage, "state": LotState.ACTIVE.value}


def _stood(
    rows: QuerySet[Project], stood: QuerySet[Lot], *, after: str, size: int
) -> cursors.Keyset[Project]:
    """A page of the rows that have one of these lots.

    The lots are read in the order of their projects: a stage in which hardly any of a million
    stands costs no more than one in which all do.
    """
    keys: dict[Any, None] = {}
    place, step = after, 2 * (size + 1)
    while len(keys) <= size:
        ordered = cursors.behind(stood, by="registered_at", after=place, key="project_id")
        found = list(
            ordered.order_by("-registered_at", "-project_id").values_list(
                "registered_at", "project_id"
            )[:step]
        )
        keys.update((project, None) for _moment, project in found)
        if len(found) < step:
            break
        place = cursors.encode(*found[-1])
    wanted = list(keys)[: size + 1]
    shown = {row.pk: row for row in rows.filter(pk__in=wanted)} if wanted else {}
    # What was withdrawn from sight between the two is not there.
    return cursors.cut([shown[key] for key in wanted if key in shown], by="created_at", size=size)


def _hidden_lots(lots: QuerySet[Lot], viewer: Any, at: datetime) -> QuerySet[Lot] | None:
    """Of the lots that the viewer sees, those that the public does not; None for the public."""
    if not (isinstance(viewer, User) and viewer.is_active):
        return None
    return lots.filter(Q(published_at__isnull=True) | Q(published_at__gt=at))


def _found(
    rows: QuerySet[Project],
    words: list[str],
    hidden: QuerySet[Lot] | None,
    *,
    after: str,
    size: int,
) -> cursors.Keyset[Project]:
    """A page of the rows that have every word, alike for a word that is everywhere or nowhere.

    What many projects have is found among the newest few thousand, read in their order. What is
    not there often enough is rare, and is looked up in the index and put in order.
    """
    own = [_own(word, hidden) for word in words]
    edge = _edge(after) if connection.vendor == "postgresql" else None
    if edge is None:
        near = rows.filter(*_each(words, own))
        return cursors.page(near, by="created_at", after=after, size=size)
    near = rows.filter(*_each(words, own), created_at__gt=edge)
    page = cursors.page(near, by="created_at", after=after, size=size)
    if page.next is not None:
        return page
    # Ordered by an expression, so that the planner cannot choose to read every row in order; by
    # their keys alone, so that what thousands of rows would carry is not put in order with them.
    unread = ExpressionWrapper(F("created_at") + timedelta(0), output_field=DateTimeField())
    looked_up = cursors.behind(
        rows.filter(*_together(words, own)), by="created_at", after=after
    ).order_by(unread.desc(), "-pk")
    keys = list(looked_up.values_list("pk", flat=True)[: size + 1])
    shown = {row.pk: row for row in rows.filter(pk__in=keys)} if keys else {}
    # What was withdrawn from sight between the two is not there.
    return cursors.cut([shown[key] for key in keys if key in shown], by="created_at", size=size)


def _own(word: str, hidden: QuerySet[Lot] | None) -> set[Any]:
    """The viewer's projects with the word in the title of a lot that is not published yet."""
    if hidden is None:
        return set()
    titles = hidden.values_list("project", "title")
    return {project for project, title in titles if word in normal(title)}


def _each(words: list[str], own: list[set[Any]]) -> list[Q]:
    """Every word by itself, read in each row's text."""
    return [
        Q(searchable__has=word) | (Q(pk__in=pks) if pks else Q())
        for word, pks in zip(words, own, strict=True)
    ]


def _together(words: list[str], own: list[set[Any]]) -> list[Q]:
    """The same, looked up: in one go the words that stand nowhere but in what all may read."""
    known, both = everywhere(), list(zip(words, own, strict=True))
    found = [
        Q(searchable__holds=Words((word,), known)) | Q(pk__in=pks) for word, pks in both if pks
    ]
    if shared := tuple(word for word, pks in both if not pks):
        found.append(Q(searchable__holds=Words(shared, known)))
    return found


def _edge(after: str) -> datetime | None:
    """When the last of the few projects behind the cursor was registered that are read in order;
    None where there are no more than these."""
    rows = cursors.behind(Project.objects.all(), by="created_at", after=after)
    times = rows.order_by("-created_at", "-pk").values_list("created_at", flat=True)
    return times[READ_IN_ORDER : READ_IN_ORDER + 1].first()


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
    """One column of the front page: how many there are, and the first few.

    ``more`` says that there are more than were counted.
    """

    count: int
    more: bool
    lots: list[Lot]

    @classmethod
    def of(cls, rows: QuerySet[Lot], size: int) -> Column:
        count = rows[: MOST_COUNTED + 1].count()
        return cls(
            count=min(count, MOST_COUNTED), more=count > MOST_COUNTED, lots=list(rows[:size])
        )


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
    return {name: Column.of(rows, size) for name, rows in columns.items()}
