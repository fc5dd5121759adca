"""An evaluation as it stands for those who are not in its room, and a member's invitation.

Who sits on the committee and what it gives stay within it; that it was drawn, when it became
complete and when its result was fixed are everybody's to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import committee, evaluation, ranking, report, results
from bidding.interfaces.committee_lines import committee_line
from bidding.models import Committee, Room, Seat
from signatures.domain import jcs
from signatures.models import User
from trading.domain import dossier
from trading.models import Draw, Exhibit, Lot, Organisation

DECLARE, WAIT, LEFT = "declare", "wait", "left"
#: What an evaluation leaves in the dossier, in its order.
LEFT_BEHIND = (results.TECHNICAL, ranking.SCORES, report.PURPOSE)


@dataclass(frozen=True)
class Milestone:
    """One step of the course: when it was reached, None where it lies ahead."""

    title: str
    text: str
    at: datetime | None
    digest: str = ""


@dataclass(frozen=True)
class Party:
    """Somebody whom a member must have nothing to do with; ``part`` in the reader's language."""

    organisation: Organisation
    part: str


@dataclass(frozen=True)
class Invitation:
    """What somebody who was drawn is told: by which draw, who the parties are, what is asked.

    ``standing`` is ``declare``, ``wait`` (declared, others or the opening are awaited) or ``left``.
    """

    standing: str
    seat: Seat
    parties: tuple[Party, ...]

    @property
    def draw(self) -> Draw:
        """The draw that named this person."""
        return self.seat.draw


@dataclass(frozen=True)
class Course:
    """The evaluation from outside its room."""

    committee: Committee | None
    seated: int
    declared: int
    milestones: tuple[Milestone, ...]
    draws: tuple[Draw, ...]
    members: tuple[str, ...] | None
    exhibits: tuple[Exhibit, ...]

    @property
    def now(self) -> int:
        """The place of the first milestone that lies ahead, from 1; 0 when none does."""
        ahead = (place for place, each in enumerate(self.milestones, 1) if each.at is None)
        return next(ahead, 0)


def invitation(lot: Lot, person: User | None) -> Invitation | None:
    """The person's invitation; None for those who were not called to this committee."""
    row = committee.find(lot)
    if row is None or person is None:
        return None
    seats = Seat.objects.filter(committee=row, user=person, called_at__isnull=False)
    seat = seats.select_related("draw", "committee").order_by("called_at").last()
    if seat is None:
        return None
    asked = DECLARE if seat.declared_at is None else WAIT
    standing = asked if seat.left_at is None else LEFT
    return Invitation(standing=standing, seat=seat, parties=_parties(lot))


def _parties(lot: Lot) -> tuple[Party, ...]:
    """The hosts, then all who bid."""
    hosts = {lot.project.tenderee_id: _("Tenderee"), lot.project.agency_id: _("Agency")}
    found = [Party(each, hosts.get(each.pk, _("Tenderer"))) for each in committee.parties(lot)]
    order = list(hosts)
    return tuple(
        sorted(
            found,
            key=lambda each: (
                order.index(each.organisation.pk)
                if each.organisation.pk in hosts
                else len(order),
                each.organisation.name,
            ),
        )
    )


def course(lot: Lot, viewer: User | None, at: datetime) -> Course:
    """How far the evaluation came, as ``viewer`` may know it."""
    row = committee.find(lot)
    line = None if row is None else committee_line(row, viewer, at)
    kinds = {kind: place for place, kind in enumerate(LEFT_BEHIND)}
    filed = [
        each for each in dossier.exhibits(lot, viewer=viewer, at=at) if each.kind in kinds
    ]
    seats = None if line is None else line["seats"]
    return Course(
        committee=row,
        seated=0 if line is None else line["seated"],
        declared=0 if line is None else line["declared"],
        milestones=_milestones(lot, row, line),
        draws=tuple(Draw.objects.filter(lot=lot, purpose="evaluators").order_by("number")),
        members=None
        if seats is None
        else tuple(each["name"] for each in seats if each["left_at"] is None),
        exhibits=tuple(sorted(filed, key=lambda each: kinds[each.kind])),
    )


def _milestones(
    lot: Lot, row: Committee | None, line: dict[str, Any] | None
) -> tuple[Milestone, ...]:
    found = None if line is None else line["evaluation"]
    room = Room.objects.filter(lot=lot, kind=evaluation.KIND).order_by("opened_at").first()

    def when(name: str) -> datetime | None:
        text = None if found is None else found[name]
        return None if text is None else jcs.parse_timestamp(text)

    drawn = None
    if row is not None and row.draw_seed:
        first = Draw.objects.filter(lot=lot, purpose="evaluators").order_by("number").first()
        drawn = None if first is None else first.opened_at
    return (
        Milestone(
            _("Committee drawn"),
            _("From the pool of experts, by a draw that anybody can run again."),
            drawn,
        ),
        Milestone(
            _("Committee complete"),
            _("Every member has declared, signed, that nothing ties them to the parties."),
            None if row is None else row.complete_at,
        ),
        Milestone(
            _("Evaluation begun"),
            _("The committee reads the technical documents under codes, without names."),
            None if room is None else room.opened_at,
        ),
        Milestone(
            _("Technical result frozen"),
            _("Every member has signed their own sheet; only now may prices be opened."),
            when("frozen_at"),
            "" if found is None else found["result"] or "",
        ),
        Milestone(
            _("Ranking computed"),
            _("Prices are scored by the published method, which anybody can compute again."),
            when("computed_at"),
        ),
        Milestone(
            _("Report signed"),
            _("Every member signs the report, with a dissent where there is one."),
            when("signed_at"),
        ),
    )
