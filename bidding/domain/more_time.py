"""More time to evaluate: over a third of the committee ask, the tenderee extends it (TBR 48).

Each member asks once, until the time is extended; then they may ask again. The tenderee learns
that it must extend, not who asked: who sits on the committee is secret until the report.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from bidding.domain import committee, evaluation, room_state, rooms
from bidding.domain.evaluation_acts import enter_locked, require_seat, require_unreported
from bidding.models import Evaluation, Room
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from trading.domain import calendar, grounds, messages, planning, procedure
from trading.domain.acts import LotAct
from trading.domain.registry import GuardScene
from trading.models import Lot

EXTEND = "bidding.extend-evaluation"
ASKED, EXTENDED = "more-time", "extended"
#: The procedure's figure: over how many thirds of the committee must ask.
FIGURE = "more-time"
#: The procedure's date by which the report is expected.
REPORT = "report"
#: Hours by which the time is extended at once, and characters of the reason.
LONGEST, MOST = 72, 500


def rule(lot: Lot) -> str:
    """By which article the time to evaluate is extended."""
    return grounds.by_step(lot, EXTEND)


def suffices(lot: Lot, asked: int, size: int) -> bool:
    """Whether so many of the committee make the tenderee extend the time: more than a third."""
    figure = procedure.of(lot).figures.get(FIGURE)
    thirds = 1 if figure is None or figure.least is None else figure.least
    return 3 * asked > thirds * size


def planned_end(row: Evaluation) -> datetime | None:
    """By when the evaluation is to end: as last extended, else as the procedure plans it."""
    if row.until is not None:
        return row.until
    lot = row.committee.lot
    rules, opening = procedure.of(lot), lot.dates.get("opening")
    named = rules.dates.get(REPORT)
    if named is None or named.after != "opening" or opening is None:
        return None
    return planning.follow(rules, named, jcs.parse_timestamp(opening), calendar.load())


def asking(row: Evaluation, room: Room) -> list[str]:
    """The members who ask for more time since it was last extended, as URNs."""
    members = {seat.user.urn for seat in committee.members(row.committee)}
    return [urn for urn in room_state.state(room)["more_time"] if urn in members]


def _open(lot: Lot) -> tuple[Evaluation, Room]:
    """The evaluation and its room, locked, while there is something left to evaluate."""
    row, room = enter_locked(lot)
    require_unreported(row)
    return row, room


@command("bidding.ask-more-time")
@dataclass(frozen=True, kw_only=True)
class AskMoreTime(LotAct):
    """A member holds that the time to evaluate is too short.

    Result: ``{"asked": n, "of": n, "suffices": bool, "seq"}``; with over a third the tenderee is
    told that it must extend.
    """

    share: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row, room = _open(lot)
        require_seat(row.committee, scene.actor)
        before = asking(row, room)
        if scene.actor.urn in before:
            raise Refused(
                _("You have asked for more time already."), code="already-asked", rule=rule(lot)
            )
        asked, size = len(before) + 1, row.committee.size
        enough = suffices(lot, asked, size)
        rooms.emit(scene, room, ASKED, {"asked": asked, "of": size, "suffices": enough})
        scene.enter(
            subject=row.urn,
            context={"lot": lot.urn, "room": room.urn, "asked": asked, "of": size},
            receipt_for=(scene.actor.urn,),
        )
        if enough and row.more_time_at is None:
            row.more_time_at = scene.now
            row.save(update_fields=["more_time_at"])
            # Without evidence: its entry would be the member's, and would name them to the host.
            hosts = [lot.project.tenderee, lot.project.agency]
            messages.send(
                scene, to=[one for one in hosts if one is not None], template="more-time-asked",
                lot=lot, context={"rule": rule(lot)},
            )  # fmt: skip
        return {"asked": asked, "of": size, "suffices": enough, "seq": room.seq}


@command(EXTEND)
@dataclass(frozen=True, kw_only=True)
class ExtendEvaluation(LotAct):
    """The tenderee extends the time by 1 to 72 hours, with the reason; public.

    It counts from the planned end, or from now where that has passed. Result: ``{"until"}``.
    """

    public: ClassVar[bool] = True
    share: ClassVar[bool] = True

    hours: int
    reason: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        if type(self.hours) is not int or not 1 <= self.hours <= LONGEST:
            raise Malformed(
                _("Extend the time by 1 to %(most)d hours.") % {"most": LONGEST}, code="bad-hours"
            )
        reason = self.reason.strip()
        if not 1 <= len(reason) <= MOST:
            raise Malformed(
                _("Give the reason in 1 to %(most)d characters.") % {"most": MOST},
                code="bad-reason",
            )
        self.proceed(scene)
        row, room = _open(lot)
        start = max(planned_end(row) or scene.now, scene.now)
        row.until, row.more_time_at = start + timedelta(hours=self.hours), None
        row.save(update_fields=["until", "more_time_at"])
        until = jcs.timestamp(row.until)
        rooms.emit(
            scene,
            room,
            EXTENDED,
            {"hours": self.hours, "until": until, "reason": reason},
            by=room.urn,
        )
        scene.enter(
            subject=lot.urn,
            digests={"reason": hashlib.sha256(reason.encode()).hexdigest()},
            context={"hours": self.hours, "until": until},
        )
        return {"until": until}


def more_time_asked(scene: GuardScene) -> str | None:
    """Over a third of the committee ask for more time."""
    row = evaluation.find(scene.lot)
    if row is not None and row.more_time_at is not None:
        return None
    return _("The time is extended when more than a third of the committee ask for it.")
