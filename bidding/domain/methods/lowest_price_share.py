"""``lowest_price_share``: the lowest price gets all points, the others their share of it.

Score = (min P' / P') × weight × 100 over conforming bids, without trimming (财政部令第87号，
article 55: the benchmark is the lowest price). Parameters: ``weight``, a fraction above 0 and up
to 1 (article 55: at least 0.30 for goods, 0.10 for services, which the procedure checks).
"""

from __future__ import annotations

from fractions import Fraction

from bidding.domain.methods.values import Offers, Parameters


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Points, higher is better; the lowest price has weight × 100."""
    full = parameters.number("weight", above=0, most=1) * 100
    lowest = min(offers.values())
    return {name: lowest / price * full for name, price in offers.items()}
