"""Checkpoints: the signed size and root of the ledger, and its witnesses' cosignatures.

C2SP signed-note, tlog-checkpoint and tlog-cosignature (``cosignature/v1``), with Ed25519 keys.
A signed note is text ending in a newline, an empty line, and one line for each signature:
``— <key name> base64(4-byte key ID ‖ signature)``. Signatures of unknown keys are ignored; one bad
signature of a known key rejects the whole note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signatures.domain.errors import Malformed
from signatures.domain.jcs import shown

#: Signature type bytes of signed-note: a plain Ed25519 signature, a timestamped cosignature.
ED25519 = 0x01
COSIGNATURE = 0x04

MAX_NOTE = 1 << 20
MAX_SIGNATURES = 128
_MAX_TIME = 2**63 - 1
_MAX_SIZE = 2**63 - 1


class CheckpointError(Malformed):
    """The note, checkpoint or key is not of its form, or is not signed as it must be."""

    default_code = "bad-checkpoint"


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A public key under a name; ``kind`` is ``ED25519`` (a log) or ``COSIGNATURE`` (a witness)."""

    name: str
    public_key: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.kind not in (ED25519, COSIGNATURE):
            _fail(
                f"{self.name}: only Ed25519 keys (types 1 and 4) are read, not {shown(self.kind)}"
            )
        if type(self.public_key) is not bytes or len(self.public_key) != 32:
            _fail(f"{self.name}: an Ed25519 public key is 32 bytes")

    @classmethod
    def parse(cls, vkey: str) -> NoteVerifier:
        """From ``<name>+<key ID in hex>+base64(type ‖ public key)``; the ID must be the key's."""
        parts = vkey.split("+", 2) if isinstance(vkey, str) else []
        if len(parts) != 3:
            _fail("a verifier key has three parts joined by plus signs")
        name, key_id, encoded = parts
        key = _base64(encoded, "the verifier key")
        if len(key) != 33:
            _fail("a verifier key holds one type byte and 32 bytes of Ed25519 key")
        verifier = cls(name, key[1:], key[0])
        if verifier.key_id.hex() != key_id:
            _fail(f"{name}: the key ID in the verifier key is not the key's own")
        return verifier

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key)."""
        data = self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key
        return hashlib.sha256(data).digest()[:4]

    @property
    def vkey(self) -> str:
        """The text that ``parse`` reads."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key under a name, of the same two kinds."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)
    kind: int = ED25519

    def __post_init__(self) -> None:
        _ = self.verifier

    @property
    def verifier(self) -> NoteVerifier:
        """The public half."""
        return NoteVerifier(self.name, self.private_key.public_key().public_bytes_raw(), self.kind)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not verified."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"\u2014 {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """Text (with its last newline) and the signatures that were found under it, not verified."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log ``origin`` had ``size`` leaves under ``root`` (32 bytes)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not isinstance(line, str) or not line or not _is_note_text(line) or "\n" in line:
                _fail("origin and extensions are non-empty lines without control characters")
        if type(self.size) is not int or not 0 <= self.size <= _MAX_SIZE:
            _fail(f"{shown(self.size)} is not the size of a log")
        if type(self.root) is not bytes or len(self.root) != 32:
            _fail("the root is a hash of 32 bytes")

    @property
    def text(self) -> str:
        """The note text: origin, size, root in base64, extensions, a line each."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint with what is proven of it: the ``names`` whose keys signed it, and of
    cosigners the time of their newest cosignature (``cosignatures``, POSIX seconds by name)."""

    checkpoint: Checkpoint
    names: frozenset[str]
    cosignatures: Mapping[str, int]


def read_note(note: str) -> Note:
    """Take a signed note apart; verifies no signature."""
    if not isinstance(note, str) or not _is_note_text(note) or len(note.encode()) > MAX_NOTE:
        _fail(f"a note is up to {MAX_NOTE} bytes of text without control characters")
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        _fail("a note is text, an empty line, and signature lines each ending in a newline")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        _fail(f"a note has at most {MAX_SIGNATURES} signatures")
    return Note(f"{text}\n", tuple(_signature(line) for line in lines))


def sign_note(text: str, signers: Sequence[NoteSigner]) -> str:
    """A signed note over ``text``, which must end in a newline, by plain Ed25519 signers."""
    if not isinstance(text, str) or not text.endswith("\n") or not _is_note_text(text):
        _fail("the text of a note ends in a newline and has no other control character")
    if not signers:
        _fail("a note needs a signer")
    lines: list[str] = []
    for signer in signers:
        if signer.kind != ED25519:
            _fail(
                f"{signer.name} is a witness's key: it cosigns checkpoints and signs nothing else"
            )
        signature = signer.private_key.sign(text.encode())
        lines.append(NoteSignature(signer.name, signer.verifier.key_id, signature).line())
    return f"{text}\n{''.join(lines)}"


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """The checkpoint as the log publishes it, signed by the log's key."""
    return sign_note(checkpoint.text, [signer])


def read_checkpoint(note: str) -> Checkpoint:
    """The checkpoint that a signed note states. **Nothing of it is verified.**"""
    return _checkpoint(read_note(note).text)


def open_checkpoint(
    note: str,
    verifiers: Iterable[NoteVerifier],
    *,
    origin: str | None = None,
    require: Collection[str] = (),
) -> OpenedCheckpoint:
    """The checkpoint in ``note``, signed by at least one of ``verifiers``.

    ``origin``, where given, must be the log's; every name in ``require`` must have signed (the
    log's own, a witness named in a policy). ``CheckpointError`` says what is missing; also when a
    known key's signature is false.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    parsed = read_note(note)
    names: set[str] = set()
    times: dict[str, int] = {}
    for signature in parsed.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        moment = _verify(verifier, parsed.text, signature.signature)
        names.add(verifier.name)
        if moment is not None:
            times[verifier.name] = max(moment, times.get(verifier.name, 0))
    if not names:
        _fail("no known key has signed this note", code="not-signed")
    missing = sorted(set(require) - names)
    if missing:
        _fail(f"it is not signed by {', '.join(missing)}", code="not-signed")
    checkpoint = _checkpoint(parsed.text)
    if origin is not None and checkpoint.origin != origin:
        _fail(f"it is of the log {checkpoint.origin}, not of {origin}", code="wrong-origin")
    return OpenedCheckpoint(checkpoint, frozenset(names), times)


def cosignature(note: str, signer: NoteSigner, *, at: int) -> NoteSignature:
    """A witness's statement that at ``at`` (POSIX seconds) this is the newest consistent tree it
    has seen. The caller has opened the note and checked consistency before."""
    if signer.kind != COSIGNATURE:
        _fail(f"{signer.name} is not a witness's key")
    if type(at) is not int or not 0 <= at <= _MAX_TIME:
        _fail("the time of a cosignature is in whole seconds from 1970")
    text = read_note(note).text
    _checkpoint(text)
    signature = signer.private_key.sign(_cosigned(text, at))
    return NoteSignature(signer.name, signer.verifier.key_id, at.to_bytes(8, "big") + signature)


def cosign(note: str, signer: NoteSigner, *, at: int) -> str:
    """The note with this witness's cosignature added as its last line."""
    return note + cosignature(note, signer, at=at).line()


def add_signatures(note: str, lines: str) -> str:
    """The note with signature lines from elsewhere (a witness's answer) added; not verified."""
    extended = note + lines
    if read_note(extended).text != read_note(note).text:
        _fail("only signature lines may be added to a note")
    return extended


def _verify(verifier: NoteVerifier, text: str, signature: bytes) -> int | None:
    """The time of a cosignature, None for a plain signature; raises on a false one."""
    moment: int | None = None
    message = text.encode()
    if verifier.kind == COSIGNATURE:
        moment = int.from_bytes(signature[:8], "big")
        signature = signature[8:]
        message = _cosigned(text, moment)
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        _fail(f"the signature of {verifier.name} is false", code="bad-signature")
    if moment is not None and moment > _MAX_TIME:
        _fail(f"the cosignature of {verifier.name} has an impossible time")
    return moment


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _checkpoint(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    if len(lines) < 3:
        _fail("a checkpoint has at least three lines: origin, size, root")
    origin, size, root, *extensions = lines
    if not size.isascii() or not size.isdigit() or (size[0] == "0" and size != "0"):
        _fail("the second line of a checkpoint is the size in decimal, without leading zeros")
    if len(size) > 19:
        _fail("the size in the checkpoint is too large")
    return Checkpoint(origin, int(size), _base64(root, "the root"), tuple(extensions))


def _signature(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014":
        _fail("a signature line is a long dash, a key name and base64, one space between")
    _check_name(parts[1])
    decoded = _base64(parts[2], f"the signature of {parts[1]}")
    if len(decoded) < 5:
        _fail(f"the signature of {parts[1]} is too short")
    return NoteSignature(parts[1], decoded[:4], decoded[4:])


def _check_name(name: str) -> None:
    if (
        not isinstance(name, str)
        or not name
        or not _is_note_text(name)
        or "+" in name
        or any(character.isspace() for character in name)
    ):
        _fail("a key name has no spaces and no plus signs")


def _is_note_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return all(character >= " " or character == "\n" for character in text)


def _base64(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    # Only the one canonical spelling of the bytes is accepted.
    if not data or base64.b64encode(data).decode() != text:
        _fail(f"{what} is not base64")
    return data


def _fail(what: str, *, code: str | None = None) -> NoReturn:
    raise CheckpointError(f"{what[0].upper()}{what[1:]}.", code=code)
