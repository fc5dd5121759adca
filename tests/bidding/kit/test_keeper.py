"""The keeper: keys once, news once, no lot in the way of another, nothing lost when it ends."""

from __future__ import annotations

import json
import threading
import uuid

import pytest

from bidding.kit.cli import main
from bidding.kit.errors import Refused
from bidding.kit.keeper import KEYS, STATE, Keeper
from bidding.kit.key_store import FileStore
from bidding.kit.locking import exclusive
from bidding.kit.trustee import KeyOffer, SlotKeys
from signatures.domain.errors import Unavailable
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.stage import LOT_ID


@pytest.fixture
def early(stage):
    """Before the policy."""
    stage.policy = stage.house = None
    return stage


class Hall:
    """A keeper that can be ended and started again over the same store."""

    def __init__(self, stage, store):
        self.stage, self.store, self.news = stage, store, []

    def keeper(self, **more) -> Keeper:
        return Keeper(
            api=self.stage.client("supervisor", patience=0.3),
            store=self.store,
            keys=FileStore(world.PASSPHRASE),
            tell=self.news.append,
            **more,
        )

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.news]

    def hold(self) -> SlotKeys:
        """The keys that the policy names lie in the store."""
        keys = self.stage.trustee_keys("supervisor")
        folder = self.store / str(LOT_ID)
        folder.mkdir(parents=True)
        keys.save(folder / KEYS, world.PASSPHRASE)
        return keys


@pytest.fixture
def hall(stage, tmp_path):
    return Hall(stage, tmp_path / "store")


def test_keeper_makes_keys_and_publishes_them_signed(early, hall):
    hall.keeper().turn()
    ((trustee, signed),) = early.published
    offer = KeyOffer.parse(signed.data, origin=early.origin)
    kept = SlotKeys.load(hall.store / str(LOT_ID) / KEYS, world.PASSPHRASE)
    assert trustee == "org:supervisor"
    assert dict(offer.keys) == kept.public
    assert hall.codes == ["keys-published", "no-policy"]


def test_keeper_that_starts_again_keeps_its_keys(early, hall):
    hall.keeper().turn()
    hall.keeper().turn()
    assert len(early.published) == 1


def test_keeper_killed_before_it_published_publishes_the_same_keys(early, hall):
    early.instead = lambda request: (500, {}, b"") if request.method == "POST" and (
        request.path.endswith("/trustee-keys")
    ) else False  # fmt: skip
    hall.keeper().turn()
    assert early.published == []
    before = SlotKeys.load(hall.store / str(LOT_ID) / KEYS, world.PASSPHRASE)
    early.instead = lambda request: False
    hall.keeper().turn()
    ((_trustee, signed),) = early.published
    assert dict(KeyOffer.parse(signed.data, origin=early.origin).keys) == before.public


def test_second_round_has_keys_and_a_memory_of_its_own(early, hall):
    keeper = hall.keeper()
    keeper.turn()
    first = SlotKeys.load(hall.store / str(LOT_ID) / KEYS, world.PASSPHRASE)
    early.duty, early.shown = {"round": 2}, {"slots": [1, 4]}
    keeper.turn()
    folder = hall.store / str(LOT_ID) / "round-2"
    second = SlotKeys.load(folder / KEYS, world.PASSPHRASE)
    assert (folder / STATE).exists() == (hall.store / str(LOT_ID) / STATE).exists()
    assert not set(first.public.values()) & set(second.public.values())
    offers = [KeyOffer.parse(signed.data, origin=early.origin) for _who, signed in early.published]
    assert [dict(offer.keys) for offer in offers] == [first.public, second.public]
    hall.keeper().turn()
    assert len(early.published) == 2


@pytest.mark.parametrize("number", [0, -1, 100, "2", 1.5, None, True])
def test_round_that_is_none_is_not_served(early, hall, number):
    early.duty = {"round": number}
    with pytest.raises(Unavailable):
        hall.keeper().turn()
    assert early.published == []


def test_keeper_releases_when_the_gate_opens_and_says_so_once(stage, hall):
    hall.hold()
    keeper = hall.keeper()
    assert not keeper.turn()
    assert len(stage.shares) == 3
    assert hall.codes == ["keys-published", "released", "released", "released", "no-gate"]
    keeper.turn()
    assert len(stage.shares) == 3
    assert len(hall.news) == 5


def test_keeper_that_starts_again_releases_nothing_twice(stage, hall):
    hall.hold()
    hall.keeper().turn()
    hall.keeper().turn()
    assert len(stage.shares) == 3


def test_keeper_stopped_in_its_releases_goes_on_with_the_rest(stage, hall):
    hall.hold()
    sent = []

    def fail_once(request):
        if request.path.endswith("/shares"):
            sent.append(request)
            if len(sent) == 2:
                return (500, {}, b"")
        return False

    stage.instead = fail_once
    hall.keeper().turn()
    assert len(stage.shares) == 2
    stage.instead = lambda request: False
    hall.keeper().turn()
    bids = {json.loads(stages.base64.b64decode(each["statement"]))["bid"] for each in stage.shares}
    assert len(stage.shares) == 3
    assert len(bids) == 3


def test_keeper_with_a_policy_that_names_other_keys_raises_the_alarm(stage, hall):
    hall.keeper().turn()
    assert stage.shares == []
    assert [(each.code, each.alarm) for each in hall.news] == [("foreign-keys", True)]


def test_keeper_before_a_forked_log_raises_the_alarm_and_holds(stage, hall):
    hall.hold()
    leaf = stage.house.leaves.pop()
    hall.keeper().turn()
    before = (hall.store / str(LOT_ID) / STATE).read_bytes()
    stage.house.leaves[0] = stage.house.leaves[0].replace(b"org:centre", b"org:sentre")
    stage.house.leaves.append(leaf)
    hall.news.clear()
    hall.keeper().turn()
    assert stage.shares == []
    assert ("forked-checkpoint", True) in [(each.code, each.alarm) for each in hall.news]
    assert (hall.store / str(LOT_ID) / STATE).read_bytes() == before


def test_keeper_serves_the_other_lots_when_one_is_in_trouble(stage, hall):
    hall.hold()
    other = uuid.UUID(int=9)
    stage.instead = lambda request: (
        stages.plain(
            {
                "lots": [
                    {"lot": str(other), "organisation": "org:supervisor"},
                    {"lot": str(LOT_ID), "organisation": "org:supervisor"},
                ]
            }
        )
        if request.path.endswith("/duties")
        else stages.problem(404, "no-such-lot")
        if str(other) in request.path
        else False
    )
    hall.keeper().turn()
    assert "no-such-lot" in hall.codes
    assert len(stage.shares) == 3


@pytest.mark.parametrize("file", [KEYS, STATE])
def test_keeper_with_a_damaged_store_raises_the_alarm_and_touches_nothing(stage, hall, file):
    hall.hold()
    path = hall.store / str(LOT_ID) / file
    path.write_bytes(b"{}")
    hall.keeper().turn()
    assert stage.shares == []
    assert [each.alarm for each in hall.news] == [True]
    assert path.read_bytes() == b"{}"


def test_keeper_of_one_organisation_leaves_the_others_alone(early, hall):
    assert hall.keeper(organisation="org:notary").turn()
    assert early.published == []


def test_keeper_serves_lots_that_it_is_told(early, hall):
    early.instead = lambda request: (
        stages.plain({"lots": []}) if request.path.endswith("/duties") else False
    )
    hall.keeper(organisation="org:supervisor", lots=[LOT_ID]).turn()
    assert len(early.published) == 1


def test_keeper_of_a_silent_platform_keeps_on(stage, hall):
    hall.hold()
    stop = threading.Event()
    turns = []

    def answer(request):
        if request.path.endswith("/duties"):
            turns.append(1)
            if len(turns) == 1:
                return (500, {}, b"")
            stop.set()
        return False

    stage.instead = answer
    hall.keeper().run(stop, every=0.01)
    assert hall.codes[0] == "bad-answer"
    assert len(stage.shares) == 3


def test_duties_that_make_no_sense_are_said_to_make_none(stage, hall):
    stage.instead = lambda request: (
        stages.plain({"lots": [{"lot": "../../etc"}]}) if "/duties" in request.path else False
    )
    with pytest.raises(Unavailable) as caught:
        hall.keeper().turn()
    assert caught.value.code == "bad-answer"


def test_two_keepers_of_one_store_are_refused(tmp_path):
    with exclusive(tmp_path), pytest.raises(Refused) as caught, exclusive(tmp_path):
        pass
    assert caught.value.code == "busy"
    with exclusive(tmp_path):
        pass


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture
def device(stage, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    key, certificate = world.pair("supervisor", "")
    (tmp_path / "key.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"supervisor",
            key,
            certificate,
            None,
            serialization.BestAvailableEncryption(world.PASSPHRASE.encode()),
        )
    )
    (tmp_path / "pass").write_text(world.PASSPHRASE)
    return [
        "--origin", stage.origin,
        "--certificate", str(tmp_path / "key.p12"),
        "--passphrase-file", str(tmp_path / "pass"),
        "--patience", "0.2",
    ]  # fmt: skip


def test_keep_takes_one_passphrase_for_certificate_and_store(early, device, tmp_path, capsys):
    assert main(["keep", *device, "--state", str(tmp_path / "store"), "--once"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("code") for line in lines] == ["keys-published", "no-policy", None]
    assert lines[-1] == {"done": False}


def test_release_prints_every_reason_and_ends_with_not_yet(stage, device, tmp_path, capsys):
    stage.house.witness = None
    stage.house.token_by = "centre-tsa"
    stage.trustee_keys("supervisor").save(tmp_path / "keys.json", world.PASSPHRASE)
    code = main(
        [
            "release", *device,
            "--p12-passphrase-file", str(tmp_path / "pass"),
            "--lot", world.LOT,
            "--store", str(tmp_path / "keys.json"),
            "--state", str(tmp_path / "state"),
            "--slot", "1",
        ]
    )  # fmt: skip
    found = capsys.readouterr()
    assert code == 3
    assert stage.shares == []
    for reason in ("no-witness", "bad-timestamp"):
        assert f"[{reason}]" in found.err
    assert json.loads(found.out)["done"] is False


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["release", "--lot", world.LOT, "--state", "s"], 1),
        (["release", "--lot", "no lot", "--state", "s", "--store", "none.json"], 1),
        (["submit", "--lot", world.LOT, "--folder", "none"], 1),
        (["keep", "--state", "s", "--lot", world.LOT], 1),
        (["policy", "--lot", world.LOT, "--signer", "me"], 1),
        (["policy", "--lot", world.LOT, "--after", "5=x:y"], 1),
        (["schedule", "--lot", world.LOT, "--deadline", "tomorrow"], 1),
        (["gate", "--lot", world.LOT, "--slot", "1", "--state", "s"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_wrong_calls_are_one_line(stage, device, more, code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.json").write_text("{}")
    command, *rest = more
    options = device if command in ("release", "submit", "keep") else device[:4] + device[6:]
    assert main([command, *options, "--p12-passphrase-file", "pass", *rest]) == code
    assert capsys.readouterr().err.count("\n") == 1


def test_silent_platform_ends_with_not_yet(device, tmp_path, capsys):
    options = ["--origin", "http://127.0.0.1:9", *device[2:]]
    assert main(["keep", *options, "--state", str(tmp_path / "s"), "--once"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
