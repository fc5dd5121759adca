"""Receipts and proofs, checked on the device: the platform's signature, then the ledger's.

A receipt holds the entry and the salt of its hidden leaf; the proof that follows shows that very
leaf under a checkpoint. So whoever holds both can show that the platform took something in, and
the platform cannot take it back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bidding.kit import fields
from bidding.kit.errors import Malformed, Refused
from signatures.domain import jcs, ledger, receipts, statements
from signatures.domain.checkpoint import ED25519, Checkpoint, NoteVerifier, open_checkpoint

KIND = "sunlit.ledger-proof/1"
MAX_PROOF = 4 * 1024 * 1024
_BODY = ("v", "id", "origin", "index", "salt", "entry", "proof")


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """A receipt whose signatures hold.

    ``id`` is its URN, ``index`` its leaf's, ``digests`` what was taken in, ``seal`` the SHA-256 of
    the certificate that vouches for the platform's key and ``signer`` that certificate's name.
    """

    id: str
    origin: str
    act: str
    subject: str | None
    index: int
    salt: bytes | None
    entry: dict[str, Any]
    seal: bytes
    signer: str

    @property
    def digests(self) -> dict[str, Any]:
        """Name to SHA-256 in hex, of what was taken in."""
        value = self.entry["digests"]
        return value if isinstance(value, dict) else {}

    def require(self, statement: bytes) -> None:
        """Raise ``Refused`` unless the receipt is for exactly this statement."""
        if hashlib.sha256(statement).hexdigest() not in self.digests.values():
            raise Refused("The receipt is for something else than was sent.", code="wrong-receipt")


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """A receipt's leaf proven under a checkpoint; ``cosigners`` with the time of each."""

    checkpoint: Checkpoint
    cosigners: tuple[tuple[str, datetime], ...]


def check_receipt(
    data: bytes, *, origin: str, seals: Sequence[bytes] | None = None
) -> CheckedReceipt:
    """The receipt in ``data``; ``Malformed`` or ``Refused`` for anything that does not hold.

    ``seals`` are the certificates (SHA-256) that may vouch for the platform, as a policy names
    them; None accepts any seal, whose name is then for a person to look at.
    """
    receipt = receipts.verify_receipt(data, origin=origin)
    body = jcs.require_fields(receipt.body, _BODY, where="The receipt", error=Malformed)
    entry = jcs.require_fields(
        body["entry"], ledger.ENTRY_FIELDS, where="The receipt's entry", error=Malformed
    )
    if body["origin"] != origin:
        raise Refused("The receipt is another platform's.", code="wrong-origin")
    seal = hashlib.sha256(receipt.certificate.dump()).digest()
    if seals is not None and seal not in seals:
        raise Refused(
            "The receipt's key is vouched for by a certificate that the policy does not name.",
            code="wrong-seal",
        )
    salt = body["salt"]
    return CheckedReceipt(
        id=fields.text(body["id"], 160, where="The receipt's id"),
        origin=origin,
        act=fields.text(entry["act"], 160, where="The receipt's act"),
        subject=entry["subject"],
        index=fields.integer(body["index"], 0, jcs.MAX_INTEGER, where="The receipt's index"),
        salt=None if salt is None else fields.hexadecimal(salt, 32, where="The receipt's salt"),
        entry=dict(entry),
        seal=seal,
        signer=statements.common_name(receipt.certificate),
    )


def check_proof(
    data: bytes, receipt: CheckedReceipt, *, log: str, witnesses: Sequence[str] = ()
) -> CheckedProof:
    """The proof in ``data`` for the receipt's leaf, under a checkpoint signed by ``log``.

    ``log`` and ``witnesses`` are verifier keys. A proof whose checkpoint nobody has cosigned yet
    holds all the same; ``cosigners`` is then empty.
    """
    value = jcs.require_fields(
        jcs.loads(data, max_bytes=MAX_PROOF),
        ("kind", "index", "leaf", "proof", "checkpoint"),
        optional=("timestamp",),
        where="The proof",
        error=Malformed,
    )
    if value["kind"] != KIND:
        raise Malformed("This is no proof of a ledger entry.")
    if value["index"] != receipt.index:
        raise _not_proven("is of another leaf than the receipt's")
    leaf = fields.text(value["leaf"], 1 << 20, where="The proof's leaf").encode("utf-8")
    _require_leaf(leaf, receipt)
    verifier = NoteVerifier.parse(log)
    if verifier.kind != ED25519:
        raise Malformed("The log's key must be a plain Ed25519 key.")
    known = [verifier, *(NoteVerifier.parse(key) for key in witnesses)]
    note = fields.text(value["checkpoint"], 1 << 20, where="The proof's checkpoint")
    opened = open_checkpoint(note, known, origin=verifier.name, require=[verifier.name])
    path = [
        fields.hexadecimal(item, 32, where="A hash of the proof")
        for item in fields.listing(value["proof"], 0, 64, where="The proof's path")
    ]
    checkpoint = opened.checkpoint
    if not ledger.verify_inclusion(
        receipt.index, checkpoint.size, ledger.leaf_hash(leaf), path, checkpoint.root
    ):
        raise _not_proven("does not lead from the receipt's leaf to the checkpoint")
    try:
        cosigners = tuple(
            (name, datetime.fromtimestamp(seconds, UTC))
            for name, seconds in sorted(opened.cosignatures.items())
        )
    except (OverflowError, ValueError, OSError):
        raise _not_proven("has a cosignature with an impossible time") from None
    return CheckedProof(checkpoint=checkpoint, cosigners=cosigners)


def timestamp_of(data: bytes) -> bytes | None:
    """The RFC 3161 token that came with a proof, if one did; not verified."""
    value = jcs.loads(data, max_bytes=MAX_PROOF)
    token = value.get("timestamp") if isinstance(value, dict) else None
    if not isinstance(token, str):
        return None
    try:
        return base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("The proof's timestamp is not base64.") from None


def _require_leaf(leaf: bytes, receipt: CheckedReceipt) -> None:
    """The leaf is the receipt's entry, plain or behind its salt."""
    value = jcs.loads(leaf, canonical=True)
    at = value.get("at") if isinstance(value, dict) else None
    if not isinstance(at, str):
        raise _not_proven("holds no leaf")
    if receipt.salt is None:
        expected = ledger.plain_leaf(at, receipt.entry)
    else:
        expected = ledger.hidden_leaf(ledger.minute_of(at), receipt.salt, receipt.entry)
    if leaf != expected:
        raise _not_proven("is of a leaf that does not hold the receipt's entry")


def _not_proven(why: str) -> Refused:
    return Refused(f"The proof {why}.", code="not-proven")
