"""Receipts and proofs that hold, and every way in which they must not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.kit import receipts
from bidding.kit.errors import Malformed, Refused
from signatures.domain import jcs, ledger, statements
from signatures.domain.checkpoint import COSIGNATURE, Checkpoint, cosign, sign_checkpoint
from signatures.domain.receipts import make_receipt
from tests.bidding.kit import world

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SALT = bytes(range(32))
STATEMENT = b"a statement"
DIGEST = hashlib.sha256(STATEMENT).hexdigest()
LOG = world.note_signer("sunlit.test/log")
WITNESS = world.note_signer("witness", COSIGNATURE)
INDEX, SIZE = 5, 11


def key_statement(by: str = "platform", origin: str = world.ORIGIN):
    data = statements.build(
        "sunlit.platform-key/1",
        origin=origin,
        at=world.T0,
        key=KEY.public_key().public_bytes_raw().hex(),
        name="receipts",
    )
    return data, statements.sign(data, world.signer(by))


def an_entry(**changes):
    return {
        "act": "bidding.register-statement",
        "actor": "user:1",
        "subject": "bid:1",
        "digests": {"statement": DIGEST},
        "context": {},
        **changes,
    }


def a_receipt(*, by: str = "platform", entry=None, **changes) -> bytes:
    body = {
        "v": 1,
        "id": "receipt:1",
        "origin": world.ORIGIN,
        "index": INDEX,
        "salt": SALT.hex(),
        "entry": entry or an_entry(),
        "proof": f"{world.ORIGIN}/proof",
        **changes,
    }
    return make_receipt(body, KEY, key_statement(by))


@dataclass(frozen=True)
class Case:
    receipt: receipts.CheckedReceipt
    value: dict

    @property
    def data(self) -> bytes:
        return json.dumps(self.value).encode()


def a_case(*, signer=LOG, salt=SALT) -> Case:
    minute = ledger.minute_of(jcs.timestamp(world.T0))
    own = ledger.hidden_leaf(minute, salt, an_entry())
    leaves = [
        own if n == INDEX else ledger.hidden_leaf(minute, bytes([n]) * 32, an_entry())
        for n in range(SIZE)
    ]
    hashes = [ledger.leaf_hash(each) for each in leaves]
    note = sign_checkpoint(Checkpoint(LOG.name, SIZE, ledger.root_of(hashes)), signer)
    return Case(
        receipts.check_receipt(a_receipt(), origin=world.ORIGIN),
        {
            "kind": receipts.KIND,
            "index": INDEX,
            "leaf": own.decode(),
            "proof": [each.hex() for each in ledger.inclusion_path(INDEX, hashes)],
            "checkpoint": cosign(note, WITNESS, at=int(world.T0.timestamp())),
            "timestamp": None,
        },
    )


def check(case: Case, **options):
    wanted = {"log": LOG.verifier.vkey, "witnesses": [WITNESS.verifier.vkey], **options}
    return receipts.check_proof(case.data, case.receipt, **wanted)


def test_receipt_that_holds_says_what_was_taken_in():
    found = receipts.check_receipt(a_receipt(), origin=world.ORIGIN)
    found.require(STATEMENT)
    assert (found.index, found.salt, found.act) == (INDEX, SALT, "bidding.register-statement")
    assert found.seal == world.fingerprint("platform")


def test_receipt_by_a_seal_that_is_named_holds():
    seals = [world.fingerprint("platform")]
    assert receipts.check_receipt(a_receipt(), origin=world.ORIGIN, seals=seals).index == INDEX


def test_receipt_by_another_seal_is_refused():
    with pytest.raises(Refused) as caught:
        receipts.check_receipt(
            a_receipt(by="somebody"), origin=world.ORIGIN, seals=[world.fingerprint("platform")]
        )
    assert caught.value.code == "wrong-seal"


def test_receipt_for_something_else_is_refused():
    found = receipts.check_receipt(a_receipt(), origin=world.ORIGIN)
    with pytest.raises(Refused) as caught:
        found.require(b"another statement")
    assert caught.value.code == "wrong-receipt"


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["receipt"].update(index=6),
        lambda value: value["receipt"]["entry"]["digests"].update(statement="00" * 32),
        lambda value: value["receipt"].update(origin="https://other.test"),
        lambda value: value.update(signature="AAAA"),
        lambda value: value["key"].update(signature="AAAA"),
        lambda value: value.pop("key"),
        lambda value: value.update(more=1),
    ],
    ids=["index", "digest", "origin", "signature", "seal", "no-key", "field"],
)
def test_receipt_that_was_altered_is_refused(change):
    value = json.loads(a_receipt())
    change(value)
    with pytest.raises((Malformed, Refused)):
        receipts.check_receipt(jcs.dumps(value), origin=world.ORIGIN)


@pytest.mark.parametrize(
    "changes",
    [
        {"index": -1},
        {"index": "5"},
        {"salt": "00"},
        {"entry": {"act": "x"}},
        {"origin": "https://other.test"},
        {"id": ""},
    ],
    ids=["negative", "text", "salt", "entry", "origin", "id"],
)
def test_signed_receipt_with_a_wrong_body_is_refused(changes):
    with pytest.raises((Malformed, Refused)):
        receipts.check_receipt(a_receipt(**changes), origin=world.ORIGIN)


def test_receipt_of_another_platform_is_refused():
    with pytest.raises(Malformed):
        receipts.check_receipt(a_receipt(), origin="https://other.test")


def test_proof_that_holds_names_checkpoint_and_witness():
    found = check(a_case())
    assert found.checkpoint.size == SIZE
    assert found.cosigners == (("witness", world.T0),)


def test_proof_without_a_cosignature_holds_and_says_so():
    case = a_case()
    case.value["checkpoint"] = "\n".join(case.value["checkpoint"].splitlines()[:-1]) + "\n"
    assert check(case).cosigners == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(index=INDEX + 1),
        lambda value: value.update(kind="sunlit.ledger-proof/2"),
        lambda value: value["proof"].pop(),
        lambda value: value["proof"].append("00" * 32),
        lambda value: value["proof"].reverse(),
        lambda value: value.update(leaf=value["leaf"].replace('"c":"', '"c":"00')),
        lambda value: value.update(leaf="{}"),
        lambda value: value.update(leaf="5"),
        lambda value: value.update(checkpoint=value["checkpoint"].replace("11", "12", 1)),
        lambda value: value.update(checkpoint=""),
        lambda value: value.update(proof="00"),
        lambda value: value.update(more=1),
        lambda value: value.pop("leaf"),
    ],
)
def test_proof_that_was_altered_is_refused(change):
    case = a_case()
    change(case.value)
    with pytest.raises((Malformed, Refused)):
        check(case)


def test_proof_of_another_entry_behind_the_same_index_is_refused():
    with pytest.raises(Refused) as caught:
        check(a_case(salt=bytes(32)))
    assert caught.value.code == "not-proven"


def test_proof_by_another_log_is_refused():
    with pytest.raises(Malformed):
        check(a_case(signer=world.note_signer("sunlit.test/other")))


def test_proof_under_a_witness_key_as_log_is_refused():
    with pytest.raises(Malformed):
        check(a_case(), log=WITNESS.verifier.vkey)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"\xff"])
def test_proof_that_is_no_proof_is_refused(data):
    receipt = receipts.check_receipt(a_receipt(), origin=world.ORIGIN)
    with pytest.raises(Malformed):
        receipts.check_proof(data, receipt, log=LOG.verifier.vkey)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"null", b"\xff"])
def test_receipt_that_is_no_receipt_is_refused(data):
    with pytest.raises(Malformed):
        receipts.check_receipt(data, origin=world.ORIGIN)
