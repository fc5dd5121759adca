"""The command and the registry behind it: every kind of file, and everything that is none."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from io import StringIO

import pytest
from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain import jcs, ledger, receipts, statements, verify
from signatures.domain.assessment import Verdict
from signatures.domain.checkpoint import COSIGNATURE, Checkpoint, NoteSigner, sign_checkpoint
from signatures.domain.errors import Malformed
from tests.signatures.domain.lab_documents import (
    AT,
    SOON,
    countersigned,
    lab,
    plain,
    policy,
    sealed,
    signer,
)

ORIGIN = "https://sunlit.test"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
BODY = {"index": 5, "entry": {"act": "bid.submit"}, "salt": "00" * 32}


def key_statement(key: Ed25519PrivateKey = KEY) -> tuple[bytes, bytes]:
    public = key.public_key().public_bytes_raw().hex()
    statement = statements.build(
        "sunlit.platform-key/1", origin=ORIGIN, at=AT, key=public, name="receipts"
    )
    return statement, statements.sign(statement, signer())


RECEIPT = receipts.make_receipt(BODY, KEY, key_statement())
STATEMENT = statements.build("sunlit.question/1", origin=ORIGIN, at=AT, text="何时开标？")
LOG = NoteSigner("sunlit.test/ledger", Ed25519PrivateKey.from_private_bytes(b"\x09" * 32))


def ledger_proof(index: int = 2, size: int = 7) -> dict:
    leaves = [
        ledger.plain_leaf(
            jcs.timestamp(AT),
            {"act": f"act.{number}", "actor": "a", "subject": "s", "digests": {}, "context": {}},
        )
        for number in range(size)
    ]
    hashes = [ledger.leaf_hash(leaf) for leaf in leaves]
    checkpoint = Checkpoint("sunlit.test/ledger", size, ledger.root_of(hashes))
    return {
        "kind": "sunlit.ledger-proof/1",
        "index": index,
        "leaf": leaves[index].decode(),
        "proof": [each.hex() for each in ledger.inclusion_path(index, hashes)],
        "checkpoint": sign_checkpoint(checkpoint, LOG),
    }


@pytest.fixture
def put(tmp_path):
    def write(content, name: str = "file"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


@pytest.fixture
def roots(tmp_path):
    path = tmp_path / "roots.pem"
    path.write_bytes(
        b"".join(
            pem.armor("CERTIFICATE", lab().region(name).root.dump()) for name in ("east", "west")
        )
    )
    return str(path)


def asked(path, **changes) -> verify.Result:
    given = {"at": SOON, "policy": policy(SOON), **changes}
    return verify.verify(verify.Question(path=path, **given))


def run(*arguments) -> tuple[int, dict]:
    output = StringIO()
    code = 0
    try:
        call_command(
            "verify", *map(str, arguments), "--json", "--at", jcs.timestamp(SOON), stdout=output
        )
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, json.loads(output.getvalue())


# --- kinds that hold ----------------------------------------------------------------------------


def test_pdf_is_valid(put):
    result = asked(put(countersigned()))

    assert result.verdict is Verdict.VALID
    assert [each["kind"] for each in result.signatures] == [
        "signature",
        "document-timestamp",
        "signature",
        "document-timestamp",
    ]


def test_receipt_is_valid(put):
    result = asked(put(RECEIPT))

    assert result.verdict is Verdict.VALID
    assert result.signatures[0]["signer"] == "Centre"


def test_same_receipt_is_the_same_bytes():
    assert receipts.make_receipt(BODY, KEY, receipts_key()) == RECEIPT


def receipts_key() -> tuple[bytes, bytes]:
    key = json.loads(RECEIPT)["key"]
    return base64.b64decode(key["statement"]), base64.b64decode(key["signature"])


def test_statement_with_signature_beside_it_is_valid(put):
    path = put(STATEMENT, "question.json")
    put(statements.sign(STATEMENT, signer()), "question.json.p7s")

    assert asked(path).verdict is Verdict.VALID


def test_statement_with_signature_given_is_valid(put):
    result = asked(put(STATEMENT), signature=statements.sign(STATEMENT, signer()))

    assert result.verdict is Verdict.VALID


def test_statement_and_signature_in_one_file_are_valid(put):
    both = {
        "statement": base64.b64encode(STATEMENT).decode(),
        "signature": base64.b64encode(statements.sign(STATEMENT, signer())).decode(),
    }

    assert asked(put(both)).verdict is Verdict.VALID


def test_ledger_proof_under_known_key_is_valid(put):
    result = asked(put(ledger_proof()), log_keys=(LOG.verifier,))

    assert result.verdict is Verdict.VALID
    assert result.signatures[0]["size"] == 7


def test_verifier_of_upper_app_is_asked(put, monkeypatch):
    monkeypatch.setattr(verify, "_verifiers", dict(verify._verifiers))
    verify.register(
        verify.Verifier(
            "drawing",
            lambda question: question.value == {"drawing": 1},
            lambda question: verify.Result(Verdict.INVALID, ("not drawn",)),
        )
    )

    assert asked(put({"drawing": 1})).reasons == ("not drawn",)
    with pytest.raises(ValueError, match="registered"):
        verify.register(verify._verifiers["PDF"])


# --- kinds that do not --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["receipt"].update(index=6),
        lambda value: value["receipt"].pop("salt"),
        lambda value: value["receipt"].update(extra=1),
        lambda value: value.update(signature=base64.b64encode(b"\0" * 64).decode()),
        lambda value: value.update(signature="?"),
        lambda value: value.update(signature=5),
        lambda value: value.update(receipt=[]),
        lambda value: value["key"].update(signature=""),
        lambda value: value["key"].update(statement=base64.b64encode(STATEMENT).decode()),
        lambda value: value.update(key={}),
        lambda value: value.update(
            key={
                name: base64.b64encode(part).decode()
                for name, part in zip(
                    ("statement", "signature"),
                    key_statement(Ed25519PrivateKey.from_private_bytes(b"\x08" * 32)),
                    strict=True,
                )
            }
        ),
    ],
)
def test_altered_receipt_is_invalid(put, change):
    value = json.loads(RECEIPT)
    change(value)

    assert asked(put(value)).verdict is Verdict.INVALID


def test_receipt_of_other_platform_is_refused():
    with pytest.raises(Malformed) as caught:
        receipts.verify_receipt(RECEIPT, origin="https://elsewhere.test")

    assert caught.value.code == "wrong-origin"


def test_receipt_by_key_that_seal_did_not_name_is_refused():
    with pytest.raises(Malformed) as caught:
        receipts.make_receipt(BODY, Ed25519PrivateKey.generate(), receipts_key())

    assert caught.value.code == "wrong-key"


def test_receipt_of_unrecognised_seal_is_indeterminate(put):
    result = asked(put(RECEIPT), policy=policy(SOON, signers=()))

    assert result.verdict is Verdict.INDETERMINATE


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(RECEIPT) - 1), st.integers(0, 7))
def test_flipped_bits_of_receipt_never_change_what_it_says(position, bit):
    changed = bytearray(RECEIPT)
    changed[position] ^= 1 << bit
    try:
        receipt = receipts.verify_receipt(bytes(changed))
    except Malformed:
        return
    assert (receipt.body, receipt.statement) == (BODY, receipts_key()[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(index=3),
        lambda value: value.update(index=-1),
        lambda value: value.update(index="2"),
        lambda value: value.update(leaf=value["leaf"] + " "),
        lambda value: value.update(leaf=5),
        lambda value: value["proof"].pop(),
        lambda value: value["proof"].append("00" * 32),
        lambda value: value.update(proof=["zz"]),
        lambda value: value.update(proof="abc"),
        lambda value: value.update(checkpoint="sunlit.test/ledger\n"),
        lambda value: value.update(checkpoint=value["checkpoint"].replace("\n7\n", "\n8\n")),
        lambda value: value.update(extra=1),
    ],
)
def test_altered_ledger_proof_is_invalid(put, change):
    value = ledger_proof()
    change(value)

    assert asked(put(value), log_keys=(LOG.verifier,)).verdict is Verdict.INVALID


def test_ledger_proof_without_known_key_is_indeterminate(put):
    assert asked(put(ledger_proof())).verdict is Verdict.INDETERMINATE


def test_ledger_proof_under_another_key_is_invalid(put):
    other = NoteSigner(LOG.name, Ed25519PrivateKey.generate())

    result = asked(put(ledger_proof()), log_keys=(other.verifier,))

    assert result.verdict is Verdict.INVALID


def test_ledger_proof_signed_by_witness_alone_is_invalid(put):
    from signatures.domain.checkpoint import cosign, read_checkpoint

    witness = NoteSigner("witness", Ed25519PrivateKey.generate(), COSIGNATURE)
    value = ledger_proof()
    assert read_checkpoint(value["checkpoint"]).size == 7
    value["checkpoint"] = cosign(value["checkpoint"], witness, at=1)

    assert asked(put(value), log_keys=(witness.verifier,)).verdict is Verdict.INVALID
    assert asked(put(value), log_keys=(witness.verifier, LOG.verifier)).verdict is Verdict.VALID


def test_statement_without_signature_is_indeterminate(put):
    assert asked(put(STATEMENT)).verdict is Verdict.INDETERMINATE


def test_statement_with_signature_over_another_is_invalid(put):
    other = statements.build("sunlit.question/1", origin=ORIGIN, at=AT, text="?")

    result = asked(put(STATEMENT), signature=statements.sign(other, signer()))

    assert result.verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello", "none of the kinds"),
        (b"{}", "none of the kinds"),
        (b"{", "none of the kinds"),
        (b"[" * 100_000, "none of the kinds"),
        (b'{"a":' * 10_000, "none of the kinds"),
        (b"\xff\xfe", "none of the kinds"),
        (b"\x1f\x8b\x08\x00", "none of the kinds"),
        (b"%PDF-1.7", "cannot be read"),
        (plain(), "no signature"),
    ],
)
def test_other_file_is_indeterminate_in_one_line(put, content, said):
    result = asked(put(content))

    assert result.verdict is Verdict.INDETERMINATE
    assert said in result.reasons[0]
    assert "\n" not in result.reasons[0]


def test_missing_file_is_indeterminate(tmp_path):
    assert "no file" in asked(tmp_path / "gone.pdf").reasons[0]


def test_too_large_file_is_indeterminate(put):
    result = asked(put(sealed()), policy=policy(SOON, maximum_bytes=100))

    assert "at most 100" in result.reasons[0]


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_random_files_are_never_valid(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("random") / "file"
    path.write_bytes(data)

    assert asked(path).verdict is not Verdict.VALID


# --- the command --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_command_on_sealed_pdf_exits_with_0(put, roots):
    code, result = run(put(countersigned()), "--offline", "--trust", roots)

    assert (code, result["verdict"]) == (0, "valid")
    assert set(result) == {"verdict", "reasons", "signatures"}


@pytest.mark.django_db
def test_command_on_altered_pdf_exits_with_1(put, roots):
    data = bytearray(sealed())
    data[data.index(b"stream") + 12] ^= 1

    code, result = run(put(bytes(data)), "--offline", "--trust", roots)

    assert (code, result["verdict"]) == (1, "invalid")


@pytest.mark.django_db
def test_command_without_recognised_authority_exits_with_3(put):
    code, result = run(put(sealed()), "--offline")

    assert (code, result["verdict"]) == (3, "indeterminate")


@pytest.mark.django_db
def test_command_believes_only_those_it_is_told(put, tmp_path):
    path = tmp_path / "east.cer"
    path.write_bytes(lab().region("east").root.dump())

    assert run(put(sealed()), "--offline", "--trust", path)[0] == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        ["--trust", "/nonexistent.pem"],
        ["--trust", __file__],
        ["--signature", "/nonexistent.p7s"],
        ["--log-key", "nonsense"],
    ],
)
def test_command_with_bad_argument_says_so_in_one_line(put, arguments):
    code, result = run(put(sealed()), *arguments)

    assert (code, result["verdict"]) == (3, "indeterminate")
    assert len(result["reasons"]) == 1
    assert "\n" not in result["reasons"][0]


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"junk", b"%PDF-1.7 junk"])
def test_command_on_junk_exits_with_3(put, content):
    assert run(put(content), "--offline")[0] == 3


@pytest.mark.django_db
def test_command_takes_offline_receipt_with_a_warning(put, roots):
    code, result = run(put(RECEIPT), "--offline", "--trust", roots)

    assert (code, result["verdict"]) == (0, "valid")
    assert "unknown" in result["signatures"][0]["warnings"][0]


@pytest.mark.django_db
def test_command_for_people_never_shows_a_lone_tick(put, roots):
    output = StringIO()

    call_command(
        "verify", str(put(sealed())), "--offline", "--trust", roots, "--at",
        jcs.timestamp(SOON + timedelta(days=1)), stdout=output,
    )  # fmt: skip

    lines = output.getvalue()
    for word in ("valid", "Centre Ltd", "authority", "revocation", "proven_time", "not covered"):
        assert word in lines
