"""What a house does step by step, for the tests of the opening."""

from __future__ import annotations

from datetime import timedelta

from tests.bidding.kit import world
from tests.bidding.kit.world import OPENING, House

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def rebuilt(policy, submission, *steps) -> House:
    """A house whose ledger holds exactly these steps after the policy."""
    house = world.opened_house(policy, submission)
    house.leaves.clear()
    house.publish_policy()
    for step in steps:
        step(house)
    return house


def schedule(house):
    house.publish_schedule(world.a_schedule(house.policy))


def freeze(house):
    house.freeze()


def gate(house):
    house.open_gate()


def codes(decision) -> set[str]:
    assert decision.release == (not decision.reasons)
    return {reason.code for reason in decision.reasons}


RESULT = b"\x77" * 32


def technical(house):
    house.plain("bidding.technical", OPENING + MINUTE, digests={"result": RESULT.hex()}, context={})


def price_gate(house, **changes):
    wanted = {"slot": 4, "at": OPENING + 2 * MINUTE, "by": ["supervisor"], "result": RESULT}
    house.open_gate(**{**wanted, **changes})


def late(house):
    house.note_at = house.token_at = OPENING + 3 * MINUTE
    return house


AFTER = OPENING + 3 * MINUTE
