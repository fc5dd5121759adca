"""A lot whose group negotiates, up to where final offers may come.

Keys, policy and times of the final offers go the way they go outside; the first round and the
group's result are rows put in place.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from bidding.enums import BidState
from bidding.kit.policy import SlotRule
from bidding.kit.schedule import Schedule
from bidding.kit.trustee import SlotKeys
from bidding.models import Bid, BidCode, Committee, Evaluation, Freeze, SealingPolicy
from signatures import store
from signatures.domain import clock, guard, jcs, platform
from tests.bidding.sealing.rows import statement
from tests.bidding.sealing.world import World
from tests.factories.floor import START, sha
from trading.domain import procedure
from trading.models import Exhibit

CALL = "bidding.call-final-offers"
TIME = timedelta(hours=3)
OUT = 3  # the supplier that the group does not go on with


def negotiating(world: World) -> None:
    """The first round is over, and the group's result stands."""
    lot = world.house.lot
    with guard.writes("test arrangement"):
        lot.procedure = procedure.load("procurement-negotiation").frozen()
        lot.stage, lot.stage_since = "EVALUATION", clock.now()
        lot.dates = {
            name: jcs.timestamp(START + timedelta(minutes=number))
            for number, name in enumerate(("notice", "documents-from", "deadline", "opening"))
        }
        lot.save()
        policy = SealingPolicy.objects.create(
            lot=lot, k=3, n=4, min_bids=3, gates={"2": {"at": "x"}, "3": {"at": "x"}},
            **statement(),
        )
        bids = [
            Bid.objects.create(
                pk=uuid.uuid4(), lot=lot, tenderer=one.organisation, state=BidState.FROZEN,
                since=START,
            )
            for one in world.tenderers
        ]
        Freeze.objects.create(
            lot=lot, policy=policy, count=4, root="ab" * 32, at=START,
            bids=[{"bid": str(bid.pk), "version": 1, "statement": "cd" * 32} for bid in bids],
        )
        committee = Committee.objects.create(
            lot=lot, quota={"expert": 3}, code_seed="5e" * 32, draw_seed="d5" * 32,
            opened_at=START, complete_at=START,
        )
        for number, bid in enumerate(bids, start=1):
            BidCode.objects.create(committee=committee, bid=bid, code=f"T{number:02d}")
        points = {f"T{number:02d}": "0.00" for number in range(1, 5)}
        technical = store.put(jcs.dumps({"technical": points})).sha256
        Evaluation.objects.create(
            committee=committee, frozen_at=START, technical=technical,
            rejected=[{"code": f"T{OUT + 1:02d}", "bid": bids[OUT].urn, "reason": "缺少证明"}],
        )
    world.house.refresh()


def result_filed(world: World) -> None:
    with guard.writes("test arrangement"):
        Exhibit.objects.create(
            lot=world.lot_row, kind="technical-result", stage="EVALUATION", name="result",
            digest=sha("result"), size=1, media_type="application/json", filed_at=START,
        )


def call(world: World) -> Any:
    return world.tenderee.post(world.path("steps"), {"step": CALL})


def make_keys(world: World, slots: tuple[int, ...] = (1, 4)) -> None:
    for name, person in world.trustees.items():
        keys = SlotKeys.generate(
            origin=platform.origin(), project=world.lot_row.project.urn, lot=world.lot_row.urn,
            trustee=person.organisation.urn, slots=slots,
        )
        world.slot_keys = {**world.slot_keys, name: keys}
        answer = person.post(world.path("trustee-keys"), person.sign(keys.offer(at=clock.now())))
        assert answer.status_code == 201, answer.content


def post_policy(world: World, **changes: Any) -> Any:
    world.policy = world.a_policy(**{"slots": (SlotRule(1), SlotRule(4)), **changes})
    return world.tenderee.post(world.path("policy"), world.tenderee.sign(world.policy.encode()))


def post_schedule(world: World, *, seq: int = 1, after: timedelta = TIME) -> Any:
    assert world.policy is not None
    closes = (START + timedelta(hours=1) + after).replace(microsecond=0)
    schedule = Schedule(
        origin=platform.origin(), at=clock.now(), policy=world.policy.digest, seq=seq,
        deadline=closes, gates={1: closes, 4: closes},
    )
    return world.tenderee.post(world.path("schedule"), world.tenderee.sign(schedule.encode()))


def closes(world: World) -> Any:
    return jcs.parse_timestamp(world.house.refresh().dates["final-deadline"])


def called(world: World) -> None:
    """Final offers are called for, and may come."""
    result_filed(world)
    assert call(world).status_code in (200, 201)
    make_keys(world)
    assert post_policy(world).status_code == 201
    assert post_schedule(world).status_code == 201
    world.house.refresh()
