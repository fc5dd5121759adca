"""The page's trustee before platforms that lie: no share leaves the browser, as with the kit."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from signatures.domain import jcs
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.stage import LOT_ID
from tests.bidding.kit.steps import MINUTE, RESULT
from tests.bidding.kit.test_lying_platform import ABOUT_PRICE, LIES, no_tiles
from tests.bidding.kit.trusteeship import refrozen
from tests.bidding.kit.world import OPENING
from tests.javascript import Raised, requires_node

pytestmark = requires_node
PASSWORD = "correct horse"
#: What the page calls otherwise than the kit.
ALSO = {
    "bad-signature": {"bad-signature", "malformed", "not-signed"},
    "no-policy": {"wrong-policy"},
    "wrong-seal": {"wrong-seal", "not-signed"},
}
devices = itertools.count()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with stages.theatre() as theatre:
        theatre.stage.opened(tmp_path_factory.mktemp("bids"))
        yield theatre, theatre.stage


@pytest.fixture
def stage(scene):
    theatre, template = scene
    theatre.stage = template.copy()
    yield theatre.stage
    theatre.stage.close()


@pytest.fixture
def browser(page, tmp_path):
    return Browser(page, tmp_path)


class Browser:
    """One trustee's browser: its key file, its certificate, its memory of the ledger."""

    def __init__(self, page, folder) -> None:
        self.page, self.folder, self.device = page, folder, f"device-{next(devices)}"

    def release(self, stage) -> tuple[list[str], set[str]]:
        """States of the envelopes, and every code that the page gave for a refusal."""
        path = self.folder / f"{next(devices)}.json"
        stage.trustee_keys("supervisor").save(path, world.PASSPHRASE)
        key, certificate = world.pair("supervisor", "")
        secret = BestAvailableEncryption(PASSWORD.encode())
        given = {
            "origin": stage.origin,
            "now": jcs.timestamp(stage.now),
            "device": self.device,
            "lot": str(LOT_ID),
            "file": path.read_bytes().hex(),
            "passphrase": world.PASSPHRASE,
            "certificate": pkcs12.serialize_key_and_certificates(
                b"supervisor", key, certificate, None, secret
            ).hex(),
            "password": PASSWORD,
        }
        try:
            found = self.page.call("release", given)
        except Raised as error:
            return [], {error.code or error.kind}
        reasons = [*found["reasons"], *(one for item in found["items"] for one in item["reasons"])]
        return [each["state"] for each in found["items"]], {each["code"] for each in reasons}


def slots_of(stage) -> set[int]:
    return {
        jcs.loads(stages.base64.b64decode(each["statement"]))["slot"] for each in stage.shares
    }


def test_honest_platform_gets_the_shares_of_the_open_slot(browser, stage):
    states, codes = browser.release(stage)
    assert sorted(states) == ["held"] * 3 + ["released"] * 3
    assert codes == {"no-gate"}
    assert slots_of(stage) == {1}
    assert len(stage.shares) == 3


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_lying_platform_gets_no_share(browser, stage, lie):
    lie(stage)
    _states, codes = browser.release(stage)
    if lie in ABOUT_PRICE:
        assert slots_of(stage) <= {1}
    else:
        assert stage.shares == []
    assert stage.complaints == []
    assert codes & ALSO.get(LIES[lie], {LIES[lie]})


def test_platform_that_hides_its_log_gets_no_share(browser, stage):
    no_tiles(stage)
    _states, codes = browser.release(stage)
    assert stage.shares == []
    assert codes


def test_stale_checkpoint_after_a_newer_one_gets_no_share(browser, stage):
    shown = stage.house.leaves.pop()  # No gate yet: the browser only remembers.
    stage.house.hidden(OPENING)
    stage.house.hidden(OPENING)
    browser.release(stage)
    assert stage.shares == []
    del stage.house.leaves[-2:]
    stage.house.leaves.append(shown)
    _states, codes = browser.release(stage)
    assert stage.shares == []
    assert codes & {"stale-checkpoint", "forked-checkpoint"}


def test_forked_log_gets_no_share_and_is_not_forgotten(browser, stage):
    gate = stage.house.leaves.pop()
    browser.release(stage)
    honest = stage.house.leaves[2]
    stage.house.leaves[2] = honest.replace(b'"c":"', b'"c":"00')
    stage.house.leaves.append(gate)
    for _again in range(2):
        _states, codes = browser.release(stage)
        assert stage.shares == []
        assert "forked-checkpoint" in codes
    stage.house.leaves[2] = honest
    browser.release(stage)
    assert len(stage.shares) == 3


def test_another_policy_than_before_gets_no_share(browser, stage):
    gate = stage.house.leaves.pop()
    browser.release(stage)
    stage.house.leaves.append(gate)
    other = stage.a_policy(min_bids=1)
    stage.shown["policy"] = stages.wire(world.signed(other.encode(), "tenderee"))
    _states, codes = browser.release(stage)
    assert stage.shares == []
    assert codes == {"wrong-policy"}


def test_another_seal_than_before_gets_no_share(browser, stage):
    gate = stage.house.leaves.pop()
    browser.release(stage)
    stage.house.leaves.append(gate)
    stage.seal = "somebody"
    _states, codes = browser.release(stage)
    assert stage.shares == []
    assert codes == {"wrong-seal"}


def test_keys_of_a_rehearsal_release_nothing_of_a_real_tender(browser, stage):
    real = stage.trustee_keys("supervisor")
    stage.keys["supervisor"] = dataclasses.replace(real, rehearsal=True)
    _states, codes = browser.release(stage)
    assert stage.shares == []
    assert codes == {"foreign-file"}


def test_heads_that_were_swapped_get_no_share(browser, stage):
    first, second = (stage._bid(each, []) for each in stage.submissions[:2])
    first["envelopes"], second["envelopes"] = second["envelopes"], first["envelopes"]
    rest = [stage._bid(each, []) for each in stage.submissions[2:]]
    stage.shown["frozen"] = {"bids": [first, second, *rest]}
    _states, codes = browser.release(stage)
    sent = [jcs.loads(stages.base64.b64decode(each["statement"]))["bid"] for each in stage.shares]
    assert sent == [str(stage.submissions[2].bid.bid)]
    assert "wrong-head" in codes


def test_price_stays_shut_until_the_result_is_signed(browser, stage):
    browser.release(stage)
    assert slots_of(stage) == {1}
    house = stage.house
    house.plain("bidding.technical", OPENING + MINUTE, digests={"result": RESULT.hex()}, context={})
    house.open_gate(slot=4, at=OPENING + 2 * MINUTE, by=["supervisor"], result=RESULT)
    house.note_at = house.token_at = stage.now = OPENING + 3 * MINUTE
    browser.release(stage)
    assert slots_of(stage) == {1, 4}


def test_bids_under_the_least_number_stay_shut_with_every_other_proof_in_order(browser, stage):
    stage.submissions, stage.house.bids = stage.submissions[:2], stage.house.bids[:2]
    refrozen(stage)
    _states, codes = browser.release(stage)
    assert stage.shares == []
    assert "too-few-bids" in codes
