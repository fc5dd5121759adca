"""A dummy under a policy's twin, sealed and opened again in the page's modules."""

from __future__ import annotations

import uuid

import pytest

from signatures.domain import jcs
from tests.bidding.kit import world
from tests.bidding.kit.cases import MIB, POLICY
from tests.bidding.seal_js.conftest import PASSWORD, key_file
from tests.javascript import Raised


def rehearse(page, **changes):
    given = {
        "policy": POLICY.encode().hex(),
        "origin": world.ORIGIN,
        "file": key_file().hex(),
        "password": PASSWORD,
        "bid": str(uuid.uuid4()),
        "at": jcs.timestamp(world.T0),
        "size": 200_000,
    }
    return page.call("rehearse", {**given, **changes})


@pytest.mark.parametrize("size", [1, 16_384, 5 * MIB])
def test_dummy_under_the_policy_s_twin_opens_again(page, size):
    took = rehearse(page, size=size)
    assert took["sealing"] > 0 < took["opening"]


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"origin": "https://elsewhere.test"}, "Malformed", None),
        ({"policy": POLICY.encode()[:-1].hex()}, "Malformed", None),
        ({"policy": b"{}".hex()}, "Malformed", None),
        ({"password": "wrong"}, None, "wrong-password"),
        ({"policy": world.a_policy(rehearsal=True).encode().hex()}, None, "wrong-policy"),
        ({"size": 0}, "Malformed", None),
    ],
    ids=["origin", "cut", "empty", "password", "rehearsal", "size"],
)
def test_dummy_of_what_cannot_stand_is_refused(page, changes, kind, code):
    with pytest.raises(Raised) as caught:
        rehearse(page, **changes)
    assert kind is None or caught.value.kind == kind
    assert code is None or caught.value.code == code
