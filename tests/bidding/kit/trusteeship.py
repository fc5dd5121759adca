"""What a trustee's client does before a stage, and what came of it."""

from __future__ import annotations

from bidding.kit.releasing import release_once
from tests.bidding.kit import world


def once(stage, watch=None, name="supervisor", **more):
    return release_once(
        stage.client(name), world.LOT, stage.trustee_keys(name), watch or stage.watch(), **more
    )


def codes(found) -> set[str]:
    reasons = [*found.reasons, *(each for item in found.items for each in item.reasons)]
    return {each.code for each in reasons}


def states(found, slot=1) -> list[str]:
    return [each.state for each in found.items if each.slot == slot]


def refrozen(stage) -> None:
    house = stage.house
    house.leaves.clear()
    house.objects.clear()
    house.publish_policy()
    house.publish_schedule(world.a_schedule(stage.policy))
    house.freeze()
    house.open_gate()
