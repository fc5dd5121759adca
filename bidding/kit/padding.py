"""Padmé padding: an envelope's size tells at most O(log log L) bits of its content's length.

Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
PoPETs 2019(4), section 4: the overhead is at most 12 per cent, falling as L grows.
"""

from __future__ import annotations

#: Everything shorter looks alike, in bytes.
MINIMUM = 65_536


def padme(length: int) -> int:
    """The Padmé size of ``length`` bytes: ``length`` rounded up so that few leading bits remain.

    e = floor(log2 L), s = floor(log2 e) + 1, m = 2^(e-s) - 1; (L + m) with the bits of m cleared.
    Lengths 0 and 1 stay as they are. ``ValueError`` for a negative length.
    """
    if length < 0:
        raise ValueError("A length is never negative.")
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1 if exponent.bit_length() < exponent else 0
    return (length + mask) & ~mask


def padded_size(length: int) -> int:
    """The size of an envelope's plaintext whose content has ``length`` bytes."""
    return max(MINIMUM, padme(length))
