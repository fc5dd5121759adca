"""``net_present_value``: what an energy service contract leaves to the purchaser, in today's money.

Directive 2014/24/EU, article 68 (life-cycle cost), for energy performance contracts: the offer is
the payment P' that the contractor asks at the end of each year of its contract, and
NPV = Σ over the years t of (saving of year t - P' while the contract runs) / (1 + rate)^t.
Parameters: ``rate``, the yearly discount rate as a fraction from 0 to under 1; ``years``, the
length of each offer's contract in whole years; ``savings``, for each offer the saving of every
year of the common horizon (at most 60 years), each from 0.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bidding.domain.methods.values import Offers, Parameters, exact

MAX_YEARS = 60


def score(offers: Offers, parameters: Parameters) -> dict[str, Fraction]:
    """Amounts of today's money, higher is better; below zero where the payments exceed the gain."""
    rate = parameters.number("rate", below=1)
    years = parameters.of_offers("years", offers)
    savings = {
        name: _flows(name, flows, parameters)
        for name, flows in parameters.of_offers("savings", offers).items()
    }
    if len({len(flows) for flows in savings.values()}) != 1:
        parameters.fail("savings", "must cover the same years for every offer")
    scores: dict[str, Fraction] = {}
    for name, payment in offers.items():
        flows = savings[name]
        length = years[name]
        if type(length) is not int or not 1 <= length <= len(flows):
            parameters.fail("years", f"of {name} must be whole years within the savings' horizon")
        scores[name] = sum(
            (
                (saving - (payment if year <= length else 0)) / (1 + rate) ** year
                for year, saving in enumerate(flows, start=1)
            ),
            Fraction(0),
        )
    return scores


def _flows(name: str, value: Any, parameters: Parameters) -> list[Fraction]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_YEARS:
        parameters.fail("savings", f"of {name} must be a list of 1 to {MAX_YEARS} yearly amounts")
    flows: list[Fraction] = []
    for year, item in enumerate(value, start=1):
        amount = exact(item)
        if amount is None or amount < 0:
            parameters.fail("savings", f"of {name} in year {year} must be a decimal from 0")
        flows.append(amount)
    return flows
