"""What a tenderer's device remembers of a submission, so that it can be resumed after a crash.

The file holds what is public or registered anyway (heads, commitments, leaf hashes, the signed
statement), the manifests, the paths of the files, and the keys and salts **encrypted** under the
passphrase. The parts themselves are made again from the files when they are needed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidding.kit import body, envelope, fields, vault
from bidding.kit.bid import BidStatement
from bidding.kit.envelope import Sealed, Secret
from bidding.kit.errors import Malformed
from bidding.kit.manifest import MAX_FILES, MAX_MANIFEST, Manifest
from bidding.kit.plaintext import Plaintext
from bidding.kit.wraps import Head
from signatures.domain import jcs

FORMAT = "sunlit.submission/1"
KIND = "bid-secrets"
_ENVELOPE = ("slot", "head", "leaves", "preamble", "paths")


@dataclass(frozen=True, slots=True)
class EnvelopeState:
    """One sealed envelope: head, commitment and leaves, and what its plaintext is made of."""

    head: Head
    sealed: Sealed
    preamble: bytes
    paths: tuple[Path, ...]

    @property
    def manifest(self) -> Manifest:
        """The manifest inside the preamble."""
        length = int.from_bytes(self.preamble[:4], "big")
        if not 0 < length <= min(MAX_MANIFEST, len(self.preamble) - 4):
            raise Malformed("The stored manifest is damaged.")
        return Manifest.parse(self.preamble[4 : 4 + length])

    def plaintext(self, *, check: bool = False) -> Plaintext:
        """The plaintext as a source, from the files on this device; to be closed."""
        return Plaintext(self.preamble, self.manifest, self.paths, check=check)


@dataclass(frozen=True, slots=True)
class Submission:
    """A sealed and signed version of a bid, ready to be uploaded part by part."""

    statement: bytes
    signature: bytes
    envelopes: tuple[EnvelopeState, ...]
    locked: bytes

    @property
    def bid(self) -> BidStatement:
        """The parsed statement."""
        return BidStatement.parse(self.statement)

    def secrets(self, passphrase: str) -> dict[int, Secret]:
        """Keys and salts by slot; ``Malformed`` for a wrong passphrase."""
        value = jcs.loads(vault.unlock(self.locked, passphrase, kind=KIND))
        if not isinstance(value, dict):
            raise Malformed("The stored secrets are damaged.")
        return {int(slot): _secret(item) for slot, item in value.items()}

    def save(self, path: Path, *, replace: bool = False) -> None:
        """Write the state, whole or not at all."""
        data = jcs.dumps(
            {
                "format": FORMAT,
                "statement": self.statement.hex(),
                "signature": self.signature.hex(),
                "envelopes": [_envelope_json(each) for each in self.envelopes],
                "locked": self.locked.decode("ascii"),
            }
        )
        vault.write_private(path, data, replace=replace)

    @classmethod
    def load(cls, path: Path) -> Submission:
        """Read a state; ``Malformed`` when it is damaged."""
        value = jcs.require_fields(
            jcs.loads(path.read_bytes(), canonical=True),
            ("format", "statement", "signature", "envelopes", "locked"),
            where="The submission's state",
            error=Malformed,
        )
        if value["format"] != FORMAT:
            raise Malformed("The submission's state is of an unknown format.")
        statement = fields.hexadecimal(value["statement"], None, where="The statement")
        bid = BidStatement.parse(statement)
        listed = fields.listing(value["envelopes"], 1, 4, where="The envelopes")
        if len(listed) != len(bid.envelopes):
            raise Malformed("The state has not the envelopes of its statement.")
        locked = fields.text(value["locked"], 65_536, where="The secrets")
        return cls(
            statement=statement,
            signature=fields.hexadecimal(value["signature"], None, where="The signature"),
            envelopes=tuple(_envelope(item, bid) for item in listed),
            locked=locked.encode("utf-8"),
        )


def lock_secrets(secrets: Mapping[int, Secret], passphrase: str) -> bytes:
    """Keys and salts by slot, encrypted under the passphrase."""
    plain = {
        str(slot): {"key": each.key.hex(), "salt": each.salt.hex()}
        for slot, each in secrets.items()
    }
    return vault.lock(jcs.dumps(plain), passphrase, kind=KIND)


def check_content(state: EnvelopeState, secret: Secret) -> int:
    """Make the whole body again and compare it with the commitment; its size in bytes.

    Raises ``EnvelopeError`` ``content-changed`` when a file is no longer what was sealed.
    """
    total = 0
    with state.plaintext() as source:
        for part in envelope.parts(state.head, secret, state.sealed, source):
            total += len(part.data)
    return total


def new_bid() -> uuid.UUID:
    """A fresh id for a bid."""
    return uuid.uuid4()


def _envelope_json(state: EnvelopeState) -> dict[str, Any]:
    return {
        "slot": state.head.header.slot,
        "head": state.head.encode().hex(),
        "leaves": b"".join(state.sealed.leaves).hex(),
        "preamble": state.preamble.hex(),
        "paths": [str(path) for path in state.paths],
    }


def _envelope(value: Any, bid: BidStatement) -> EnvelopeState:
    item = jcs.require_fields(value, _ENVELOPE, where="An envelope", error=Malformed)
    slot = fields.integer(item["slot"], 1, 4, where="An envelope's slot")
    leaves = fields.hexadecimal(item["leaves"], None, where="The leaf hashes")
    commitment = bid.commitment(slot)
    sealed = Sealed(
        commitment=commitment,
        leaves=tuple(leaves[start : start + 32] for start in range(0, len(leaves), 32)),
    )
    commitment.check_leaves(sealed.leaves)
    head = Head.parse(fields.hexadecimal(item["head"], None, where="The head"))
    if head.digest != commitment.head or body.plaintext_size(commitment.size) is None:
        raise Malformed("The stored head is not the one that was signed.")
    return EnvelopeState(
        head=head,
        sealed=sealed,
        preamble=fields.hexadecimal(item["preamble"], None, where="The manifest"),
        paths=tuple(
            Path(fields.text(path, 4096, where="A path"))
            for path in fields.listing(item["paths"], 1, MAX_FILES, where="The paths")
        ),
    )


def _secret(value: Any) -> Secret:
    item = jcs.require_fields(value, ("key", "salt"), where="A secret", error=Malformed)
    return Secret(
        key=fields.hexadecimal(item["key"], body.KEY_SIZE, where="A key"),
        salt=fields.hexadecimal(item["salt"], body.SALT_SIZE, where="A salt"),
    )
