"""Price adjustments P -> P' by policy: what is deducted before prices are compared.

P' is used for scoring only; the contract is made at P. Rates lie within the bounds of the statute
and are fixed in the documents. Several adjustments of one bid are added before they are deducted;
the small-firm one excludes the one for a consortium (财库〔2020〕46号). The arithmetic of the
deduction for domestic products is to be confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from bidding.domain.methods.values import MAX_PLACES, ScoringError, exact, rounded
from signatures.domain.jcs import shown

Category = Literal["goods", "services", "works"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Bounds of a deduction, as fractions of P, by category; ``confirmed`` is False where the
    operator must still confirm it."""

    least: Mapping[str, Decimal]
    most: Mapping[str, Decimal]
    source: str
    confirmed: bool = True


def _rule(
    goods_services: tuple[str, str], works: tuple[str, str], source: str, *, confirmed: bool = True
) -> Rule:
    bounds = {"goods": goods_services, "services": goods_services, "works": works}
    return Rule(
        {category: Decimal(low) for category, (low, _) in bounds.items()},
        {category: Decimal(high) for category, (_, high) in bounds.items()},
        source,
        confirmed,
    )


RULES: dict[str, Rule] = {
    "small_or_micro": _rule(
        ("0.10", "0.20"), ("0.03", "0.05"), "财库〔2020〕46号 9; 财库〔2022〕19号"
    ),
    "consortium_share": _rule(
        ("0.04", "0.06"), ("0.01", "0.02"), "财库〔2020〕46号 9; 财库〔2022〕19号"
    ),
    "domestic_product": _rule(
        ("0.20", "0.20"), ("0.20", "0.20"), "国办发〔2025〕34号", confirmed=False
    ),
}


def adjusted_price(
    price: Decimal, rates: Mapping[str, Decimal | str], *, category: Category
) -> Decimal:
    """P' = P × (1 - sum of rates), with as many decimals as it needs, from 2 to 12.

    ``rates`` names rules of ``RULES`` and gives each its rate within the bounds for ``category``.
    ``ScoringError`` names a rule or rate that is not allowed.
    """
    amount = exact(price)
    if amount is None or amount <= 0:
        raise ScoringError("The price to adjust must be a number above zero.", code="bad-offer")
    if "small_or_micro" in rates and "consortium_share" in rates:
        raise ScoringError(
            "A small or micro firm gets no further deduction for a consortium's share.",
            rule="财库〔2020〕46号 9",
        )
    total = Fraction(0)
    for name, value in rates.items():
        total += _rate(name, value, category)
    evaluated = amount * (1 - total)
    needed = (p for p in range(2, MAX_PLACES) if (evaluated * 10**p).denominator == 1)
    return rounded(evaluated, next(needed, MAX_PLACES))


def _rate(name: str, value: Decimal | str, category: str) -> Fraction:
    rule = RULES.get(name)
    if rule is None:
        raise ScoringError(f"There is no adjustment {shown(name)}; there are {', '.join(RULES)}.")
    if category not in rule.least:
        raise ScoringError(f"{shown(category)} is no category; they are {', '.join(rule.least)}.")
    rate = exact(value)
    least, most = rule.least[category], rule.most[category]
    if rate is None or not Fraction(least) <= rate <= Fraction(most):
        raise ScoringError(
            f"The rate of {name} for {category} must be from {least} to {most}.", rule=rule.source
        )
    return rate
