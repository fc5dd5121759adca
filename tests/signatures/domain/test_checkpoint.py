from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    CheckpointError,
    NoteSigner,
    NoteVerifier,
    add_signatures,
    cosign,
    cosignature,
    open_checkpoint,
    read_checkpoint,
    read_note,
    sign_checkpoint,
    sign_note,
)

# The examples of C2SP signed-note, tlog-checkpoint and tlog-cosignature.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
    "RKuwHjG1Yu72IneyaQM=\n"
)
SOFA = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcy"
    "v2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b"
    "2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

LOG = NoteSigner("sunlit.example/log", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
WITNESS = NoteSigner(
    "witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32), COSIGNATURE
)
OTHER = NoteSigner(
    "witness.example/w2", Ed25519PrivateKey.from_private_bytes(b"o" * 32), COSIGNATURE
)
STATE = Checkpoint("sunlit.example/log", 42, bytes(range(32)))
SIGNED = sign_checkpoint(STATE, LOG)
AT = 1_772_000_000


def _with_signature(note, name, key_id, signature):
    return f"{note}— {name} {base64.b64encode(key_id + signature).decode()}\n"


# --- published examples ---


def test_published_note_is_verified_by_its_key():
    verifier = NoteVerifier.parse(VKEY)
    assert verifier.vkey == VKEY
    assert verifier.key_id.hex() == "530d903a"
    # It is a note and no checkpoint: its signature is judged first, then its form.
    with pytest.raises(CheckpointError, match="three lines"):
        open_checkpoint(NOTE, [verifier])
    with pytest.raises(CheckpointError) as refusal:
        open_checkpoint(NOTE.replace("example message", "exemplar message"), [verifier])
    assert refusal.value.code == "bad-signature"


def test_published_checkpoint_is_read():
    checkpoint = read_checkpoint(SOFA)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163
    assert base64.b64encode(checkpoint.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    note = read_note(SOFA)
    assert note.text == checkpoint.text
    assert [signature.name for signature in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert "".join(signature.line() for signature in note.signatures) in SOFA
    # The published cosignature carries its time: 20 March 2023.
    assert int.from_bytes(note.signatures[1].signature[:8], "big") == 1679315147


# --- our own ---


def test_signed_checkpoint_is_opened_with_the_logs_key():
    opened = open_checkpoint(SIGNED, [LOG.verifier], origin=STATE.origin, require=[LOG.name])
    assert opened.checkpoint == STATE
    assert opened.names == {LOG.name}
    assert opened.cosignatures == {}


def test_cosigned_checkpoint_names_its_witnesses_and_their_times():
    note = cosign(cosign(SIGNED, WITNESS, at=AT), OTHER, at=AT + 5)
    opened = open_checkpoint(note, [LOG.verifier, WITNESS.verifier, OTHER.verifier])
    assert opened.checkpoint == STATE
    assert opened.names == {LOG.name, WITNESS.name, OTHER.name}
    assert opened.cosignatures == {WITNESS.name: AT, OTHER.name: AT + 5}


def test_the_newest_cosignature_of_a_witness_counts():
    note = cosign(cosign(SIGNED, WITNESS, at=AT + 60), WITNESS, at=AT)
    assert open_checkpoint(note, [WITNESS.verifier]).cosignatures == {WITNESS.name: AT + 60}


def test_cosignature_signs_the_published_message():
    signature = cosignature(SIGNED, WITNESS, at=AT)
    message = f"cosignature/v1\ntime {AT}\n{STATE.text}".encode()
    assert signature.key_id == WITNESS.verifier.key_id
    assert signature.signature[:8] == AT.to_bytes(8, "big")
    WITNESS.private_key.public_key().verify(signature.signature[8:], message)


def test_answer_of_a_witness_is_added():
    line = cosignature(SIGNED, WITNESS, at=AT).line()
    assert add_signatures(SIGNED, line) == cosign(SIGNED, WITNESS, at=AT)


def test_unknown_keys_are_ignored():
    note = _with_signature(SIGNED, "stranger.example", b"abcd", b"x" * 64)
    note = _with_signature(note, LOG.name, b"abcd", b"x" * 64)
    assert open_checkpoint(note, [LOG.verifier]).names == {LOG.name}


def test_extension_lines_are_kept_and_signed():
    state = Checkpoint("log", 1, bytes(32), ("first", "second"))
    note = sign_checkpoint(state, LOG)
    assert open_checkpoint(note, [LOG.verifier]).checkpoint == state
    with pytest.raises(CheckpointError):
        open_checkpoint(note.replace("second", "third"), [LOG.verifier])


def test_an_empty_log_has_a_checkpoint():
    state = Checkpoint("log", 0, bytes(32))
    assert open_checkpoint(sign_checkpoint(state, LOG), [LOG.verifier]).checkpoint == state


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoint_is_read_back(size, root):
    state = Checkpoint("sunlit.example/log", size, root)
    assert open_checkpoint(sign_checkpoint(state, LOG), [LOG.verifier]).checkpoint == state


def test_private_key_does_not_show():
    assert "private_key" not in repr(LOG)


# --- must fail ---


@given(st.integers(0, len(SIGNED.encode()) - 1), st.integers(0, 7))
def test_one_flipped_bit_is_refused(place, bit):
    data = bytearray(SIGNED.encode())
    data[place] ^= 1 << bit
    with pytest.raises(CheckpointError):
        open_checkpoint(data.decode(errors="surrogateescape"), [LOG.verifier])


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (SIGNED.replace("42\n", "43\n"), "bad-signature"),
        (SIGNED.replace("sunlit.example/log\n42", "other.example/log\n42"), "bad-signature"),
        (_with_signature(SIGNED, LOG.name, LOG.verifier.key_id, b"x" * 64), "bad-signature"),
        (_with_signature(SIGNED, LOG.name, LOG.verifier.key_id, b"x"), "bad-signature"),
        (_with_signature(SIGNED, LOG.name, LOG.verifier.key_id, b"x" * 2420), "bad-signature"),
    ],
)
def test_false_signature_of_a_known_key_rejects_the_note(note, code):
    with pytest.raises(CheckpointError) as refusal:
        open_checkpoint(note, [LOG.verifier])
    assert refusal.value.code == code


def test_note_signed_by_nobody_known_is_refused():
    for verifiers in ([], [OTHER.verifier], [NoteVerifier(LOG.name, b"k" * 32)]):
        with pytest.raises(CheckpointError) as refusal:
            open_checkpoint(SIGNED, verifiers)
        assert refusal.value.code == "not-signed"


def test_signature_by_the_same_key_under_another_name_does_not_count():
    renamed = NoteVerifier("other.example", LOG.verifier.public_key)
    with pytest.raises(CheckpointError):
        open_checkpoint(SIGNED, [renamed])


def test_missing_witness_is_named():
    with pytest.raises(CheckpointError, match=WITNESS.name) as refusal:
        open_checkpoint(SIGNED, [LOG.verifier, WITNESS.verifier], require=[WITNESS.name])
    assert refusal.value.code == "not-signed"


def test_another_log_is_refused():
    with pytest.raises(CheckpointError) as refusal:
        open_checkpoint(SIGNED, [LOG.verifier], origin="other.example/log")
    assert refusal.value.code == "wrong-origin"


def test_cosignature_with_a_changed_time_is_refused():
    good = cosignature(SIGNED, WITNESS, at=AT)
    forged = (AT + 1).to_bytes(8, "big") + good.signature[8:]
    note = _with_signature(SIGNED, WITNESS.name, good.key_id, forged)
    with pytest.raises(CheckpointError) as refusal:
        open_checkpoint(note, [LOG.verifier, WITNESS.verifier])
    assert refusal.value.code == "bad-signature"


def test_cosignature_of_another_checkpoint_is_refused():
    other = sign_checkpoint(Checkpoint(STATE.origin, 41, STATE.root), LOG)
    line = cosignature(other, WITNESS, at=AT).line()
    with pytest.raises(CheckpointError):
        open_checkpoint(SIGNED + line, [LOG.verifier, WITNESS.verifier])


def test_plain_signature_of_a_witness_key_is_no_cosignature():
    raw = WITNESS.private_key.sign(STATE.text.encode())
    for signature in (raw, AT.to_bytes(8, "big") + raw):
        note = _with_signature(SIGNED, WITNESS.name, WITNESS.verifier.key_id, signature)
        with pytest.raises(CheckpointError):
            open_checkpoint(note, [WITNESS.verifier])


def test_kinds_of_keys_do_not_mix():
    with pytest.raises(CheckpointError, match="cosigns checkpoints"):
        sign_checkpoint(STATE, WITNESS)
    with pytest.raises(CheckpointError, match="not a witness's key"):
        cosign(SIGNED, LOG, at=AT)


@pytest.mark.parametrize("at", [-1, True, 1.5, None, 2**63, "1"], ids=repr)
def test_cosignature_at_no_time_is_refused(at):
    with pytest.raises(CheckpointError):
        cosign(SIGNED, WITNESS, at=at)


@pytest.mark.parametrize(
    "body",
    [
        "log\n42\n",
        "log\n042\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n+1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n1_0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n٤٢\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n9223372036854775808\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n" + "9" * 5000 + "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n42\nAAAA\n",
        "log\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "log\n42\n!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
    ],
    ids=lambda body: ascii(body)[:30],
)
def test_signed_body_that_is_no_checkpoint_is_refused(body):
    with pytest.raises(CheckpointError):
        open_checkpoint(sign_note(body, [LOG]), [LOG.verifier])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n—  name AAAAAAAA\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAAA\n",
        "text\n\n— name AAAAAAAB=\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— na\u2003me AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "text\r\n\n— name AAAAAAAA\n",
        "te\0xt\n\n— name AAAAAAAA\n",
        "te\ud800xt\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 129,
        "x" * (1 << 20) + "\n\n— name AAAAAAAA\n",
        None,
        b"text\n\n",
    ],
    ids=lambda note: ascii(note)[:30],
)
def test_text_that_is_no_note_is_refused(note):
    with pytest.raises(CheckpointError):
        read_note(note)


def test_sixteen_signatures_are_accepted():
    assert len(read_note("text\n\n" + "— name AAAAAAAA\n" * 16).signatures) == 16


def test_only_signatures_may_be_added():
    for lines in ("more\n", "\n— name AAAAAAAA\n", "", "— name AAAAAAAA"):
        if lines == "":
            assert add_signatures(SIGNED, lines) == SIGNED
            continue
        with pytest.raises(CheckpointError):
            add_signatures(SIGNED, lines)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("example.com/foo", "example.com/fox"),
        VKEY.replace("example.com/foo", ""),
        VKEY.replace("example.com/foo", "example com"),
        VKEY[:-4],
        VKEY + "AAAA",
        VKEY.replace("+Aeky", "+Aiky"),
        None,
        7,
    ],
    ids=repr,
)
def test_bad_verifier_key_is_refused(vkey):
    with pytest.raises(CheckpointError):
        NoteVerifier.parse(vkey)


@pytest.mark.parametrize(
    "arguments",
    [
        ("", 1, bytes(32)),
        ("a\nb", 1, bytes(32)),
        ("log", -1, bytes(32)),
        ("log", True, bytes(32)),
        ("log", 2**63, bytes(32)),
        ("log", 10**5000, bytes(32)),
        ("log", 1, bytes(31)),
        ("log", 1, "0" * 32),
        ("log", 1, bytes(32), ("",)),
        (None, 1, bytes(32)),
    ],
    ids=range(10),
)
def test_checkpoint_of_nothing_is_refused(arguments):
    with pytest.raises(CheckpointError):
        Checkpoint(*arguments)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", None], ids=repr)
def test_text_that_cannot_be_signed_is_refused(text):
    with pytest.raises(CheckpointError):
        sign_note(text, [LOG])


def test_note_without_signers_is_refused():
    with pytest.raises(CheckpointError):
        sign_note("text\n", [])
