"""The command line, as processes run it, and the state that it leaves on the device."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from bidding.kit.bid import BidStatement
from bidding.kit.cli import main
from bidding.kit.device import Submission
from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.recovery import RecoveryKit
from bidding.kit.trustee import KeyOffer, SlotKeys
from signatures.domain import jcs, statements
from tests.bidding.kit import world

POLICY = world.a_policy()


@pytest.fixture
def desk(tmp_path):
    """A tenderer's folder: certificate, passphrases, policy, files."""
    key, certificate = world.pair("tenderer")
    (tmp_path / "key.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"tenderer", key, certificate, None, serialization.BestAvailableEncryption(b"p12-pass")
        )
    )
    (tmp_path / "p12.txt").write_text("p12-pass\n")
    (tmp_path / "pass.txt").write_text(f"{world.PASSPHRASE}\n")
    (tmp_path / "policy.json").write_bytes(POLICY.encode())
    (tmp_path / "sheet.json").write_bytes(b'{"manager":"Zhang"}')
    (tmp_path / "price.json").write_bytes(b'{"currency":"CNY","price":"7.00"}')
    return tmp_path


def key_options(desk) -> list[str]:
    return [
        "--p12",
        str(desk / "key.p12"),
        "--p12-passphrase-file",
        str(desk / "p12.txt"),
        "--passphrase-file",
        str(desk / "pass.txt"),
    ]


def seal(desk, *more: str) -> int:
    return main(
        [
            "seal",
            "--policy",
            str(desk / "policy.json"),
            "--file",
            f"1={desk / 'sheet.json'}",
            "--file",
            f"4={desk / 'price.json'}",
            "--out",
            str(desk / "out"),
            *key_options(desk),
            *more,
        ]
    )


def verify(desk, *more: str) -> int:
    return main(
        [
            "verify",
            "--policy",
            str(desk / "policy.json"),
            "--state",
            str(desk / "out" / "submission.json"),
            "--passphrase-file",
            str(desk / "pass.txt"),
            *more,
        ]
    )


def test_seal_then_verify_holds(desk, capsys):
    bid = uuid.uuid4()
    assert seal(desk, "--bid", str(bid)) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["bid"], printed["version"]) == (str(bid), 1)
    assert [each["slot"] for each in printed["envelopes"]] == [1, 4]
    assert verify(desk, "--content") == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["bytes_checked"] == sum(each["size"] for each in printed["envelopes"])
    assert checked["signer"] == "tenderer"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("sheet.json", b'{"manager": "Zhang"}', "checks-failed"),
        ("price.json", b'{"currency":"CNY","price":"0.00"}', "checks-failed"),
        ("offer.pdf", b"%PDF-1.7 cut", "checks-failed"),
        ("offer.pdf", b"MZ", "checks-failed"),
        ("offer.step", b"ISO-10303", "warnings"),
    ],
)
def test_seal_what_the_committee_could_not_open_is_refused_and_leaves_nothing(
    desk, capsys, name, data, code
):
    (desk / name).write_bytes(data)
    more = ("--file", f"4={desk / name}") if name.startswith("offer") else ()
    assert seal(desk, *more) == 1
    assert capsys.readouterr().err.endswith(f"[{code}]\n")
    assert not (desk / "out").exists()
    if code == "warnings":
        assert seal(desk, *more, "--leave-warnings") == 0
    else:
        assert seal(desk, *more, "--leave-warnings") == 1


def test_seal_leaves_no_key_in_clear(desk):
    seal(desk)
    submission = Submission.load(desk / "out" / "submission.json")
    kit = RecoveryKit.load(desk / "out" / "recovery-kit.json", world.PASSPHRASE)
    stored = b"".join(path.read_bytes() for path in (desk / "out").iterdir())
    for slot, secret in submission.secrets(world.PASSPHRASE).items():
        for value in (secret.key, secret.salt, kit.shares[slot].value):
            assert value.hex().encode() not in stored
            assert value not in stored


def test_seal_twice_into_one_folder_is_refused(desk, capsys):
    assert seal(desk) == 0
    before = (desk / "out" / "submission.json").read_bytes()
    assert seal(desk) == 1
    assert "exists already" in capsys.readouterr().err
    assert (desk / "out" / "submission.json").read_bytes() == before


def test_verify_changed_file_is_found(desk, capsys):
    seal(desk)
    (desk / "price.json").write_bytes(b'{"currency":"CNY","price":"8.00"}')
    assert verify(desk) == 0
    assert verify(desk, "--content") == 1
    assert "no longer what was committed" in capsys.readouterr().err


def test_verify_under_another_policy_is_refused(desk, capsys):
    seal(desk)
    (desk / "policy.json").write_bytes(replace(POLICY, min_bids=1).encode())
    assert verify(desk) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "files",
    [
        ["1=sheet.json"],
        ["1=sheet.json", "2=price.json"],
        ["1=sheet.json", "4=absent.pdf"],
        ["1=sheet.json", "4=empty.pdf"],
        ["1=sheet.json", "1=sheet.json", "4=price.json"],
        ["sheet.json"],
        ["x=sheet.json"],
    ],
    ids=str,
)
def test_seal_wrong_files_are_one_line_and_leave_nothing(desk, capsys, files, monkeypatch):
    monkeypatch.chdir(desk)
    (desk / "empty.pdf").touch()
    options = [part for name in files for part in ("--file", name)]
    code = main(["seal", "--policy", "policy.json", *options, "--out", "out", *key_options(desk)])
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err.count("\n")) == (1, "", 1)
    assert not (desk / "out").exists()


@pytest.mark.parametrize("name", ["p12.txt", "pass.txt", "key.p12", "policy.json"])
def test_seal_unusable_file_is_one_line(desk, capsys, name):
    (desk / name).write_bytes(b"\xff")
    assert seal(desk) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_seal_without_a_key_is_refused(desk, capsys):
    code = main(
        [
            "seal",
            "--policy",
            str(desk / "policy.json"),
            "--file",
            "1=a",
            "--out",
            str(desk / "o"),
            "--passphrase-file",
            str(desk / "pass.txt"),
        ]
    )
    assert code == 1
    assert "--p12" in capsys.readouterr().err


def test_keygen_writes_store_and_signed_offer(desk, capsys):
    code = main(
        [
            "keygen",
            "--origin",
            world.ORIGIN,
            "--project",
            world.PROJECT,
            "--lot",
            world.LOT,
            "--trustee",
            "org:notary",
            "--slots",
            "1",
            "4",
            "--store",
            str(desk / "keys.json"),
            "--offer",
            str(desk / "offer.json"),
            "--at",
            jcs.timestamp(world.T0),
            *key_options(desk),
        ]
    )
    assert code == 0
    offer = KeyOffer.parse((desk / "offer.json").read_bytes(), origin=world.ORIGIN)
    keys = SlotKeys.load(desk / "keys.json", world.PASSPHRASE)
    assert offer.keys == keys.public
    assert offer.at == world.T0
    certificate = statements.check_signature(
        (desk / "offer.json").read_bytes(), (desk / "offer.json.p7s").read_bytes()
    )
    assert certificate.dump() == world.signer("tenderer").certificate.dump()
    assert json.loads(capsys.readouterr().out)["trustee"] == "org:notary"


def test_keygen_over_an_existing_offer_leaves_no_store(desk, capsys):
    (desk / "offer.json").write_bytes(b"mine")
    code = main(
        [
            "keygen",
            *("--origin", world.ORIGIN, "--project", world.PROJECT, "--lot", world.LOT),
            *("--trustee", "org:notary", "--store", str(desk / "keys.json")),
            *("--offer", str(desk / "offer.json")),
            *key_options(desk),
        ]
    )
    assert code == 1
    assert capsys.readouterr().err == "offer.json exists already; nothing is overwritten.\n"
    assert not (desk / "keys.json").exists()


def test_module_runs_without_django():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "sys.modules['django'] = None\n"
            "from bidding.kit import cli, opening, release, sealing, device\n"
            "sys.exit(cli.main(['verify', '--policy', 'absent', '--state', 'absent']))",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "The file absent cannot be read: No such file or directory.\n"


def test_wrong_command_line_ends_with_two(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["unknown"])
    assert caught.value.code == 2


# --- state ----------------------------------------------------------------------------------------


def test_submission_survives_being_stored(tmp_path):
    submission, _ = world.sealed_bid(POLICY, tmp_path)
    submission.save(tmp_path / "state.json")
    assert Submission.load(tmp_path / "state.json") == submission


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"envelopes": []},
        {"statement": "00"},
        {"locked": ""},
        {"more": 1},
    ],
    ids=str,
)
def test_submission_damaged_state_is_refused(tmp_path, change):
    submission, _ = world.sealed_bid(POLICY, tmp_path)
    path = tmp_path / "state.json"
    submission.save(path)
    path.write_bytes(jcs.dumps({**jcs.loads(path.read_bytes()), **change}))
    with pytest.raises(Malformed):
        Submission.load(path)


def test_submission_with_other_leaves_is_refused(tmp_path):
    submission, _ = world.sealed_bid(POLICY, tmp_path)
    path = tmp_path / "state.json"
    submission.save(path)
    value = jcs.loads(path.read_bytes())
    value["envelopes"][0]["leaves"] = "00" * 32
    path.write_bytes(jcs.dumps(value))
    with pytest.raises(EnvelopeError):
        Submission.load(path)


# --- the signed bid, as the platform checks it ----------------------------------------------------


@pytest.fixture(scope="module")
def submission(tmp_path_factory):
    return world.sealed_bid(POLICY, tmp_path_factory.mktemp("bid"))[0]


def check(submission, *, heads=None, name="tenderer", **changes):
    bid = replace(submission.bid, **changes)
    chosen = [each.head for each in submission.envelopes] if heads is None else heads
    bid.check(POLICY, chosen, certificate=world.fingerprint(name))


def test_bid_check_complete_bid_passes(submission):
    check(submission)
    for state in submission.envelopes:
        state.sealed.commitment.check_leaves(state.sealed.leaves)


def test_bid_parse_gives_back_what_was_encoded(submission):
    assert BidStatement.parse(submission.bid.encode(), origin=world.ORIGIN) == submission.bid


def test_bid_check_swapped_heads_are_refused(submission):
    heads = [each.head for each in submission.envelopes]
    for wrong in (heads[::-1], heads[:1], [*heads, heads[0]], [heads[0], heads[0]]):
        with pytest.raises(EnvelopeError):
            check(submission, heads=wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"bid": uuid.UUID(int=1)},
        {"version": 2},
        {"policy": bytes(32)},
        {"origin": "https://elsewhere.test"},
        {"name": "stranger"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_bid_check_swapped_identity_is_refused(submission, change):
    with pytest.raises(EnvelopeError):
        check(submission, **change)


def test_bid_check_missing_envelope_is_refused(submission):
    with pytest.raises(EnvelopeError):
        check(submission, envelopes=submission.bid.envelopes[:1])


def test_bid_check_unpadded_size_is_refused(submission):
    first, second = submission.bid.envelopes
    for size in (first.size + 1, first.size + 16_384, 72, 10_000):
        with pytest.raises(EnvelopeError):
            check(submission, envelopes=(replace(first, size=size), second))


def test_bid_check_envelopes_of_two_tenders_are_refused(submission, tmp_path):
    other = replace(POLICY, min_bids=1)
    foreign = world.sealed_bid(other, tmp_path, bid=submission.bid.bid)[0]
    heads = [submission.envelopes[0].head, foreign.envelopes[1].head]
    envelopes = (submission.bid.envelopes[0], foreign.bid.envelopes[1])
    with pytest.raises(EnvelopeError):
        check(submission, heads=heads, envelopes=envelopes)


def test_check_leaves_wrong_number_or_hash_is_refused(submission):
    sealed = submission.envelopes[0].sealed
    for leaves in ((), sealed.leaves * 2, (bytes(32),), (bytes(31),)):
        with pytest.raises(EnvelopeError):
            sealed.commitment.check_leaves(leaves)
