"""``price_per_quality``: the price divided by a feature denominator (MEAT).

Directive 2014/24/EU, article 67(2), as Prozorro applies it: evaluated price
= P' / (1 + q / (1 - m)), where q is the sum of the shares that the bid's features earn and m the
sum of the largest shares that could be earned. Parameters: ``max_quality`` m, from 0 to under 1;
``quality``, q of each offer by name, from 0 to m.
"""

from __future__ import annotations

from fractions import Fraction

from bidding.domain.methods.values import Offers, Parameters, exact


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Evaluated prices, lower is better; equal to P' for a bid without any feature."""
    largest = parameters.number("max_quality", below=1)
    quality = parameters.of_offers("quality", offers)
    scores: dict[str, Fraction] = {}
    for name, price in offers.items():
        earned = exact(quality[name])
        if earned is None or not 0 <= earned <= largest:
            parameters.fail("quality", f"of {name} must be a decimal from 0 to max_quality")
        scores[name] = price / (1 + earned / (1 - largest))
    return scores
