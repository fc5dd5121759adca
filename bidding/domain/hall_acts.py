"""What the hosts and the tenderers say in the opening hall, and how the opening is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from bidding.domain import evaluation, hall, rooms, sealed_rounds
from bidding.domain.contents import SHEET_SLOT
from bidding.domain.room_acts import RoomAct
from bidding.enums import BidState
from bidding.models import Room
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from trading import access
from trading.domain import grounds
from trading.domain.acts import LotAct
from trading.models import Lot, Organisation

CLOSE = "bidding.close-opening"
OPENING = grounds.declare("opening-order", step=CLOSE)
HOSTED = grounds.declare("opening-host", step=CLOSE)
NOT_FROZEN = grounds.declare("bids-not-frozen", step="bidding.freeze-bids")
OBJECTIONS = grounds.declare("opening-objections", step=CLOSE)
LONGEST = 2000
_FALLEN = (BidState.REVOKED, BidState.UNOPENED)


def _record_task() -> Any:
    """The queue's task: it stands above this room, so it is named by string only."""
    return import_string("bidding.record_tasks.prepare_opening_record")


@dataclass(frozen=True, kw_only=True)
class HallAct(RoomAct):
    """An act in an opening hall while its lot is being opened."""

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor)

    def lot(self, room: Room) -> Lot:
        """The lot, which must stand at the opening; raises :class:`Refused`."""
        lot: Lot = Lot.objects.select_related("project").get(pk=room.lot_id)
        if room.kind != hall.KIND:
            raise Refused(_("This is no opening hall."), code="wrong-room")
        if lot.stage != hall.STAGE or lot.state != "active":
            raise Refused(
                _("The lot is not being opened."), code="wrong-stage", rule=OPENING.of(lot)
            )
        return lot

    def require_host(self, scene: Scene, room: Room) -> None:
        if hall.HOSTS.isdisjoint(access.actor_roles(scene.actor, room.lot_id, scene.now)):
            raise Denied(
                _("Only the tenderee and its agency host the opening."),
                code="wrong-role",
                rule=HOSTED.of(room.lot),
            )

    def started(self, room: Room) -> dict[str, Any]:
        """The hall's state, once it has begun; raises :class:`Refused`."""
        state = hall.whole(room)
        if state["started"] is None:
            raise Refused(
                _("The opening has not begun: the host publishes the list of tenderers first."),
                code="not-started",
                rule=OPENING.of(room.lot),
            )
        return state


@command("bidding.start-opening")
@dataclass(frozen=True, kw_only=True)
class StartOpening(HallAct):
    """The host begins: the list of tenderers is published. Result: ``{"tenderers": n}``."""

    def perform(self, scene: Scene, room: Room) -> Result:
        lot = self.lot(room)
        self.require_host(scene, room)
        if sealed_rounds.freeze(lot, round_=sealed_rounds.main(lot)) is None:
            raise Refused(
                _("The bids are not frozen yet."), code="not-frozen", rule=NOT_FROZEN.of(lot)
            )
        if hall.whole(room)["started"] is not None:
            raise Refused(_("The opening has begun already."), code="already-started")
        rows = hall.frozen_bids(lot).select_related("tenderer").order_by("tenderer__name", "pk")
        listed = [
            {"bid": str(row.pk), "organisation": row.tenderer.urn, "name": row.tenderer.name}
            for row in rows
        ]
        rooms.emit(scene, room, "list", {"tenderers": listed})
        rooms.enter_stage(scene, room, "opening")
        return {"tenderers": len(listed)}


@command("bidding.read-out-bid")
@dataclass(frozen=True, kw_only=True)
class ReadOutBid(HallAct):
    """The host reads an opened sheet out, once for each bid (TBL 36)."""

    bid: UUID

    def perform(self, scene: Scene, room: Room) -> None:
        self.lot(room)
        self.require_host(scene, room)
        state, bid = self.started(room), str(self.bid)
        if bid not in state["sheets"]:
            raise Refused(
                _("This bid's opening sheet is not open."),
                code="not-opened",
                rule=OPENING.of(room.lot),
            )
        if bid in state["read"]:
            raise Refused(_("This bid was read out already."), code="already-read")
        rooms.emit(scene, room, "read", {"bid": bid, "number": len(state["read"]) + 1})


@command("bidding.object-opening")
@dataclass(frozen=True, kw_only=True)
class ObjectOpening(HallAct):
    """A tenderer objects to the opening on the spot (TBR 44). Result: ``{"objection": n}``."""

    text: str

    def perform(self, scene: Scene, room: Room) -> Result:
        self.lot(room)
        state = self.started(room)
        tenderer = tenderer_of(scene, room)
        number = len(state["objections"]) + 1
        rooms.emit(
            scene,
            room,
            "objection",
            {
                "number": number,
                "organisation": tenderer.urn,
                "name": tenderer.name,
                "text": said(self.text),
            },
        )
        return {"objection": number}


@command("bidding.answer-objection")
@dataclass(frozen=True, kw_only=True)
class AnswerObjection(HallAct):
    """The host answers an objection on the spot, once (TBR 44)."""

    objection: int
    text: str

    def perform(self, scene: Scene, room: Room) -> None:
        self.lot(room)
        self.require_host(scene, room)
        found = next(
            (
                each
                for each in self.started(room)["objections"]
                if each["number"] == self.objection
            ),
            None,
        )
        if found is None:
            raise NotFound(_("There is no such objection."), code="no-such-objection")
        if found["answer"] is not None:
            raise Refused(_("This objection is answered already."), code="already-answered")
        rooms.emit(
            scene, room, "answer", {"objection": self.objection, "text": said(self.text)}
        )


@command(CLOSE)
@dataclass(frozen=True, kw_only=True)
class CloseOpening(LotAct):
    """The host closes the opening; the lot goes on to evaluation, the record is made.

    Only when every bid was opened, revoked or attributed, every opened sheet read out and every
    objection answered. Result: ``{"room", "stage", "seq"}``.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        move = self.proceed(scene)
        room = hall.last(lot.pk)
        if room is None or not room.is_open:
            raise Refused(
                _("There is no open hall to close."), code="no-hall", rule=OPENING.of(lot)
            )
        room = rooms.lock(room.pk)
        self._require_complete(lot, room)
        scene.enter(
            subject=lot.urn,
            context={
                "room": room.urn,
                "opened": hall.frozen_bids(lot).filter(state=BidState.FROZEN).count(),
                "fallen": hall.frozen_bids(lot).filter(state__in=_FALLEN).count(),
            },
        )
        room = rooms.close_room(scene, room)
        _record_task().enqueue(str(room.pk))
        evaluation.begin(scene, lot)
        return {"room": str(room.pk), "stage": move.after.stage, "seq": room.seq}

    def _require_complete(self, lot: Lot, room: Room) -> None:
        state = hall.whole(room)
        if state["started"] is None:
            raise Refused(
                _("The opening has not begun."), code="not-started", rule=OPENING.of(lot)
            )
        waiting = hall.unopened(lot)
        if waiting:
            raise Refused(
                _("These bids are neither opened nor settled: %(names)s.")
                % {"names": ", ".join(bid.tenderer.name for bid in waiting)},
                code="bids-unopened",
                rule=OPENING.of(lot),
            )
        standing = hall.frozen_bids(lot).filter(state=BidState.FROZEN)
        unread = [] if SHEET_SLOT not in hall.timed_slots(lot) else [
            bid
            for bid in standing.select_related("tenderer").order_by("pk")
            if str(bid.pk) not in state["read"]
        ]
        if unread:
            raise Refused(
                _("These bids were not read out: %(names)s.")
                % {"names": ", ".join(bid.tenderer.name for bid in unread)},
                code="bids-unread",
                rule=OPENING.of(lot),
            )
        if any(each["answer"] is None for each in state["objections"]):
            raise Refused(
                _("Objections are answered on the spot; one is not answered yet."),
                code="objection-open",
                rule=OBJECTIONS.of(lot),
            )


# --- small things --------------------------------------------------------------------------------


def said(text: str) -> str:
    """What somebody says in a hall: 1 to 2000 characters; raises :class:`Malformed`."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise Malformed(
            _("Say it in 1 to %(most)d characters.") % {"most": LONGEST}, code="bad-text"
        )
    return text


def tenderer_of(scene: Scene, room: Room) -> Organisation:
    """The actor's organisation that has a bid in the frozen set; raises :class:`Denied`."""
    mine = access.organisations_of(scene.actor.user, scene.now)
    bid = (
        hall.frozen_bids(room.lot_id)
        .filter(tenderer__in=[each.pk for each in mine])
        .select_related("tenderer")
        .first()
    )
    if bid is None:
        raise Denied(
            _("Only those who have a bid in this opening do this."), code="not-a-tenderer"
        )
    found: Organisation = bid.tenderer
    return found
