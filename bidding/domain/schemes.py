"""Whether a method of evaluation can be scored by, asked before anybody relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bidding.domain import auction_rules, scoring
from bidding.domain.methods import price_scores
from bidding.domain.methods.values import ScoringError, exact
from trading.domain import evaluations

#: Full marks of all parts together.
WHOLE = Decimal(100)
#: Prices with which a method is tried out; what they are decides nothing.
_TRIAL = {"a": Decimal(100), "b": Decimal(104), "c": Decimal(109)}


def judge(parameters: Mapping[str, Any]) -> None:
    """``ScoringError`` where the parameters do not read, or full marks are not 100 in all.

    A floor's format is no method of evaluation: nothing is scored, and it has its own judge.
    """
    if parameters.get("method") == auction_rules.METHOD:
        auction_rules.read(parameters)
        return
    scheme = scoring.read(parameters)
    for part in scheme.price:
        if scheme.method == scoring.COMPREHENSIVE:
            price_scores(part.method, dict(_TRIAL), part.parameters)
    if scheme.method != scoring.COMPREHENSIVE:
        return
    of_criteria = sum((each.full for each in scheme.criteria), Decimal(0))
    if of_criteria != WHOLE:
        raise ScoringError(
            f"The criteria's full marks add up to {of_criteria}, not to {WHOLE}.",
            code="criteria-do-not-add-up",
        )
    together = scheme.weight + sum((full_marks(part) for part in scheme.price), Decimal(0))
    if together != WHOLE:
        raise ScoringError(
            f"Technical and price parts add up to {together} points, not to {WHOLE}.",
            code="parts-do-not-add-up",
        )


def full_marks(part: scoring.PricePart) -> Decimal:
    """The most points that one price method gives."""
    name = "weight" if part.method == "lowest_price_share" else "full"
    value = exact(part.parameters[name])
    if value is None:
        raise ScoringError(f"{part.method} has no full marks.", code="bad-parameter")
    full = Decimal(value.numerator) / Decimal(value.denominator)
    return full * 100 if name == "weight" else full


def register() -> None:
    """Judge what tenderees state; called when the app is ready."""
    evaluations.register(judge)
