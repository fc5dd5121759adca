"""``benchmark_average``: nearness to a benchmark made from the trimmed mean of all prices.

J = mean after trimming; b = J × (1 - discount); score = full - 100 × n × |P - b| / b with
n = ``n_high`` above b and ``n_low`` at or below, never under 0. Parameters: ``full`` points;
``discount`` r from 0 to under 1; ``n_high`` and ``n_low``, points lost for each per cent;
``trim``, rows ``[up_to_n_bids, drop_lowest, drop_highest]`` in rising order, the last one open
(null). The first row whose number is not below the number of bids applies.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bidding.domain.methods.values import Offers, Parameters, mean


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Points from 0 to ``full``, higher is better."""
    full = parameters.number("full", above=0)
    discount = parameters.number("discount", below=1)
    n_high = parameters.number("n_high")
    n_low = parameters.number("n_low")
    benchmark = mean(_trimmed(offers, parameters)) * (1 - discount)
    return {
        name: max(
            Fraction(0),
            full
            - 100 * (n_high if price > benchmark else n_low) * abs(price - benchmark) / benchmark,
        )
        for name, price in offers.items()
    }


def _trimmed(offers: Offers, parameters: Parameters) -> list[Fraction]:
    rows = _rows(parameters)
    ordered = sorted(offers.values())
    lowest, highest = next(
        (low, high) for limit, low, high in rows if limit is None or len(ordered) <= limit
    )
    kept = ordered[lowest : len(ordered) - highest]
    if not kept:
        parameters.fail("trim", f"leaves nothing of {len(ordered)} bids")
    return kept


def _rows(parameters: Parameters) -> list[tuple[int | None, int, int]]:
    value = parameters.raw("trim")
    form = "must be rows [up_to_n_bids, drop_lowest, drop_highest], rising, the last open (null)"
    if not isinstance(value, list | tuple) or not value:
        parameters.fail("trim", form)
    rows: list[tuple[int | None, int, int]] = []
    before = 0
    for place, row in enumerate(value):
        last = place == len(value) - 1
        if not isinstance(row, list | tuple) or len(row) != 3:
            parameters.fail("trim", form)
        limit, lowest, highest = row
        if not _whole(lowest) or not _whole(highest):
            parameters.fail("trim", form)
        if last != (limit is None) or (not last and (not _whole(limit) or limit <= before)):
            parameters.fail("trim", form)
        before = limit or before
        rows.append((limit, lowest, highest))
    return rows


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0
