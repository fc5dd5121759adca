"""A trustee's slot keys: made on its own device, published signed, kept encrypted.

``sunlit.trustee-key/1`` offers one X25519 public key a slot for one lot; the sealing policy then
takes them over. The private keys never leave the key store except in memory, and a token's
(``token_keys``) not even so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.kit import fields, vault, wraps
from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.header import SLOTS
from bidding.kit.policy import Policy, slot_keys
from bidding.kit.shares import Share
from bidding.kit.wraps import Head, SlotKey
from signatures.domain import jcs, statements

PURPOSE = "sunlit.trustee-key/1"
KIND = "trustee-keys"

_OFFER_FIELDS = ("project", "lot", "trustee", "rehearsal", "keys")
_STORE_FIELDS = ("origin", *_OFFER_FIELDS)


@dataclass(frozen=True, slots=True)
class KeyOffer:
    """The parsed ``sunlit.trustee-key/1``: public keys by slot (32 bytes each)."""

    origin: str
    at: datetime
    project: str
    lot: str
    trustee: str
    rehearsal: bool
    keys: Mapping[int, bytes]

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> KeyOffer:
        """Read a statement; ``Malformed`` for unknown fields or a degenerate key."""
        value = statements.parse(data, purpose=PURPOSE, origin=origin, fields=_OFFER_FIELDS)
        keys = slot_keys(value["keys"], where="The trustee's keys")
        for key in keys.values():
            wraps.public_key(key)
        fields.distinct(list(keys.values()), where="The list of slot keys")
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            project=fields.urn(value["project"], where="The project"),
            lot=fields.urn(value["lot"], where="The lot"),
            trustee=fields.urn(value["trustee"], where="The trustee"),
            rehearsal=fields.boolean(value["rehearsal"], where="rehearsal"),
            keys=keys,
        )


@dataclass(frozen=True, slots=True)
class SlotKeys:
    """A trustee's private keys for one lot, one a slot."""

    origin: str
    project: str
    lot: str
    trustee: str
    rehearsal: bool
    keys: Mapping[int, SlotKey] = field(repr=False)

    @classmethod
    def generate(
        cls,
        *,
        origin: str,
        project: str,
        lot: str,
        trustee: str,
        slots: Iterable[int],
        rehearsal: bool = False,
    ) -> SlotKeys:
        """Fresh keys for these slots."""
        wanted = require_slots(slots)
        return cls(
            origin=origin,
            project=fields.urn(project, where="The project"),
            lot=fields.urn(lot, where="The lot"),
            trustee=fields.urn(trustee, where="The trustee"),
            rehearsal=rehearsal,
            keys={slot: X25519PrivateKey.generate() for slot in wanted},
        )

    @property
    def public(self) -> dict[int, bytes]:
        """The public keys by slot, 32 bytes each."""
        return {slot: key.public_key().public_bytes_raw() for slot, key in self.keys.items()}

    def offer(self, *, at: datetime) -> bytes:
        """``sunlit.trustee-key/1`` over the public keys, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=at,
            project=self.project,
            lot=self.lot,
            trustee=self.trustee,
            rehearsal=self.rehearsal,
            keys={str(slot): key.hex() for slot, key in self.public.items()},
        )

    def index_in(self, policy: Policy) -> int:
        """Which trustee of the policy this is; refuses a policy that names other keys for it."""
        if (policy.origin, policy.lot, policy.rehearsal) != (self.origin, self.lot, self.rehearsal):
            raise Malformed("These keys were made for another lot, platform or rehearsal.")
        index = policy.index_of(self.trustee)
        if dict(policy.trustees[index - 1].keys) != self.public:
            raise Malformed(
                "The policy names other keys for this trustee than these. Do not accept it.",
                code="foreign-keys",
            )
        return index

    def unwrap(self, policy: Policy, head: Head) -> Share:
        """This trustee's share of an envelope; ``EnvelopeError`` ``wrap-bad`` is to be complained
        about (``release.complain``)."""
        index = self.index_in(policy)
        policy.require(head.header)
        key = self.keys.get(head.header.slot)
        if key is None:
            raise EnvelopeError(f"There is no key for slot {head.header.slot}.", code="no-key")
        return wraps.unwrap(head.header, head.wraps.trustees[index - 1], key)

    def save(self, path: Path, passphrase: str) -> None:
        """Write the key store, encrypted; an existing file is never overwritten."""
        private: dict[str, str] = {}
        for slot, key in self.keys.items():
            if not isinstance(key, X25519PrivateKey):
                raise Malformed("A key on a token cannot be written into a file.")
            private[str(slot)] = key.private_bytes_raw().hex()
        plain = jcs.dumps(
            {
                "origin": self.origin,
                "project": self.project,
                "lot": self.lot,
                "trustee": self.trustee,
                "rehearsal": self.rehearsal,
                "keys": private,
            }
        )
        vault.write_private(path, vault.lock(plain, passphrase, kind=KIND))

    @classmethod
    def load(cls, path: Path, passphrase: str) -> SlotKeys:
        """Read a key store; ``Malformed`` for a wrong passphrase or a damaged file."""
        value = jcs.require_fields(
            jcs.loads(vault.unlock(path.read_bytes(), passphrase, kind=KIND)),
            _STORE_FIELDS,
            where="The key store",
            error=Malformed,
        )
        private = slot_keys(value["keys"], where="The private keys")
        return cls.described(
            value,
            {slot: X25519PrivateKey.from_private_bytes(key) for slot, key in private.items()},
        )

    @classmethod
    def described(cls, value: Mapping[str, Any], keys: Mapping[int, SlotKey]) -> SlotKeys:
        """The keys of a store whose file says what they are for; ``Malformed`` for bad fields."""
        return cls(
            origin=fields.text(value["origin"], 255, where="The origin"),
            project=fields.urn(value["project"], where="The project"),
            lot=fields.urn(value["lot"], where="The lot"),
            trustee=fields.urn(value["trustee"], where="The trustee"),
            rehearsal=fields.boolean(value["rehearsal"], where="rehearsal"),
            keys=keys,
        )


def require_slots(slots: Iterable[int]) -> list[int]:
    """The slots in order, each once; ``Malformed`` unless they are some of 1 to 4."""
    wanted = sorted(set(slots))
    if not wanted or not set(wanted) <= set(SLOTS):
        raise Malformed("Slots are some of 1 to 4.")
    return wanted
