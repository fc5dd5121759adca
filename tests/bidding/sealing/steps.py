"""What happens around bids step by step: the clock, the witness, trustees' clients, the worker."""

from __future__ import annotations

import copy
import uuid
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django_tasks_db.models import DBTaskResult

from bidding.kit import opening, release
from bidding.kit.follower import Follower
from bidding.kit.tender import FrozenBid, Signed
from bidding.kit.wraps import Head
from signatures.domain import checkpoint as notes
from signatures.domain import checkpoints, clock, duty_list, platform
from tests.bidding.sealing.people import WITNESS, move_clock, renew_lists, tick
from tests.bidding.sealing.world import BIDDING, DEADLINE, World


def prove() -> None:
    """What clock process and witness do: a checkpoint, its cosignature, its timestamp."""
    checkpoints.make(clock.platform)
    newest = checkpoints.latest()
    assert newest is not None
    signed = notes.cosign(newest.note, WITNESS, at=int(clock.now().timestamp()))
    checkpoints.attach_cosignature(newest.size, signed.removeprefix(newest.note))
    duty_list.stamp_checkpoint(clock.platform)


def run_tasks() -> list[str]:
    """Run what is in the queue, as the worker does; what each task came to."""
    done = []
    for row in DBTaskResult.objects.ready().order_by("enqueued_at"):
        result = row.task.func(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        row.set_successful(result)
        done.append(f"{row.task.name}:{result}")
    return done


def released(world: World, name: str, *, slot: int | None = None) -> list[Any]:
    """What a trustee's own client does: look, decide by every check, and post its shares."""

    person, keys, policy = world.trustees[name], world.slot_keys[name], world.policy
    assert policy is not None
    seen = person.get(world.path("frozen?from=0")).json()
    sealing = person.get(world.path("sealing")).json()
    objects = [_signed(each) for each in (*sealing["schedules"], *sealing["gates"])]
    shown = opening.Shown(
        note=seen["note"],
        token=_decoded(seen["token"]),
        leaves=[_decoded(each) for each in seen["leaves"]],
        objects=objects,
        frozen=[
            FrozenBid(uuid.UUID(each["bid"]), each["version"], _signed(each).digest)
            for each in seen["bids"]
        ],
    )
    stored = Follower(origin=platform.log_origin(), lot=world.house.lot.urn)
    view = opening.observe(policy, stored, shown)
    answers = []
    for bid in seen["bids"]:
        for envelope in bid["envelopes"]:
            if slot is not None and envelope["slot"] != slot:
                continue
            head = Head.parse(_decoded(envelope["head"]))
            decision = opening.decide(view, head, _signed(bid), now=clock.now())
            if not decision.release:
                answers.append([reason.code for reason in decision.reasons])
                continue
            statement = release.release(
                keys.unwrap(policy, head),
                policy=policy,
                head=head,
                recipient=bytes.fromhex(seen["opening_service"]["key"]),
                checkpoint=decision.checkpoint,
                at=clock.now(),
            )
            answers.append(person.post(world.path("shares"), person.sign(statement)))
    return answers


def _decoded(text: str) -> bytes:
    return b64decode(text)


def _signed(item: dict[str, Any]) -> Any:
    signatures = item["signatures"] if "signatures" in item else [item["signature"]]
    return Signed(_decoded(item["statement"]), tuple(_decoded(each) for each in signatures))


def open_for_bids(world: World) -> None:
    """Publish keys, policy and schedule, and go on to the stage of bidding."""
    world.make_keys()
    world.publish_policy()
    answer = world.publish_schedule()
    assert answer.status_code == 201, answer.content
    move_clock(BIDDING)
    renew_lists()
    tick()
    world.house.refresh()


def freeze(world: World) -> None:
    """The deadline comes; the clock freezes the set and opens the timed gates."""
    move_clock(DEADLINE + timedelta(seconds=5))
    renew_lists()
    tick()
    world.house.refresh()


def copied(world: World) -> World:
    """The same world for another test: what tests change in memory is its own."""
    house = copy.copy(world.house)
    people = {name: replace(one) for name, one in world.trustees.items()}
    fresh = replace(
        world, house=house, trustees=people, tenderers=[replace(one) for one in world.tenderers]
    )
    fresh.house.refresh()
    return fresh
