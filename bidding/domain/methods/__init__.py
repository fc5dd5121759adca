"""How prices become scores: versioned pure functions that anyone can run again.

The method's name and its parameters are hashed with the tender documents. All arithmetic is exact
and rounded half up once, at the end, to ``places`` decimals (2 unless the parameters say
otherwise). Offers are the evaluated prices P' of conforming bids (see ``adjustments``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from bidding.domain.methods import (
    benchmark_average,
    highest_price_share,
    lowest_evaluated_price,
    lowest_price_share,
    net_present_value,
    price_per_quality,
    stepwise_deviation,
)
from bidding.domain.methods.values import (
    Offers,
    Parameters,
    ScoringError,
    checked_offers,
    rounded,
)
from signatures.domain.jcs import shown

__all__ = ["METHODS", "Method", "ScoringError", "price_scores"]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to score; ``better`` says whether the higher or the lower value is the better bid,
    ``unit`` what the value is: points, a rank, or money."""

    name: str
    score: Callable[[Offers, Parameters], dict[str, Fraction]]
    better: Literal["higher", "lower"]
    unit: Literal["points", "rank", "money"]


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("lowest_price_share", lowest_price_share.score, "higher", "points"),
        Method("highest_price_share", highest_price_share.score, "higher", "points"),
        Method("lowest_evaluated_price", lowest_evaluated_price.score, "lower", "rank"),
        Method("benchmark_average", benchmark_average.score, "higher", "points"),
        Method("stepwise_deviation", stepwise_deviation.score, "higher", "points"),
        Method("price_per_quality", price_per_quality.score, "lower", "money"),
        Method("net_present_value", net_present_value.score, "higher", "money"),
    )
}


def price_scores(
    method: str, offers: dict[str, Decimal], parameters: dict[str, Any]
) -> dict[str, Decimal]:
    """The score of each offer under a method, in the offers' order, with ``places`` decimals.

    Offers are amounts above zero; parameters are decimal strings, Decimals or integers as the
    method's module says. ``ScoringError`` names an offer that is zero, negative or no number, a
    parameter that is unknown, missing or out of bounds, and a method that does not exist.
    """
    known = METHODS.get(method) if isinstance(method, str) else None
    if known is None:
        raise ScoringError(
            f"There is no scoring method {shown(method)}; there are {', '.join(METHODS)}.",
            code="unknown-method",
        )
    checked = checked_offers(offers)
    reader = Parameters(method, parameters)
    places = reader.places()
    scores = known.score(checked, reader)
    reader.done()
    return {name: rounded(scores[name], places) for name in checked}
