"""The opening hall: who may see it, what its stream adds up to, how it comes to be.

It opens by itself when the bids are frozen. Openings are public (TBL 34, 35): whoever is signed
in may watch. What the hosts and the tenderers do in it are the acts of ``hall_acts`` and
``attendance``; shares, sheets and lost bids arrive from sealing (``sealing_events``).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bidding.domain import room_state, rooms, sealed_rounds, sealing_events
from bidding.domain.room_kinds import (
    ALL,
    SUPERVISORS,
    TENDERERS,
    Event,
    RoomKind,
    State,
    only,
    register,
)
from bidding.enums import BidState, Outcome
from bidding.models import Bid, Envelope, Room, SealingPolicy
from signatures.domain.act import Actor, Scene
from signatures.models import User
from trading import access
from trading.enums import LotRole
from trading.models import Lot

KIND = sealing_events.HALL
STAGE = "OPENING"
HOSTS = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


def audiences(user: User, room: Room) -> frozenset[str]:
    """Everybody who is signed in watches; those with a part in the lot see what is for them."""
    if not user.is_active:
        return frozenset()
    roles = access.roles_of(user, room.lot_id)
    organisations = access.organisations_of(user)
    found = {ALL, only(user.urn), *(only(each.urn) for each in organisations)}
    if LotRole.SUPERVISOR in roles:
        found.add(SUPERVISORS)
    frozen = frozen_bids(room.lot_id).filter(tenderer__in=[each.pk for each in organisations])
    if frozen.exists():
        found.add(TENDERERS)
    return frozenset(found)


def _may_manage(actor: Actor, lot: UUID) -> bool:
    """The platform, and the hosts once the bids are frozen: before, nobody may gather."""
    if actor.is_process:
        return True
    row = Lot.objects.filter(pk=lot, stage=STAGE).first()
    return row is not None and not HOSTS.isdisjoint(access.actor_roles(actor, row))


# --- what the stream adds up to ------------------------------------------------------------------


def initial() -> State:
    """An empty hall."""
    return {
        "started": None,
        "frozen": None,
        "tenderers": [],
        "attended": [],
        "shares": {},
        "sheets": {},
        "lost": {},
        "guarantees": {},
        "consortia": {},
        "twice": [],
        "read": [],
        "objections": [],
        "confirmed": [],
        "closed": None,
    }


def reduce(state: State, event: Event) -> State:
    """The next state; kinds that it does not know leave it as it is."""
    step = _STEPS.get(event.kind)
    return state if step is None else {**state, **step(state, event)}


def _at(event: Event) -> str:
    return event.at.isoformat()


def _shares(state: State, event: Event) -> State:
    bid, slot = event.data["bid"], str(event.data["slot"])
    slots = state["shares"].get(bid, {})
    holders = [*slots.get(slot, []), event.data["holder"]]
    return {"shares": {**state["shares"], bid: {**slots, slot: holders}}}


def _answered(state: State, event: Event) -> State:
    number = event.data["objection"]
    return {
        "objections": [
            {**each, "answer": event.data["text"]} if each["number"] == number else each
            for each in state["objections"]
        ]
    }


_STEPS: dict[str, Any] = {
    "frozen": lambda state, event: {"frozen": event.data},
    "list": lambda state, event: {"tenderers": event.data["tenderers"], "started": _at(event)},
    "attended": lambda state, event: {"attended": [*state["attended"], event.data]},
    "share": _shares,
    "sheet": lambda state, event: {
        "sheets": {
            **state["sheets"],
            event.data["bid"]: {
                "sheet": event.data["facts"] or {},
                "problem": event.data["problem"],
                "digest": event.data["digest"],
            },
        }
    },
    "lost": lambda state, event: {"lost": {**state["lost"], event.data["bid"]: event.data}},
    "guarantee": lambda state, event: {
        "guarantees": {**state["guarantees"], event.data["bid"]: event.data}
    },
    "consortium": lambda state, event: {
        "consortia": {**state["consortia"], event.data["bid"]: event.data}
    },
    "twice": lambda state, event: {"twice": [*state["twice"], event.data["bids"]]},
    "read": lambda state, event: {"read": [*state["read"], event.data["bid"]]},
    "objection": lambda state, event: {
        "objections": [*state["objections"], {**event.data, "answer": None}]
    },
    "answer": _answered,
    "confirmed": lambda state, event: {"confirmed": [*state["confirmed"], event.data]},
    "closed": lambda state, event: {"closed": _at(event)},
}

kind = register(
    RoomKind(
        name=KIND,
        audiences=audiences,
        reduce=reduce,
        initial=initial,
        may_manage=_may_manage,
        presence=SUPERVISORS,
    )
)


# --- opening, finding ----------------------------------------------------------------------------


def ensure(scene: Scene, lot: Lot) -> Room:
    """The lot's opening hall, opened now where there is none, inside an act."""
    return rooms.live(lot.pk, KIND) or rooms.open_room(scene, kind=KIND, lot=lot.pk)


def on_frozen(scene: Scene, lot: Lot, data: dict[str, Any]) -> None:
    """Open the hall when the bids are frozen, unless too few came and nothing will be opened."""
    if lot.stage != STAGE or rooms.live(lot.pk, KIND) is not None:
        return
    rooms.emit(scene, ensure(scene, lot), sealing_events.FROZEN, data)


def last(lot: UUID) -> Room | None:
    """The lot's newest opening hall, open or closed."""
    return Room.objects.filter(lot_id=lot, kind=KIND).order_by("opened_at").last()


def whole(room: Room) -> State:
    """The hall's state over every event."""
    return room_state.state(room)


# --- how far the opening came, by rows -----------------------------------------------------------


def frozen_bids(lot: Lot | UUID) -> Any:
    """The bids of the frozen set, whatever became of them since; no applications."""
    row = lot if isinstance(lot, Lot) else Lot.objects.get(pk=lot)
    return sealed_rounds.frozen_bids(row, round_=sealed_rounds.main(row))


def timed_slots(lot: Lot) -> list[int]:
    """The slots that open at a time, at the opening: all but those that wait for an act."""
    policy = SealingPolicy.objects.filter(lot=lot, round=sealed_rounds.main(lot)).first()
    gates = policy.gates if policy is not None else {}
    return sorted(int(slot) for slot, gate in gates.items() if "after" not in gate)


def unopened(lot: Lot) -> list[Bid]:
    """The frozen bids that still wait for a slot to be opened, neither opened nor settled."""
    freeze = sealed_rounds.freeze(lot, round_=sealed_rounds.main(lot))
    if freeze is None:
        return []
    versions = {one["bid"]: one["version"] for one in freeze.bids}
    waiting = Envelope.objects.filter(
        version__bid__lot=lot, version__bid__state=BidState.FROZEN, slot__in=timed_slots(lot)
    ).exclude(outcome=Outcome.OPENED)
    found = {
        row.version.bid_id: row.version.bid
        for row in waiting.select_related("version__bid__tenderer")
        if versions.get(str(row.version.bid_id)) == row.version.number
    }
    return [found[key] for key in sorted(found)]
