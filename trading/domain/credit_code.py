"""The unified social credit code of Chinese organisations (GB 32100-2015).

Eighteen characters: registration authority (1), kind of organisation (1), administrative region
(6 digits), organisation code (9, GB 11714), check character (1), over an alphabet of 31 without
I, O, S, V and Z.
"""

from __future__ import annotations

from signatures.domain.errors import Malformed

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18

# GB 32100-2015, 5.3: the weight of place i (from 1) is 3^(i-1) mod 31.
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_REGION = slice(2, 8)


class CreditCodeError(Malformed):
    """Not a unified social credit code; the message says which part is wrong."""

    default_code = "bad-credit-code"


def check(code: str) -> str:
    """The code in its normal form (upper case, outer spaces gone), if its check character fits.

    ``CreditCodeError`` says what to correct: the length, a character, the region, the check.
    """
    normal = _normal(code, LENGTH)
    expected = _check_character(normal[:-1])
    if normal[-1] != expected:
        raise CreditCodeError(
            f"The check character of {normal} does not fit; compare the code with the business"
            " licence character by character.",
            code="bad-check-character",
            rule="GB 32100-2015",
        )
    return normal


def is_valid(code: object) -> bool:
    """Whether ``check`` accepts the code. Never raises."""
    try:
        check(code)  # type: ignore[arg-type]
    except CreditCodeError:
        return False
    return True


def make(body: str) -> str:
    """The whole code from its first 17 characters."""
    normal = _normal(body, LENGTH - 1)
    return normal + _check_character(normal)


def _normal(code: str, length: int) -> str:
    if not isinstance(code, str):
        raise CreditCodeError("A unified social credit code is text.")
    normal = code.strip().upper()
    if len(normal) != length:
        raise CreditCodeError(
            f"This has {len(normal)} characters; a unified social credit code has {LENGTH}"
            + (", of which the first 17 are wanted here." if length < LENGTH else ".")
        )
    for place, character in enumerate(normal, start=1):
        if character not in _VALUES:
            raise CreditCodeError(
                f"Character {place} is {character!r}; codes use digits and capital letters"
                " without I, O, S, V and Z."
            )
    region = normal[_REGION]
    if not region.isdigit():
        raise CreditCodeError(f"Characters 3 to 8 are the region's six digits, not {region}.")
    return normal


def _check_character(body: str) -> str:
    total = sum(_VALUES[c] * weight for c, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]
