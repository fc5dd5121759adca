"""``highest_price_share``: where something is sold, the highest price gets all points.

Score = (P' / max P') × weight × 100 over conforming bids, without trimming (国土资源部令第39号，
article 14: the highest price, or the best bid on the whole). Parameters: ``weight``, a fraction
above 0 and up to 1.
"""

from __future__ import annotations

from fractions import Fraction

from bidding.domain.methods.values import Offers, Parameters


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Points, higher is better; the highest price has weight × 100."""
    full = parameters.number("weight", above=0, most=1) * 100
    highest = max(offers.values())
    return {name: price / highest * full for name, price in offers.items()}
