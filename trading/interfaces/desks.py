"""Desks: what one role has to do, by due date, and figures that link to the rows behind them.

A role's desk is a builder in a file of its own, registered here by the role's name; the page is
the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from signatures.domain.errors import Denied, NotFound
from signatures.models import User
from trading import access
from trading.interfaces.timeline import Badge

#: Rows that a figure's page shows at most; the figure itself counts all.
MOST = 200


@dataclass(frozen=True)
class Row:
    """One row behind a figure."""

    when: datetime | None
    title: str
    address: str
    note: str
    badge: Badge


@dataclass(frozen=True)
class Figure:
    """One figure: how many, and the rows that it counts. ``late`` figures should be none."""

    name: str
    label: str
    count: int
    note: str
    rows: Callable[[], list[Row]]
    late: bool = False


@dataclass(frozen=True)
class Task:
    """Something to be done, or awaited from others; ``due`` None where no term runs."""

    due: datetime | None
    title: str
    subject: str
    address: str
    rule: str
    badge: Badge
    overdue: bool
    own: bool

    @property
    def order(self) -> tuple[bool, float, str]:
        """By due date, what has none last."""
        return (self.due is None, self.due.timestamp() if self.due else 0.0, self.title)


@dataclass(frozen=True)
class Stage:
    """What may be seen of one stage's lots: how many stand there, and which exhibits it left."""

    title: str
    lots: int
    exhibits: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class View:
    """The stages of one category, each with what may be seen of it now."""

    title: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Desk:
    """One role's desk."""

    title: str
    organisations: tuple[str, ...]
    figures: tuple[Figure, ...]
    tasks: tuple[Task, ...]
    #: None on the desk of a role that watches no stages.
    views: tuple[View, ...] | None
    #: What can be begun from here: its words and its address.
    ways: tuple[tuple[str, str], ...] = ()

    @property
    def shows_stages(self) -> bool:
        """Whether the desk has a part for what may be seen of each stage."""
        return self.views is not None and bool(self.views or not self.ways)

    def figure(self, name: str) -> Figure:
        """The figure of this name; raises :class:`NotFound`."""
        for each in self.figures:
            if each.name == name:
                return each
        raise NotFound(_("This desk has no such figure."), code="no-such-figure")


Builder = Callable[[User, datetime], Desk]
#: Whether somebody has a role that comes from no organisation.
Holds = Callable[[User], bool]
#: Tasks that an app above has for one role's desk.
Tasks = Callable[[User, datetime], Iterable[Task]]
_builders: dict[str, Builder] = {}
_tasks: dict[str, list[Tasks]] = {}
_left: set[str] = set()
_holders: dict[str, Holds] = {}


def register(role: str, builder: Builder, *, holds: Holds | None = None) -> None:
    """Give a standing role, or a kind of organisation, its desk.

    ``holds`` says who has a role that comes from no organisation.
    """
    if _builders.setdefault(role, builder) != builder:
        raise RuntimeError(f"Two desks are registered for {role}.")
    if holds is not None:
        _holders[role] = holds


def register_tasks(role: str, tasks: Tasks, *, command: str = "") -> None:
    """Put what an app above has to be done on the desk that is registered for ``role``.

    ``command`` names a procedure's command whose task the source gives, so that no desk does.
    """
    if command:
        _left.add(command)
    known = _tasks.setdefault(role, [])
    if tasks not in known:
        known.append(tasks)


def is_left(command: str) -> bool:
    """Whether an app above gives the task of this procedure's command."""
    return command in _left


def role_of(person: User | None, at: datetime | None = None) -> str:
    """The first role of this person that has a desk, or an empty text."""
    held = access.standing_roles(person, at) | access.kinds_of(person, at)
    found = next((role for role in _builders if role in held), "")
    if found or person is None or not person.is_authenticated:
        return found
    return next((role for role, holds in _holders.items() if holds(person)), "")


def of(person: User | None, at: datetime) -> Desk:
    """This person's desk; raises :class:`Denied` where their role has none."""
    if person is None:
        raise Denied(_("Sign in first."), code="sign-in-first")
    role = role_of(person, at)
    if not role:
        raise Denied(
            _("There is no desk for your role. What is yours to do stands on the pages of your"
              " projects."),
            code="wrong-role",
        )
    desk = _builders[role](person, at)
    more = [task for source in _tasks.get(role, ()) for task in source(person, at)]
    if not more:
        return desk
    # What is the reader's own to do stands before what they await.
    tasks = sorted([*more, *desk.tasks], key=lambda task: (not task.own, task.order))
    return replace(desk, tasks=tuple(tasks))
