"""The page decides as the kit does, for the same reasons, whatever it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from bidding.kit.opening import decide, observe
from bidding.kit.tender import Signed
from signatures.domain import jcs
from tests.bidding.kit import world
from tests.bidding.release_js.openings import REFUSES, RELEASES, Opening
from tests.javascript import requires_node

pytestmark = requires_node
#: Ways to say that bytes are not what they must be; the page's reader of JSON knows one.
UNREADABLE = {"malformed", "not-canonical", "bad-json"}


def signed(each: Signed) -> dict[str, Any]:
    return {"data": each.data.hex(), "signatures": [one.hex() for one in each.signatures]}


def plain(codes: set[str]) -> set[str]:
    return {"malformed" if code in UNREADABLE else code for code in codes}


def both(page, opening: Opening, submission) -> tuple[Any, Any]:
    """What the kit and the page decide about the same bytes."""
    house, stored = opening.house, opening.stored or world.a_follower()
    shown = opening.change(house.show(stored))
    head = next(each.head for each in submission.envelopes if each.head.header.slot == opening.slot)
    statement = opening.statement or Signed(submission.statement, (submission.signature,))
    view = observe(house.policy, stored, shown)
    kit = decide(view, head, statement, now=opening.now, rehearsal=opening.rehearsal)
    given = {
        "policy": house.policy.encode().hex(),
        "rehearsal": house.policy.rehearsal,
        "stored": stored.as_json(),
        "shown": {
            "note": shown.note,
            "token": shown.token.hex(),
            "leaves": [each.hex() for each in shown.leaves],
            "objects": [signed(each) for each in shown.objects],
            "frozen": [
                {"bid": str(each.bid), "version": each.version, "statement": each.statement.hex()}
                for each in shown.frozen
            ],
        },
        "head": head.encode().hex(),
        "statement": signed(statement),
        "now": jcs.timestamp(opening.now),
        "meant": opening.rehearsal,
    }
    found = page.call("decide", given)
    assert (found["stored"] is None) == (view.follower is None)
    if view.follower is not None:
        assert found["stored"]["size"] == view.follower.size
        assert found["stored"]["edge"] == [each.hex() for each in view.follower.edge]
        assert found["stored"]["leaves"] == len(view.follower.leaves)
    return kit, found


@pytest.mark.parametrize("name", RELEASES)
def test_decide_what_is_in_order_is_released_by_both(page, policy, submission, name):
    kit, found = both(page, RELEASES[name](policy, submission), submission)
    assert kit.release
    assert found["reasons"] == []
    assert found["release"]
    assert found["opensAt"] == jcs.timestamp(kit.opens_at)


@pytest.mark.parametrize("name", REFUSES)
def test_decide_what_is_not_in_order_is_refused_by_both(page, policy, submission, name):
    kit, found = both(page, REFUSES[name](policy, submission), submission)
    assert not kit.release
    assert not found["release"]
    assert plain({each["code"] for each in found["reasons"]}) == plain(
        {each.code for each in kit.reasons}
    )


def test_decide_most_openings_are_refused():
    assert len(REFUSES) > 8 * len(RELEASES)
