"""H: the 92 bytes that say to whom an envelope belongs and how it opens (suite 1).

Layout, big-endian::

    magic 4 | suite u8 | k u8 | n u8 | slot u8 | P 32 | certificate 32 | bid 16 | version u32

``magic`` is ``TBX1``, or ``TBR1`` for a rehearsal; everything derived from H (share coefficients,
wraps, body) is bound to it, so an envelope cannot be moved to another tender, tenderer, slot,
version or from a rehearsal into the real thing.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass

from bidding.kit.errors import Malformed

HEADER_SIZE = 92
SUITE = 1
SLOTS = range(1, 5)
#: Trustees in a policy; the tenderer's share is index n+1 and must still fit one byte.
MAX_TRUSTEES = 16
MAX_VERSION = 2**32 - 1

_MAGIC = b"TBX1"
_REHEARSAL_MAGIC = b"TBR1"
_LAYOUT = struct.Struct(">4sBBBB32s32s16sI")


@dataclass(frozen=True, slots=True)
class Header:
    """The parsed H.

    ``k`` shares open, ``n`` counts trustees only (2 <= k <= n <= 16), ``slot`` is 1 to 4,
    ``policy`` is P = SHA-256(JCS(policy)), ``certificate`` SHA-256 of the tenderer's certificate
    in DER, ``version`` counts from 1. Values out of these bounds raise ``Malformed``.
    """

    k: int
    n: int
    slot: int
    policy: bytes
    certificate: bytes
    bid: uuid.UUID
    version: int
    rehearsal: bool = False
    suite: int = SUITE

    def __post_init__(self) -> None:
        if self.suite != SUITE:
            raise Malformed(
                f"The envelope uses suite {self.suite}; this kit knows suite {SUITE} only.",
                code="unknown-suite",
            )
        if not 2 <= self.k <= self.n <= MAX_TRUSTEES:
            raise Malformed(
                f"An envelope needs 2 <= k <= n <= {MAX_TRUSTEES}; this one has k={self.k},"
                f" n={self.n}.",
                code="bad-header",
            )
        if self.slot not in SLOTS:
            raise Malformed(f"There is no slot {self.slot}; slots are 1 to 4.", code="bad-header")
        if len(self.policy) != 32 or len(self.certificate) != 32:
            raise Malformed("Policy and certificate digests are 32 bytes.", code="bad-header")
        if not 1 <= self.version <= MAX_VERSION:
            raise Malformed(
                f"A bid's version counts from 1 to {MAX_VERSION}, not {self.version}.",
                code="bad-header",
            )

    @property
    def magic(self) -> bytes:
        """``TBX1``, or ``TBR1`` for a rehearsal; also the start of every info and context."""
        return _REHEARSAL_MAGIC if self.rehearsal else _MAGIC

    @property
    def tenderer_index(self) -> int:
        """The index of the tenderer's own share: n + 1."""
        return self.n + 1

    def encode(self) -> bytes:
        """H, 92 bytes."""
        return _LAYOUT.pack(
            self.magic,
            self.suite,
            self.k,
            self.n,
            self.slot,
            self.policy,
            self.certificate,
            self.bid.bytes,
            self.version,
        )

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Read H; ``Malformed`` for another length, magic, suite or value out of bounds."""
        if len(data) != HEADER_SIZE:
            raise Malformed(
                f"An envelope's header has {HEADER_SIZE} bytes, not {len(data)}.",
                code="bad-header",
            )
        magic, suite, k, n, slot, policy, certificate, bid, version = _LAYOUT.unpack(data)
        if magic not in (_MAGIC, _REHEARSAL_MAGIC):
            raise Malformed("This is no sealed envelope: it starts differently.", code="bad-magic")
        return cls(
            k=k,
            n=n,
            slot=slot,
            policy=policy,
            certificate=certificate,
            bid=uuid.UUID(bytes=bid),
            version=version,
            rehearsal=magic == _REHEARSAL_MAGIC,
            suite=suite,
        )
