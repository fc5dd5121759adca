"""Shamir's secret sharing of an envelope's key, bytewise over GF(2^8) modulo 0x11B.

f(0) = K; coefficient j (1..k-1) = HMAC-SHA256(K, "TBX1 coefficient" ‖ H ‖ j). Because the
polynomial follows from K, whoever recombines K derives every share again and compares it with its
commitment: shares crafted so that only some of them combine are found out (``mismatches``).

Multiplication goes through look-up tables, so it is not constant in time; shares are only handled
on their holder's device and, after the opening, on the server.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bidding.kit.errors import EnvelopeError, Malformed
from bidding.kit.header import Header

KEY_SIZE = 32
SHARE_SIZE = 33
COMMITMENT_SIZE = 32


@dataclass(frozen=True, slots=True)
class Share:
    """One point of the polynomial: ``value`` = f(``index``), 32 bytes, index 1 to 255."""

    index: int
    value: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.index <= 255 or len(self.value) != KEY_SIZE:
            raise Malformed("A share is 32 bytes with an index from 1 to 255.", code="bad-share")

    def __repr__(self) -> str:
        return f"Share(index={self.index}, value=<secret>)"

    def encode(self) -> bytes:
        """f(i) ‖ i, 33 bytes: the form that pyshamir and shamir-secret-sharing combine."""
        return self.value + bytes([self.index])

    @classmethod
    def parse(cls, data: bytes) -> Share:
        """Read f(i) ‖ i; ``Malformed`` for another length or index 0."""
        if len(data) != SHARE_SIZE:
            raise Malformed(f"A share has {SHARE_SIZE} bytes, not {len(data)}.", code="bad-share")
        return cls(index=data[-1], value=bytes(data[:-1]))


def split(key: bytes, header: Header) -> tuple[Share, ...]:
    """All n+1 shares of ``key`` (32 bytes): trustees 1..n, then the tenderer's own."""
    polynomial = _polynomial(key, header)
    return tuple(
        Share(index=index, value=_evaluate(polynomial, index))
        for index in range(1, header.tenderer_index + 1)
    )


def combine(shares: Iterable[Share], k: int) -> bytes:
    """f(0) from the first ``k`` of the shares, which must have distinct indices.

    Raises ``EnvelopeError`` ``too-few-shares`` or ``duplicate-share``. Says nothing about whether
    the result is K; that is what ``mismatches`` is for.
    """
    chosen = list(shares)[:k]
    indices = [share.index for share in chosen]
    if len(chosen) < k:
        raise EnvelopeError(
            f"{k} shares are needed and {len(chosen)} are there.", code="too-few-shares"
        )
    if len(set(indices)) != len(indices):
        raise EnvelopeError("The same share was given twice.", code="duplicate-share")
    secret = 0
    for share in chosen:
        weight = 1
        for other in indices:
            if other != share.index:
                weight = _multiply(weight, _divide(other, other ^ share.index))
        secret ^= int.from_bytes(share.value.translate(_TIMES[weight]), "big")
    return secret.to_bytes(KEY_SIZE, "big")


def commitment(share: Share) -> bytes:
    """SHA-256("TBX1 share" ‖ index ‖ share), where share is the 33 bytes f(i) ‖ i."""
    return hashlib.sha256(b"TBX1 share" + bytes([share.index]) + share.encode()).digest()


def is_committed(share: Share, commitment_: bytes) -> bool:
    """Whether this is the share that the commitment fixes."""
    return hmac.compare_digest(commitment(share), commitment_)


def mismatches(key: bytes, header: Header, commitments: Sequence[bytes]) -> tuple[int, ...]:
    """Indices 1..n+1 whose commitment is not that of the share derived from ``key``.

    ``commitments`` are those of trustees 1..n in order, then the tenderer's (T). Anything but an
    empty result revokes the bid: the tenderer did not share its key as the suite says.
    """
    if len(commitments) != header.tenderer_index:
        raise Malformed("There must be one commitment a share.", code="bad-wraps")
    derived = split(key, header)
    return tuple(
        share.index
        for share, expected in zip(derived, commitments, strict=True)
        if not is_committed(share, expected)
    )


def _polynomial(key: bytes, header: Header) -> list[bytes]:
    if len(key) != KEY_SIZE:
        raise Malformed(f"An envelope's key has {KEY_SIZE} bytes.", code="bad-key")
    encoded = header.encode()
    return [key] + [
        hmac.digest(key, b"TBX1 coefficient" + encoded + bytes([j]), "sha256")
        for j in range(1, header.k)
    ]


def _evaluate(polynomial: Sequence[bytes], x: int) -> bytes:
    """Horner's rule on all 32 bytes at once."""
    times_x = _TIMES[x]
    value = bytes(KEY_SIZE)
    for coefficient in reversed(polynomial):
        shifted = int.from_bytes(value.translate(times_x), "big")
        value = (shifted ^ int.from_bytes(coefficient, "big")).to_bytes(KEY_SIZE, "big")
    return value


def _tables() -> tuple[list[int], list[int], list[bytes]]:
    """Powers and logarithms to the base 3 (a generator), and one row of products a factor."""
    powers, logarithms = [0] * 510, [0] * 256
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        doubled = value << 1
        value ^= doubled ^ (0x11B if doubled & 0x100 else 0)
    rows = [bytes(256)] + [
        bytes([0] + [powers[logarithms[a] + logarithms[b]] for b in range(1, 256)])
        for a in range(1, 256)
    ]
    return powers, logarithms, rows


_POWERS, _LOGARITHMS, _TIMES = _tables()


def _multiply(a: int, b: int) -> int:
    return _TIMES[a][b]


def _divide(a: int, b: int) -> int:
    return _POWERS[_LOGARITHMS[a] + 255 - _LOGARITHMS[b]] if a else 0
