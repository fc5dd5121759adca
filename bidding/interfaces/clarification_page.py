"""What a committee asked a tenderer about its bid: its page, its word elsewhere, its tasks.

Nothing here tells the tenderer its code, who asks, or whether anybody else was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import clarification_answers
from bidding.domain.clarifications import own_names
from bidding.interfaces.clarification_room import badge_of, signature_of
from bidding.models import Clarification
from signatures.domain.errors import Denied
from signatures.models import LedgerOpening, User
from trading import access
from trading.domain import procedure, registry
from trading.enums import LotRole, LotState
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Task
from trading.interfaces.judgement import Signed
from trading.interfaces.timeline import Badge
from trading.models import Lot

ANSWER = "bidding.answer-clarification"


@dataclass(frozen=True)
class Question:
    """One question to the tenderer; ``receipt`` is that of its answer."""

    row: Clarification
    name: str
    badge: Badge
    is_open: bool
    is_blind: bool
    receipt: str
    signature: Signed | None


@dataclass(frozen=True)
class Page:
    """The tenderer's page; ``running`` tells whether the evaluation goes on now."""

    lot: Lot
    questions: tuple[Question, ...]
    running: bool
    rule: str

    @property
    def waiting(self) -> int:
        """How many questions wait for an answer."""
        return sum(each.is_open for each in self.questions)


def build(lot: Lot, person: User | None, at: datetime) -> Page:
    """The page for somebody who acts for a tenderer of the lot; else :class:`Denied`."""
    step = procedure.of(lot).commands.get(ANSWER)
    if LotRole.TENDERER.value not in access.roles_of(person, lot, at):
        raise Denied(
            _("The committee's questions about a bid are read by its tenderer."),
            code="not-a-tenderer",
            rule=step.article if step is not None else None,
        )
    rows = clarification_answers.own(lot, access.organisations_of(person, at))
    leaves = [row.leaf for row in rows if row.leaf is not None]
    openings = LedgerOpening.objects.filter(leaf_id__in=leaves).values_list("leaf_id", "pk")
    receipts = {leaf: str(pk) for leaf, pk in openings}
    names = own_names(rows)
    return Page(
        lot=lot,
        questions=tuple(
            _question(row, at, names[row.pk], receipts.get(row.leaf, "")) for row in rows
        ),
        running=lot.state == LotState.ACTIVE,
        rule="" if step is None or step.article is None else step.article,
    )


def _question(row: Clarification, at: datetime, name: str, receipt: str) -> Question:
    return Question(
        row=row,
        name=name,
        badge=_badge(row, at),
        is_open=is_open(row, at),
        is_blind=row.evaluation.frozen_at is None,
        receipt=receipt,
        signature=signature_of(row),
    )


def is_open(row: Clarification, at: datetime) -> bool:
    """Whether an answer would be taken at this moment of a running lot."""
    return row.is_open and at <= row.until


def _badge(row: Clarification, at: datetime) -> Badge:
    if row.answered_at is not None:
        return badge_of("answered")
    return badge_of("open" if is_open(row, at) else "lapsed")


# --- elsewhere -----------------------------------------------------------------------------------


def address(lot: Lot) -> str:
    """The page on which a tenderer of the lot answers."""
    return reverse("clarifications", args=[lot.project.code, lot.number])


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """The project page's word to a tenderer that was asked; None to everybody else."""
    if not isinstance(viewer, User):
        return None
    rows = clarification_answers.own(lot, access.organisations_of(viewer, at))
    if not rows:
        return None
    waiting = [row for row in rows if is_open(row, at)]
    return {
        "asked": len(rows),
        "waiting": len(waiting),
        "until": min((row.until for row in waiting), default=None),
        "address": address(lot),
    }


def tasks(person: User, at: datetime) -> Iterable[Task]:
    """The questions that wait for this tenderer's answer."""
    rows = Clarification.objects.filter(
        bid__tenderer__in=access.organisations_of(person, at),
        bid__lot__state=LotState.ACTIVE,
        answered_at__isnull=True,
        lapsed_at__isnull=True,
        until__gte=at,
    )
    for row in rows.select_related("bid__lot__project").order_by("until", "pk")[:MOST]:
        lot = row.bid.lot
        step = procedure.of(lot).commands.get(ANSWER)
        yield Task(
            due=row.until,
            title=_("Answer the committee's question"),
            subject=f"{lot.project.title} {lot.title}",
            address=address(lot),
            rule="" if step is None or step.article is None else step.article,
            badge=Badge("now", _("Yours to do")),
            overdue=False,
            own=True,
        )


def register() -> None:
    """The part of the project's page, the way to it, the tasks on the tenderer's desk."""
    registry.register_panel(
        "clarifications", "bidding/clarifications_panel.html", panel, order=45
    )
    registry.register_way(ANSWER, address)
    desks.register_tasks(LotRole.PROSPECT.value, tasks)
