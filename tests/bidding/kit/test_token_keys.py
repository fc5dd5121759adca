"""A keeper whose slot keys live on a PKCS#11 token: the real SoftHSM2, its troubles included."""

from __future__ import annotations

import dataclasses
import json
import shutil
import uuid
from pathlib import Path

import pkcs11
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from bidding.kit import hpke_open, release, wraps
from bidding.kit.errors import EnvelopeError, KeyStoreError, Malformed
from bidding.kit.keeper import KEYS, Keeper
from bidding.kit.key_store import FileStore, TokenStore
from bidding.kit.token_keys import _X25519, Token
from bidding.kit.trustee import KeyOffer, SlotKeys
from tests import softhsm
from tests.bidding.kit import stage as stages
from tests.bidding.kit import world
from tests.bidding.kit.stage import LOT_ID
from tests.bidding.kit.test_releasing import _sealed_for_another_key
from tests.bidding.kit.test_wraps import HEADER, hpke_vectors
from tests.bidding.kit.trusteeship import refrozen

LABEL = "keeper"


def a_token(**changes) -> Token:
    return Token(**{"module": str(softhsm.MODULE), "label": LABEL, "pin": softhsm.PIN, **changes})


def what(**changes) -> dict:
    return {
        "origin": world.ORIGIN,
        "project": world.PROJECT,
        "lot": world.LOT,
        "trustee": "org:supervisor",
        "slots": [1, 4],
        **changes,
    }


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A lot up to the gate of slot 1 whose supervisor's keys were made on a token."""
    folder = tmp_path_factory.mktemp("begun")
    with softhsm.tokens(folder / "hsm") as place, stages.theatre() as theatre:
        softhsm.make(LABEL)
        store = TokenStore(a_token())
        theatre.stage.keys["supervisor"] = store.make(
            folder / KEYS, **what(origin=theatre.origin)
        )
        theatre.stage.opened(folder / "bids")
        yield theatre, theatre.stage, place, folder / KEYS


class Desk:
    """One test's own copy of token and store; keepers may be ended and begun again over them."""

    def __init__(self, stage, place: Path, store: Path) -> None:
        self.stage, self.place, self.store, self.news = stage, place, store, []

    def keeper(self, **changes) -> Keeper:
        return Keeper(
            api=self.stage.client("supervisor", patience=0.3),
            store=self.store,
            keys=TokenStore(a_token(**changes)),
            tell=self.news.append,
        )

    @property
    def keys(self) -> Path:
        return self.store / str(LOT_ID) / KEYS

    @property
    def alarms(self) -> list[str]:
        return [each.code for each in self.news if each.alarm]

    def pull_out(self) -> None:
        self.place.rename(self.place.with_name("pulled out"))
        self.place.mkdir()

    def put_back(self) -> None:
        self.place.rmdir()
        self.place.with_name("pulled out").rename(self.place)

    def nothing_left(self) -> bool:
        """Whether neither a share nor a complaint has gone out."""
        return not self.stage.shares and not self.stage.complaints


@pytest.fixture
def desk(begun, tmp_path):
    theatre, template, place, keys = begun
    before = shutil.copytree(place, tmp_path / "before")
    theatre.stage = template.copy()
    made = Desk(theatre.stage, place, tmp_path / "store")
    made.keys.parent.mkdir(parents=True)
    shutil.copy(keys, made.keys)
    yield made
    theatre.stage.close()
    for each in (place, place.with_name("pulled out")):
        shutil.rmtree(each, ignore_errors=True)
    before.rename(place)
    softhsm.start()


def login(**more):
    (token,) = pkcs11.lib(str(softhsm.MODULE)).get_tokens(token_label=LABEL)
    return token.open(user_pin=softhsm.PIN, rw=True, **more)


def destroy_private_keys(*key_ids: bytes) -> None:
    with login() as session:
        found = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        for each in found:
            if not key_ids or each[Attribute.ID] in key_ids:
                each.destroy()


def key_id(desk: Desk, slot: int) -> bytes:
    return TokenStore(a_token()).load(desk.keys).keys[slot].key_id


def put_other_key(key: bytes, *, extractable: bool = False) -> None:
    """Somebody puts another key under the same CKA_ID."""
    with login() as session:
        curve = session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _X25519}, local=True
        )
        curve.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            id=key,
            store=True,
            private_template={
                Attribute.DERIVE: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: extractable,
            },
        )


# --- the keys -----------------------------------------------------------------------------------


def test_private_key_of_a_token_cannot_be_read_out(desk):
    with login() as session:
        found = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        assert len(found) == 2
        for key in found:
            assert key[Attribute.NEVER_EXTRACTABLE]
            assert key[Attribute.ALWAYS_SENSITIVE]
            assert not key[Attribute.SIGN]
            with pytest.raises(pkcs11.AttributeSensitive):
                key[Attribute.VALUE]


def test_private_key_of_a_token_cannot_be_wrapped_out(desk):
    with login() as session:
        over = session.generate_key(KeyType.AES, 256, store=False, template={Attribute.WRAP: True})
        for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
            with pytest.raises(pkcs11.PKCS11Error):
                over.wrap_key(key, mechanism=Mechanism.AES_KEY_WRAP)


def test_store_of_a_token_holds_public_halves_only(desk):
    value = json.loads(desk.keys.read_bytes())
    assert set(value) == {
        "format", "token", "serial",
        "origin", "project", "lot", "round", "trustee", "rehearsal", "keys",
    }  # fmt: skip
    assert value["keys"] == {
        str(trustee): key.hex()
        for trustee, key in TokenStore(a_token()).load(desk.keys).public.items()
    }


def test_keys_of_a_token_are_never_written_into_a_file(desk, tmp_path):
    keys = TokenStore(a_token()).load(desk.keys)
    with pytest.raises(Malformed):
        keys.save(tmp_path / "out.json", world.PASSPHRASE)
    assert not (tmp_path / "out.json").exists()


def test_key_that_can_be_taken_out_is_no_key_of_the_store(desk, tmp_path):
    desk.keys.unlink()
    keys = TokenStore(a_token())
    made = keys.make(tmp_path / "first", **what())
    found = key_of(made, 1).key_id
    destroy_private_keys(found)
    put_other_key(found, extractable=True)
    with pytest.raises(KeyStoreError) as caught:
        keys.make(tmp_path / "second", **what())
    assert caught.value.code == "key-not-kept"
    assert not (tmp_path / "second").exists()


def key_of(keys: SlotKeys, slot: int):
    return keys.keys[slot]


@pytest.mark.parametrize(
    "change",
    [{"lot": "lot:other"}, {"trustee": "org:notary"}, {"rehearsal": True}, {"round_": 2}],
    ids=lambda change: next(iter(change)),
)
def test_keys_of_another_lot_trustee_round_or_rehearsal_are_others(desk, tmp_path, change):
    keys = TokenStore(a_token())
    first = keys.make(tmp_path / "first", **what())
    second = keys.make(tmp_path / "second", **what(**change))
    assert not set(first.public.values()) & set(second.public.values())


# --- the Diffie-Hellman step outside ------------------------------------------------------------


@pytest.mark.parametrize("vector", hpke_vectors(), ids=lambda v: v["info"][:8])
def test_hpke_with_the_agreement_outside_is_the_published_one(vector):
    """RFC 9180, A.1 with AES-256-GCM, from the standard's machine-readable vectors."""
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    encapsulated = bytes.fromhex(vector["enc"])
    agreed = key.exchange(wraps.public_key(encapsulated))
    found = hpke_open.key_and_nonce(
        agreed,
        encapsulated=encapsulated,
        public=bytes.fromhex(vector["pkRm"]),
        info=bytes.fromhex(vector["info"]),
    )
    assert found == (bytes.fromhex(vector["key"]), bytes.fromhex(vector["base_nonce"]))


def test_token_opens_what_was_sealed_for_it_and_nothing_altered(desk):
    key = key_of(TokenStore(a_token()).load(desk.keys), 1)
    info, agreed = b"info", key.exchange
    for size in (0, 1, 33, 1000):
        sealed = wraps.HPKE_SUITE.encrypt(bytes(size), key.public_key(), info=info)
        parts = {
            "encapsulated": sealed[:32],
            "public": key.public,
            "ciphertext": sealed[32:],
            "info": info,
        }
        secret = agreed(wraps.public_key(sealed[:32]))
        assert hpke_open.decrypt(secret, **parts) == bytes(size)
        for name, value in parts.items():
            altered = parts | {name: bytes([value[0] ^ 1]) + value[1:]}
            with pytest.raises(InvalidTag):
                hpke_open.decrypt(secret, **altered)


@pytest.mark.parametrize("field", ["commitment", "encapsulated", "ciphertext"])
def test_wrap_that_is_bad_is_bad_for_a_token_too(desk, field):
    key = key_of(TokenStore(a_token()).load(desk.keys), 1)
    share = wraps.Share(1, bytes(32))
    good = wraps.wrap(HEADER, share, key.public_key())
    assert wraps.unwrap(HEADER, good, key) == share
    values = [bytes([value[0] ^ 1]) + value[1:] for value in (getattr(good, field),)]
    if field == "encapsulated":
        values += [bytes(32), b"\x01" + bytes(31)]  # points of low order
    for value in values:
        with pytest.raises(EnvelopeError) as caught:
            wraps.unwrap(HEADER, dataclasses.replace(good, **{field: value}), key)
        assert caught.value.code == "wrap-bad"


# --- the keeper's turns -------------------------------------------------------------------------


def test_keeper_makes_its_keys_on_the_token_and_publishes_them(desk):
    desk.stage.policy = desk.stage.house = None
    desk.keys.unlink()
    destroy_private_keys()
    keeper = desk.keeper()
    keeper.turn()
    ((trustee, signed),) = desk.stage.published
    offer = KeyOffer.parse(signed.data, origin=desk.stage.origin)
    assert trustee == "org:supervisor"
    assert dict(offer.keys) == TokenStore(a_token()).load(desk.keys).public
    keeper.turn()
    desk.keeper().turn()
    assert len(desk.stage.published) == 1
    assert desk.alarms == []


def test_keeper_releases_shares_that_the_opening_service_takes(desk):
    keeper = desk.keeper()
    keeper.turn()
    assert [each.code for each in desk.news][:4] == ["keys-published"] + ["released"] * 3
    assert len(desk.stage.shares) == 3
    for sent, submission in zip(desk.stage.shares, desk.stage.submissions, strict=True):
        received = release.receive(
            stages.base64.b64decode(sent["statement"]),
            stages.base64.b64decode(sent["signature"]),
            policy=desk.stage.policy,
            head=submission.envelopes[0].head,
            key=desk.stage.opening,
        )
        assert received.share.index == 3
    keeper.turn()
    desk.keeper().turn()
    assert len(desk.stage.shares) == 3


def test_keeper_killed_before_it_remembered_finds_its_keys_on_the_token(desk):
    kept = TokenStore(a_token()).load(desk.keys).public
    desk.keys.unlink()
    desk.keeper().turn()
    assert TokenStore(a_token()).load(desk.keys).public == kept
    assert len(desk.stage.shares) == 3


def test_keeper_complains_of_a_bad_wrap_and_the_others_go_out(desk):
    desk.stage.submissions[0] = _sealed_for_another_key(desk.stage)
    desk.stage.house.bids[0] = world.frozen_bid(desk.stage.submissions[0])
    refrozen(desk.stage)
    desk.keeper().turn()
    assert len(desk.stage.complaints) == 1
    assert len(desk.stage.shares) == 2


def test_keeper_with_a_wrong_pin_raises_the_alarm_and_tries_it_once(desk):
    keeper = desk.keeper(pin="9999")
    keeper.turn()
    assert desk.alarms == ["wrong-pin"]
    assert "PIN file" in desk.news[0].text
    assert "9999" not in desk.news[0].text
    desk.pull_out()  # A second try would find no token.
    keeper.turn()
    assert desk.alarms == ["wrong-pin", "wrong-pin"]
    assert desk.nothing_left()
    desk.put_back()
    desk.keeper().turn()
    assert len(desk.stage.shares) == 3


def test_keeper_without_its_token_raises_the_alarm_and_goes_on_when_it_is_back(desk):
    desk.pull_out()
    keeper = desk.keeper()
    keeper.turn()
    keeper.turn()
    assert set(desk.alarms) == {"token-gone"}
    assert f"'{LABEL}'" in desk.news[0].text
    assert desk.nothing_left()
    desk.put_back()
    keeper.turn()
    assert len(desk.stage.shares) == 3


def test_keeper_whose_token_s_driver_fails_raises_the_alarm_and_goes_on_later(desk):
    desk.pull_out()
    desk.place.rmdir()  # The library does not even start.
    keeper = desk.keeper()
    keeper.turn()
    keeper.turn()
    assert set(desk.alarms) == {"token-failed"}
    assert desk.nothing_left()
    desk.place.mkdir()
    desk.put_back()
    keeper.turn()
    assert len(desk.stage.shares) == 3


def test_token_pulled_out_between_two_shares_costs_none(desk):
    def pull_out_after_the_first(request):
        if request.path.endswith("/shares") and not desk.stage.shares:
            desk.pull_out()
        return False

    desk.stage.instead = pull_out_after_the_first
    keeper = desk.keeper()
    keeper.turn()
    assert len(desk.stage.shares) == 1
    # The library finds out in the middle of a use; after that it knows.
    assert set(desk.alarms) <= {"token-gone", "token-failed"}
    assert desk.alarms
    assert desk.stage.complaints == []
    desk.put_back()
    desk.stage.instead = lambda request: False
    keeper.turn()
    assert len(desk.stage.shares) == 3
    assert len({each["statement"] for each in desk.stage.shares}) == 3


def test_another_token_with_the_same_label_is_not_taken_for_the_one(desk):
    shutil.rmtree(desk.place)
    desk.place.mkdir()
    softhsm.start()
    softhsm.make(LABEL)
    desk.keeper().turn()
    assert desk.alarms == ["other-token"]
    assert softhsm.serial(LABEL) in desk.news[0].text
    assert json.loads(desk.keys.read_bytes())["serial"] in desk.news[0].text
    assert desk.nothing_left()


def test_another_token_beside_the_right_one_is_left_alone(desk):
    meant = json.loads(desk.keys.read_bytes())["serial"]
    softhsm.make(LABEL)
    desk.keeper().turn()
    assert len(desk.stage.shares) == 3
    assert json.loads(desk.keys.read_bytes())["serial"] == meant


def test_two_tokens_of_one_label_take_no_new_keys(desk, tmp_path):
    softhsm.make(LABEL)
    with pytest.raises(KeyStoreError) as caught:
        TokenStore(a_token()).make(tmp_path / "keys.json", **what(lot="lot:new"))
    assert caught.value.code == "other-token"
    assert not (tmp_path / "keys.json").exists()


def test_key_that_was_deleted_raises_the_alarm_and_is_not_made_again(desk):
    before = desk.keys.read_bytes()
    destroy_private_keys(key_id(desk, 1))
    desk.keeper().turn()
    assert desk.alarms == ["key-gone"]
    assert desk.nothing_left()
    assert desk.keys.read_bytes() == before
    with login() as session:
        assert len(list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))) == 1


def test_key_deleted_between_two_shares_is_never_the_tenderer_s_fault(desk):
    def delete_after_the_first(request):
        if request.path.endswith("/shares") and not desk.stage.shares:
            destroy_private_keys(key_id(desk, 1))
        return False

    desk.stage.instead = delete_after_the_first
    desk.keeper().turn()
    assert len(desk.stage.shares) == 1
    assert desk.alarms == ["key-gone"]
    assert desk.stage.complaints == []


def test_key_exchanged_between_two_shares_is_never_the_tenderer_s_fault(desk):
    """The token answers, but with another key: no wrap opens, and nobody is complained about."""

    def exchange_after_the_first(request):
        if request.path.endswith("/shares") and not desk.stage.shares:
            found = key_id(desk, 1)
            destroy_private_keys(found)
            put_other_key(found)
        return False

    desk.stage.instead = exchange_after_the_first
    desk.keeper().turn()
    assert len(desk.stage.shares) == 1
    assert desk.alarms == ["foreign-key"]
    assert desk.stage.complaints == []


def test_key_that_was_exchanged_is_found_when_the_keeper_starts(desk):
    found = key_id(desk, 4)
    destroy_private_keys(found)
    put_other_key(found)
    desk.keeper().turn()
    assert desk.alarms == ["foreign-key"]
    assert desk.nothing_left()


def test_lot_whose_key_is_gone_does_not_keep_the_others_from_their_shares(desk):
    other = uuid.UUID(int=9)
    folder = desk.store / str(other)
    TokenStore(a_token()).make(folder / KEYS, **what(lot=f"lot:{other}"))
    destroy_private_keys(TokenStore(a_token()).load(folder / KEYS).keys[1].key_id)
    desk.stage.instead = lambda request: (
        stages.plain(
            {
                "lots": [
                    {"lot": str(lot), "organisation": "org:supervisor"} for lot in (other, LOT_ID)
                ]
            }
        )
        if request.path.endswith("/duties")
        else False
    )
    desk.keeper().turn()
    assert [(each.lot, each.code) for each in desk.news if each.alarm] == [
        (f"lot:{other}", "key-gone")
    ]
    assert len(desk.stage.shares) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda v: v["keys"].update({"1": v["keys"]["4"]}), "foreign-key"),
        (lambda v: v["keys"].update({"1": "09" * 32}), "foreign-key"),
        (lambda v: v["keys"].update({"1": "00" * 32}), "bad-key"),
        (lambda v: v["keys"].update({"2": v["keys"].pop("1")}), "key-gone"),
        (lambda v: v["keys"].pop("1"), "foreign-keys"),
        (lambda v: v.update(serial="0000"), "other-token"),
        (lambda v: v.update(lot="lot:other"), "key-gone"),
        (lambda v: v.update(round=2), "key-gone"),
        (lambda v: v.update(origin="https://other.test"), "key-gone"),
        (lambda v: v.update(rehearsal=True), "key-gone"),
        (lambda v: v.update(format="sunlit.token-keys/2"), "malformed"),
        (lambda v: v.update(keys={}), "malformed"),
        (lambda v: v.update(keys={"5": "09" * 32}), "malformed"),
        (lambda v: v.pop("serial"), "malformed"),
        (lambda v: v.update(more=1), "malformed"),
    ],
)
def test_store_that_was_altered_raises_the_alarm_and_releases_nothing(desk, change, code):
    value = json.loads(desk.keys.read_bytes())
    change(value)
    desk.keys.write_bytes(world.jcs.dumps(value))
    desk.keeper().turn()
    assert desk.alarms == [code]
    assert desk.nothing_left()


def test_file_s_keys_are_not_sought_on_a_token_nor_a_token_s_in_a_file(desk, tmp_path):
    path = tmp_path / "file.json"
    FileStore(world.PASSPHRASE).make(path, **what())
    for store, of, code in (
        (TokenStore(a_token()), path, "keys-in-file"),
        (FileStore(world.PASSPHRASE), desk.keys, "keys-on-token"),
    ):
        with pytest.raises(KeyStoreError) as caught:
            store.load(of)
        assert caught.value.code == code


@pytest.mark.parametrize("module", ["/none/libnone.so", __file__])
def test_library_that_is_none_raises_the_alarm(desk, module):
    desk.keeper(module=module).turn()
    assert desk.alarms == ["token-failed"]
    assert desk.nothing_left()


# --- the command line ---------------------------------------------------------------------------


def test_keep_takes_the_pin_from_a_file_and_no_passphrase(desk, tmp_path, capsys):
    code, lines, _err = keep(desk, tmp_path, capsys)
    assert code == 0
    assert [line.get("code") for line in lines][:4] == ["keys-published"] + ["released"] * 3
    assert len(desk.stage.shares) == 3


def test_keep_with_a_wrong_pin_says_so_to_people(desk, tmp_path, capsys):
    _code, _lines, err = keep(desk, tmp_path, capsys, pin="0000")
    assert "ALARM" in err
    assert "[wrong-pin]" in err
    assert desk.nothing_left()


@pytest.mark.parametrize(
    "less", ["--store-module", "--store-token"], ids=lambda name: f"without {name}"
)
def test_keep_with_half_a_token_is_refused(desk, tmp_path, capsys, less):
    code, _lines, err = keep(desk, tmp_path, capsys, without=less)
    assert code == 1
    assert less in err
    assert desk.nothing_left()


def test_release_takes_the_keys_from_the_token(desk, tmp_path, capsys):
    from bidding.kit.cli import main

    options = options_of(desk, tmp_path)
    state = ["--state", str(tmp_path / "state"), "--store", str(desk.keys), "--slot", "1"]
    assert main(["release", *options, "--lot", world.LOT, *state]) == 0
    assert len(desk.stage.shares) == 3


def keygen(desk, tmp_path, **options) -> tuple[int, Path, Path]:
    from bidding.kit.cli import main

    store, offer = tmp_path / "keys.json", tmp_path / "offer.json"
    given = options_of(desk, tmp_path, **options)
    at = given.index("--patience")
    code = main(
        [
            "keygen", *given[:at], *given[at + 2 :], "--store", str(store), "--offer", str(offer),
            "--project", world.PROJECT, "--lot", f"lot:{uuid.uuid4()}",
            "--trustee", "org:supervisor", "--slots", "1", "4",
        ]
    )  # fmt: skip
    return code, store, offer


def test_keygen_makes_the_keys_on_the_token_and_signs_their_public_halves(desk, tmp_path):
    code, store, offer = keygen(desk, tmp_path)
    assert code == 0
    kept = TokenStore(a_token()).load(store)
    assert KeyOffer.parse(offer.read_bytes(), origin=desk.stage.origin).keys == kept.public
    assert sorted(json.loads(store.read_bytes())) == sorted(
        ["format", "token", "serial", "origin", "project", "lot", "round", "trustee", "rehearsal",
         "keys"]
    )  # fmt: skip
    peer = X25519PrivateKey.generate()
    for slot, public in kept.public.items():
        agreed = kept.keys[slot].exchange(peer.public_key())
        assert agreed == peer.exchange(kept.keys[slot].public_key())
        assert kept.keys[slot].public == public


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pin": "0000"}, "PIN"),
        ({"without": "--store-token"}, "--store-token"),
        ({"without": "--store-module"}, "--store-module"),
    ],
    ids=["pin", "token", "module"],
)
def test_keygen_that_cannot_use_the_token_writes_nothing(desk, tmp_path, capsys, options, told):
    code, store, offer = keygen(desk, tmp_path, **options)
    assert code == 1
    assert told in capsys.readouterr().err
    assert not store.exists() and not offer.exists()


def options_of(desk, tmp_path, pin=softhsm.PIN, without=None) -> list[str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    key, certificate = world.pair("supervisor", "")
    secret = serialization.BestAvailableEncryption(world.PASSPHRASE.encode())
    bundle = pkcs12.serialize_key_and_certificates(b"s", key, certificate, None, secret)
    for name, data in {
        "key.p12": bundle,
        "pass": world.PASSPHRASE.encode(),
        "pin": pin.encode(),
    }.items():
        (tmp_path / name).write_bytes(data)
    options = {
        "--origin": desk.stage.origin,
        "--p12": str(tmp_path / "key.p12"),
        "--p12-passphrase-file": str(tmp_path / "pass"),
        "--patience": "0.2",
        "--store-module": str(softhsm.MODULE),
        "--store-token": LABEL,
        "--store-pin-file": str(tmp_path / "pin"),
    }
    return [word for pair in options.items() if pair[0] != without for word in pair]


def keep(desk, tmp_path, capsys, **options):
    """What ``keep --once`` ends with, its lines and what it tells people."""
    from bidding.kit.cli import main

    arguments = options_of(desk, tmp_path, **options)
    code = main(["keep", *arguments, "--state", str(desk.store), "--once"])
    found = capsys.readouterr()
    return code, [json.loads(line) for line in found.out.splitlines()], found.err
