"""What every method shares: strict parameters, checked offers, exact arithmetic, one rounding.

Formulas run over fractions, so nothing is lost on the way; ``rounded`` rounds half up once, at
the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, NoReturn

from signatures.domain.errors import Malformed
from signatures.domain.jcs import shown

#: Exact offers by name, all above zero.
Offers = Mapping[str, Fraction]

DEFAULT_PLACES = 2
MAX_PLACES = 12
#: Amounts and parameters stay below 10^18 with at most 12 decimals.
MAX_DIGITS = 18

_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


class ScoringError(Malformed):
    """An offer or a parameter that the method cannot take; the message names it."""

    default_code = "bad-scoring-input"


def exact(value: object) -> Fraction | None:
    """A Decimal, an integer or a decimal string (``"123.45"``) as an exact number; None for
    anything else, also for floats, booleans, NaN and numbers out of bounds."""
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            return None
        value = Decimal(value)
    elif type(value) is int:
        if abs(value) >= 10**MAX_DIGITS:
            return None
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    # The exponent is looked at first: a fraction of 1E+1000000 would fill the memory.
    if value and value.adjusted() >= MAX_DIGITS:
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -60 <= exponent <= MAX_DIGITS:
        return None
    number = Fraction(value)
    return number if (number * 10**MAX_PLACES).denominator == 1 else None


def rounded(number: Fraction, places: int) -> Decimal:
    """``number`` with ``places`` decimals, rounded half up (a half goes away from zero)."""
    scaled = abs(number) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    with localcontext() as context:
        context.prec = max(28, len(str(whole)) + 1)
        return Decimal(whole if number >= 0 else -whole).scaleb(-places)


def mean(numbers: list[Fraction]) -> Fraction:
    """The arithmetic mean of at least one number."""
    return sum(numbers, Fraction(0)) / len(numbers)


def checked_offers(offers: object) -> dict[str, Fraction]:
    """The offers as exact numbers; an offer that is zero, negative or no number is named."""
    if not isinstance(offers, dict) or not offers:
        raise ScoringError("There are no offers to score; give an object of name and amount.")
    found: dict[str, Fraction] = {}
    for name, value in offers.items():
        if not isinstance(name, str) or not name:
            raise ScoringError("Every offer needs a name.")
        amount = exact(value)
        if amount is None:
            raise ScoringError(
                f"The offer of {name} is not a number; write it as a decimal such as 123.45, below"
                f" 10^{MAX_DIGITS} and with at most {MAX_PLACES} decimals.",
                code="bad-offer",
            )
        if amount <= 0:
            raise ScoringError(f"The offer of {name} is not above zero.", code="bad-offer")
        found[name] = amount
    return found


class Parameters:
    """A method's parameters, each read once by name; ``done`` refuses those that nobody read."""

    def __init__(self, method: str, values: object) -> None:
        if not isinstance(values, dict):
            raise ScoringError(f"The parameters of {method} must be an object.")
        self._method = method
        self._values: dict[Any, Any] = values
        self._read: set[str] = set()

    def raw(self, name: str) -> Any:
        """The value as it was given."""
        self._read.add(name)
        if name not in self._values:
            raise ScoringError(f"{self._method} lacks the parameter {name}.", code="bad-parameter")
        return self._values[name]

    def number(
        self,
        name: str,
        *,
        least: int = 0,
        above: int | None = None,
        most: int | None = None,
        below: int | None = None,
    ) -> Fraction:
        """An exact number within the bounds; ``above`` and ``below`` exclude theirs."""
        value = exact(self.raw(name))
        if value is None:
            self.fail(name, "must be a decimal, written as text or as an integer")
        low = value >= least if above is None else value > above
        if not low or (most is not None and value > most) or (below is not None and value >= below):
            limits = [f"at least {least}" if above is None else f"above {above}"]
            limits += [f"at most {most}"] if most is not None else []
            limits += [f"below {below}"] if below is not None else []
            self.fail(name, f"must be {' and '.join(limits)}")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.raw(name)
        if type(value) is not bool:
            self.fail(name, "must be true or false")
        return value

    def of_offers(self, name: str, offers: Offers) -> dict[str, Any]:
        """An object with one value for exactly each offer."""
        value = self.raw(name)
        if not isinstance(value, dict):
            self.fail(name, "must be an object with a value for each offer")
        if set(value) != set(offers):
            wrong = ", ".join(sorted(shown(key) for key in set(value) ^ set(offers)))
            self.fail(name, f"must have a value for each offer and no other; see {wrong}")
        return value

    def places(self) -> int:
        """How many decimals the scores have: ``places``, 2 where it is not given."""
        self._read.add("places")
        places = self._values.get("places", DEFAULT_PLACES)
        if type(places) is not int or not 0 <= places <= MAX_PLACES:
            self.fail("places", f"must be an integer from 0 to {MAX_PLACES}")
        return places

    def done(self) -> None:
        """Every parameter that was given must have been read."""
        unknown = sorted(shown(name) for name in self._values if name not in self._read)
        if unknown:
            raise ScoringError(
                f"{self._method} has no parameter {', '.join(unknown)}.", code="bad-parameter"
            )

    def fail(self, name: str, what: str) -> NoReturn:
        """Refuse one parameter by name."""
        raise ScoringError(f"The parameter {name} of {self._method} {what}.", code="bad-parameter")
