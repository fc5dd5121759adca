"""Flags for prices that look too low to be kept. A flag asks for a justification; it never
rejects and changes no score (财政部令第87号, article 60; Directive 2014/24/EU, article 69).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from bidding.domain.methods.values import Offers, Parameters, checked_offers, mean, rounded


@dataclass(frozen=True, slots=True)
class Flag:
    """Why one price is flagged: the threshold's name, the price and the bound it fell below
    (rounded to 2 decimals for display)."""

    name: str
    threshold: str
    price: Decimal
    bound: Decimal


def abnormally_low(
    offers: dict[str, Decimal], thresholds: Mapping[str, Decimal | str]
) -> tuple[Flag, ...]:
    """Flags in the order of offers and thresholds; a price exactly at a bound is not flagged.

    ``thresholds`` holds any of: ``under_mean``, flag below this share of the mean of all (0.5);
    ``below_others``, flag when lower than the mean of the others by more than this share (0.4);
    ``below_next``, flag the lowest when lower than the next by more than this share (0.3).
    Unknown thresholds, or shares not between 0 and 1, raise ``ScoringError`` by name.
    """
    prices = checked_offers(offers)
    reader = Parameters("abnormally_low", dict(thresholds))
    bounds = {
        name: function(prices, reader.number(name, above=0, below=1))
        for name, function in _BOUNDS.items()
        if name in thresholds
    }
    reader.done()
    return tuple(
        Flag(name, threshold, rounded(price, 2), rounded(bound[name], 2))
        for name, price in prices.items()
        for threshold, bound in bounds.items()
        if name in bound and price < bound[name]
    )


def _under_mean(prices: Offers, share: Fraction) -> dict[str, Fraction]:
    return dict.fromkeys(prices, mean(list(prices.values())) * share)


def _below_others(prices: Offers, share: Fraction) -> dict[str, Fraction]:
    if len(prices) < 2:
        return {}
    total = sum(prices.values(), Fraction(0))
    return {
        name: (total - price) / (len(prices) - 1) * (1 - share) for name, price in prices.items()
    }


def _below_next(prices: Offers, share: Fraction) -> dict[str, Fraction]:
    ordered = sorted(prices, key=lambda name: prices[name])
    if len(ordered) < 2:
        return {}
    return {ordered[0]: prices[ordered[1]] * (1 - share)}


_BOUNDS = {
    "under_mean": _under_mean,
    "below_others": _below_others,
    "below_next": _below_next,
}
