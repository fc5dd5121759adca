"""``stepwise_deviation``: points lost for each per cent away from a benchmark.

score = full - min(``above`` × d, ``max_above``) for a price d per cent over the benchmark, or
full - min(``below`` × d, ``max_below``) for one d per cent under it, never under 0. Parameters:
``full``; ``above``, ``below``, ``max_above``, ``max_below`` in points; ``benchmark``, ``"mean"``
(of all offers) or an amount; ``whole_percent``, true to count each per cent begun as a whole one,
false for pro rata.
"""

from __future__ import annotations

import math
from fractions import Fraction

from bidding.domain.methods.values import Offers, Parameters, mean


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Points from 0 to ``full``, higher is better."""
    full = parameters.number("full", above=0)
    above = parameters.number("above")
    below = parameters.number("below")
    max_above = parameters.number("max_above")
    max_below = parameters.number("max_below")
    whole_percent = parameters.flag("whole_percent")
    if parameters.raw("benchmark") == "mean":
        benchmark = mean(list(offers.values()))
    else:
        benchmark = parameters.number("benchmark", above=0)
    scores: dict[str, Fraction] = {}
    for name, price in offers.items():
        percent = abs(price - benchmark) / benchmark * 100
        if whole_percent:
            percent = Fraction(math.ceil(percent))
        if price > benchmark:
            lost = min(above * percent, max_above)
        else:
            lost = min(below * percent, max_below)
        scores[name] = max(Fraction(0), full - lost)
    return scores
