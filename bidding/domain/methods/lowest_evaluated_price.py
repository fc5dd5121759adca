"""``lowest_evaluated_price``: pass or fail elsewhere, then ascending evaluated price P'.

中华人民共和国招标投标法, article 41(2). No parameters besides ``places``. The value is a rank, 1
for the lowest price; equal prices share a rank and the ranks after them are skipped (1, 1, 3).
The tie rule that the documents declare decides within a shared rank.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction

from bidding.domain.methods.values import Offers, Parameters


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Ranks from 1, lower is better."""
    ordered = sorted(offers.values())
    return {name: Fraction(1 + bisect_left(ordered, price)) for name, price in offers.items()}
