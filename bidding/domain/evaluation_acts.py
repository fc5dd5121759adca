"""What members of a committee do in the evaluation room beside scoring: sign in, elect, confer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from bidding.domain import committee, evaluation, room_state, rooms
from bidding.domain.room_acts import RoomAct
from bidding.domain.room_kinds import COMMITTEE
from bidding.models import Committee, Evaluation, Room, Seat
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from trading.domain import grounds
from trading.models import Lot

REPORTED = grounds.declare("report-complete", step="bidding.sign-report")
# Cited where a member moves it.
grounds.declare("bid-rejected", step="bidding.sign-report")
#: A member's words: a reason for rejecting a bid, a dissent.
MOST = 2000


@dataclass(frozen=True, kw_only=True)
class MemberAct(RoomAct):
    """An act of a member in the evaluation room of a lot that is being evaluated.

    ``phase`` says when: ``scoring`` (until the scores are frozen), ``computed`` (until the report
    is laid out), or empty for any time before the report.
    """

    phase: ClassVar[str] = ""

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor, COMMITTEE)

    def enter_room(self, scene: Scene, room: Room) -> tuple[Evaluation, Seat]:
        """The evaluation and the actor's seat, when the act may be done now."""
        lot = Lot.objects.select_related("project").get(pk=room.lot_id)
        if room.kind != evaluation.KIND:
            raise Refused(_("This is no evaluation room."), code="wrong-room")
        if lot.stage not in evaluation.stages(lot) or lot.state != "active":
            raise Refused(
                _("The lot is not being evaluated."), code="wrong-stage", rule=scoring_rule(lot)
            )
        row = evaluation.get(lot)
        seat = require_seat(row.committee, scene.actor)
        self._require_phase(row)
        return row, seat

    def _require_phase(self, row: Evaluation) -> None:
        require_unreported(row)
        if self.phase == "scoring" and row.frozen_at is not None:
            raise Refused(
                _("The scores are frozen."),
                code="scores-frozen",
                rule=scoring_rule(row.committee.lot),
            )
        if self.phase == "computed" and row.computed_at is None:
            raise Refused(
                _("The ranking is not computed yet."),
                code="not-computed",
                rule=REPORTED.of(row.committee.lot),
            )


def scoring_rule(lot: Lot) -> str:
    """By which article bids are scored: that of the freezing of the scores."""
    return grounds.by_step(lot, "bidding.freeze-scores")


def enter_locked(lot: Lot) -> tuple[Evaluation, Room]:
    """The lot's evaluation and its open room, locked; raises :class:`Refused`."""
    live = evaluation.live_room(lot.pk)
    if live is None:
        raise Refused(_("No evaluation room of this lot is open."), code="room-closed")
    room = rooms.lock(live.pk)
    return evaluation.get(lot), room


def require_unreported(row: Evaluation) -> None:
    """The report is not laid out yet; raises :class:`Refused`."""
    if row.report_at is not None:
        raise Refused(
            _("The report is laid out; nothing is changed any more."),
            code="report-laid-out",
            rule=REPORTED.of(row.committee.lot),
        )


def require_seat(row: Committee, actor: Actor) -> Seat:
    """The actor's seat, free of conflict; raises :class:`Denied`."""
    seat = committee.seat_of(row, actor.user)
    if seat is None or seat.conflict is not False:
        raise Denied(_("Only members of the committee do this."), code="no-seat")
    return seat


def require_chair(room: Room, actor: Actor) -> None:
    """The actor is the elected chair; raises :class:`Refused` and :class:`Denied`."""
    chair = room_state.state(room)["chair"]
    if chair is None:
        raise Refused(_("The committee elects its chair first."), code="no-chair")
    if chair != actor.urn:
        raise Denied(_("The committee's chair does this."), code="not-the-chair")


def words(text: str) -> str:
    """What a member says: 1 to 2000 characters; raises :class:`Malformed`."""
    text = text.strip()
    if not 1 <= len(text) <= MOST:
        raise Malformed(_("Say it in 1 to %(most)d characters.") % {"most": MOST}, code="bad-text")
    return text


@command("bidding.join-evaluation")
@dataclass(frozen=True, kw_only=True)
class JoinEvaluation(MemberAct):
    """A member signs in; doing it again changes nothing."""

    def perform(self, scene: Scene, room: Room) -> None:
        self.enter_room(scene, room)
        if scene.actor.urn not in room_state.state(room)["present"]:
            rooms.emit(scene, room, "present", {})


@command("bidding.elect-chair")
@dataclass(frozen=True, kw_only=True)
class ElectChair(MemberAct):
    """A member votes for the chair, and may vote again until somebody has more than half.

    ``member`` is ``user:<uuid>``. Result: ``{"chair": urn or null}``.
    """

    member: str

    def perform(self, scene: Scene, room: Room) -> Result:
        row, _seat = self.enter_room(scene, room)
        state = room_state.state(room)
        if state["chair"] is not None:
            raise Refused(_("The chair is elected."), code="chair-elected")
        known = {seat.user.urn for seat in committee.members(row.committee)}
        if self.member not in known:
            raise NotFound(_("Nobody of that name is on this committee."), code="no-such-member")
        rooms.emit(scene, room, "vote", {"member": self.member}, COMMITTEE)
        votes = {
            voter: choice
            for voter, choice in {**state["votes"], scene.actor.urn: self.member}.items()
            if voter in known and choice in known
        }
        if 2 * sum(choice == self.member for choice in votes.values()) > row.committee.size:
            rooms.emit(scene, room, "chair", {"member": self.member}, by=room.urn)
            return {"chair": self.member}
        return {"chair": None}


@command("bidding.move-rejection")
@dataclass(frozen=True, kw_only=True)
class MoveRejection(MemberAct):
    """A member moves that a bid be rejected, with the reason (TBR 51).

    It is rejected once more than half of the committee have moved so. ``bid`` is its code.
    Result: ``{"rejected": bool, "for": n}``.
    """

    bid: str
    reason: str

    def perform(self, scene: Scene, room: Room) -> Result:
        row, _seat = self.enter_room(scene, room)
        if row.computed_at is not None:
            raise Refused(
                _("The ranking is computed; no bid is rejected any more."), code="computed"
            )
        bids, reason = evaluation.coded(row.committee), words(self.reason)
        if self.bid not in bids:
            raise NotFound(_("There is no bid of this code."), code="no-such-bid")
        if self.bid in evaluation.rejected_codes(row):
            raise Refused(_("This bid is rejected already."), code="already-rejected")
        rooms.emit(scene, room, "motion", {"bid": self.bid, "reason": reason}, COMMITTEE)
        members = {seat.user.urn for seat in committee.members(row.committee)}
        motions = {
            urn: said
            for urn, said in room_state.state(room)["motions"].get(self.bid, {}).items()
            if urn in members
        }
        rejected = 2 * len(motions) > row.committee.size
        if rejected:
            found = {"code": self.bid, "bid": bids[self.bid].urn, "reason": reason}
            row.rejected = [*row.rejected, found]
            row.save(update_fields=["rejected"])
            data = {"bid": self.bid, "reason": reason}
            rooms.emit(scene, room, "rejected", data, by=room.urn)
        return {"rejected": rejected, "for": len(motions)}


@command("bidding.dissent")
@dataclass(frozen=True, kw_only=True)
class Dissent(MemberAct):
    """A member puts a different opinion and its reasons on the record (TBR 53), once."""

    phase = "computed"
    text: str

    def perform(self, scene: Scene, room: Room) -> None:
        self.enter_room(scene, room)
        said: list[dict[str, Any]] = room_state.state(room)["dissents"]
        if any(each["member"] == scene.actor.urn for each in said):
            raise Refused(_("Your dissent is on the record already."), code="already-dissented")
        data = {"member": scene.actor.urn, "text": words(self.text)}
        rooms.emit(scene, room, "dissent", data)
