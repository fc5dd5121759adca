"""From score sheets and prices to a ranking: pure functions over the published parameters.

The parameters are the lot's own, hashed with the tender documents. ``comprehensive`` adds
technical points (the mean of the experts', scaled to ``weight``) and the points of one or more
price methods; any other method of ``bidding.domain.methods`` ranks by price alone.

Form of ``comprehensive``::

    {"method": "comprehensive",
     "technical": {"weight": 60, "criteria": [{"id", "title", "title_en", "full", "objective"?}],
                   "trim_from"?: 7},
     "price": [{"method", "parameters"}, …], "tie"?: ["price", "technical"], "places"?: 2}

A framework whose terms give priority to quality has an empty list of prices: its scores alone rank.
``trim_from``: from so many members on, each bid's highest and lowest total are left out. ``tie``
says what decides between equal scores, first rule first: ``price`` (lower), ``higher_price``,
``technical``, ``price_score`` (higher). What is still equal is decided by the order of the codes,
which a committed seed and the committee's draw have put in order (``bidding.domain.codes``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

from bidding.domain.methods import METHODS, price_scores
from bidding.domain.methods.values import DEFAULT_PLACES, ScoringError, exact, rounded
from signatures.domain import jcs
from trading.domain import framework
from trading.domain.evaluations import BESIDE

COMPREHENSIVE = "comprehensive"
TIES = ("price", "higher_price", "technical", "price_score")
#: Points of one member: at most two decimals.
POINT = Decimal("0.01")

#: One member's points: code -> criterion -> points.
Sheet = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is scored, from 0 to ``full``. ``objective``: all members must give the same."""

    id: str
    title: str
    title_en: str
    full: Decimal
    objective: bool = False


@dataclass(frozen=True, slots=True)
class PricePart:
    """One price method with its parameters; the points of all parts are added."""

    method: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The method of evaluation, read. ``weight`` is what full technical marks are worth."""

    method: str
    weight: Decimal
    criteria: tuple[Criterion, ...]
    price: tuple[PricePart, ...]
    tie: tuple[str, ...] = ("price", "technical")
    trim_from: int | None = None
    places: int = DEFAULT_PLACES

    @property
    def lower_is_better(self) -> bool:
        """Whether the smallest value wins: a rank or an evaluated cost."""
        return bool(self.price) and METHODS[self.price[0].method].better == "lower"

    def criterion(self, name: str) -> Criterion | None:
        """The criterion of that id."""
        return next((each for each in self.criteria if each.id == name), None)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One bid in the ranking; ``rank`` counts from 1."""

    code: str
    rank: int
    offer: Decimal
    technical: Decimal
    price_score: Decimal
    score: Decimal


def read(parameters: Mapping[str, Any]) -> Scheme:
    """The scheme; ``ScoringError`` names what is unknown, missing or out of bounds."""
    method = parameters.get("method")
    if method != COMPREHENSIVE:
        if method not in METHODS:
            _fail("method", f"must be {COMPREHENSIVE} or one of {', '.join(METHODS)}")
        rest = {
            name: value
            for name, value in parameters.items()
            if name not in ("method", "state_funds", "tie", *BESIDE)
        }
        return Scheme(
            method=str(method),
            weight=Decimal(0),
            criteria=(),
            price=(PricePart(str(method), rest),),
            tie=_tie(parameters.get("tie")),
        )
    technical = parameters.get("technical")
    if not isinstance(technical, Mapping):
        _fail("technical", "must hold weight and criteria")
    trim = technical.get("trim_from")
    if trim is not None and (type(trim) is not int or trim < 3):
        _fail("technical.trim_from", "must be a number of members from 3")
    places = parameters.get("places", DEFAULT_PLACES)
    if type(places) is not int or not 0 <= places <= 6:
        _fail("places", "must be a whole number from 0 to 6")
    return Scheme(
        method=COMPREHENSIVE,
        weight=_amount(technical.get("weight"), "technical.weight"),
        criteria=_criteria(technical.get("criteria")),
        price=() if _by_quality(parameters) else _price(parameters.get("price")),
        tie=_tie(parameters.get("tie")),
        trim_from=trim,
        places=places,
    )


def _criteria(value: object) -> tuple[Criterion, ...]:
    if not isinstance(value, list) or not value:
        _fail("technical.criteria", "must be a list of criteria")
    found: list[Criterion] = []
    for index, item in enumerate(value):
        where = f"technical.criteria[{index}]"
        if not isinstance(item, Mapping) or not jcs.is_name(item.get("id")):
            _fail(where, "must have an id of a-z, 0-9 and . : _ -")
        if item["id"] in {each.id for each in found}:
            _fail(where, f"repeats {item['id']}")
        if type(item.get("objective", False)) is not bool:
            _fail(f"{where}.objective", "must be true or false")
        found.append(
            Criterion(
                id=item["id"],
                title=str(item.get("title", item["id"])),
                title_en=str(item.get("title_en", "")),
                full=_amount(item.get("full"), f"{where}.full"),
                objective=item.get("objective", False),
            )
        )
    return tuple(found)


def _by_quality(parameters: Mapping[str, Any]) -> bool:
    """Whether the price has no points, as a framework's terms may have it (M110 25)."""
    terms = parameters.get(framework.FRAMEWORK)
    first = isinstance(terms, Mapping) and terms.get("priority") == framework.QUALITY
    return first and parameters.get("price") == []


def _price(value: object) -> tuple[PricePart, ...]:
    if not isinstance(value, list) or not value:
        _fail("price", "must be a list of methods with their parameters")
    parts = []
    for index, item in enumerate(value):
        where = f"price[{index}]"
        if not isinstance(item, Mapping) or item.get("method") not in METHODS:
            _fail(where, f"must name a method of {', '.join(METHODS)}")
        if METHODS[item["method"]].unit != "points":
            _fail(where, "gives no points, so it cannot be added to technical points")
        if not isinstance(item.get("parameters"), Mapping):
            _fail(where, "must hold the method's parameters")
        parts.append(PricePart(item["method"], dict(item["parameters"])))
    return tuple(parts)


def _tie(value: object) -> tuple[str, ...]:
    if value is None:
        return ("price", "technical")
    if not isinstance(value, list) or len(set(map(str, value))) != len(value):
        _fail("tie", "must be a list of rules, each once")
    for rule in value:
        if rule not in TIES:
            _fail("tie", f"must be made of {', '.join(TIES)}")
    return tuple(value)


def _amount(value: object, where: str) -> Decimal:
    number = exact(value)
    if number is None or number <= 0 or (number / Fraction(POINT)).denominator != 1:
        _fail(where, "must be an amount above zero with at most two decimals")
    return rounded(number, 2)


def _fail(where: str, what: str) -> NoReturn:
    raise ScoringError(f"In the method of evaluation, {where} {what}.")


# --- technical -----------------------------------------------------------------------------------


def check_points(scheme: Scheme, criterion: str, points: Decimal) -> Decimal:
    """The points with two decimals, or ``ScoringError`` where they are none of the criterion's."""
    known = scheme.criterion(criterion)
    if known is None:
        raise ScoringError(f"There is no criterion {jcs.shown(criterion)}.", code="no-criterion")
    inside = points.is_finite() and 0 <= points <= known.full
    if not inside or points.quantize(POINT) != points:
        raise ScoringError(
            f"Points for {criterion} are from 0 to {known.full} with at most two decimals.",
            code="bad-points",
        )
    return points.quantize(POINT) + 0  # never minus zero


def missing(scheme: Scheme, codes: Sequence[str], sheet: Sheet) -> list[tuple[str, str]]:
    """The cells of a sheet that have no points yet: ``(code, criterion)``."""
    return [
        (code, criterion.id)
        for code in codes
        for criterion in scheme.criteria
        if criterion.id not in sheet.get(code, {})
    ]


def disagreements(
    scheme: Scheme, codes: Sequence[str], sheets: Sequence[Sheet]
) -> list[tuple[str, str]]:
    """The cells of objective criteria in which the members differ: ``(code, criterion)``."""
    return [
        (code, criterion.id)
        for code in codes
        for criterion in scheme.criteria
        if criterion.objective and len({sheet[code][criterion.id] for sheet in sheets}) > 1
    ]


def technical(
    scheme: Scheme, codes: Sequence[str], sheets: Sequence[Sheet]
) -> dict[str, Decimal]:
    """Each bid's technical points: the mean of the members' totals, scaled to the weight.

    Rounded half up once, to the scheme's places.
    """
    if not scheme.criteria:
        return {code: rounded(Fraction(0), scheme.places) for code in codes}
    if not sheets:
        raise ScoringError("There are no score sheets.")
    full = sum((Fraction(each.full) for each in scheme.criteria), Fraction(0))
    scale = Fraction(scheme.weight) / full
    return {
        code: rounded(_mean(scheme, [_total(scheme, sheet, code) for sheet in sheets]) * scale,
                      scheme.places)
        for code in codes
    }


def _total(scheme: Scheme, sheet: Sheet, code: str) -> Fraction:
    try:
        points = [Fraction(sheet[code][each.id]) for each in scheme.criteria]
    except KeyError as absent:
        raise ScoringError(f"A score sheet has no points for {code}, {absent}.") from None
    return sum(points, Fraction(0))


def _mean(scheme: Scheme, totals: list[Fraction]) -> Fraction:
    if scheme.trim_from is not None and len(totals) >= max(3, scheme.trim_from):
        totals = sorted(totals)[1:-1]
    return sum(totals, Fraction(0)) / len(totals)


# --- price and ranking ---------------------------------------------------------------------------


def prices(scheme: Scheme, offers: dict[str, Decimal]) -> dict[str, Decimal]:
    """Each bid's value by the price methods: the sum of their points, or a rank or cost."""
    parts = [price_scores(part.method, offers, part.parameters) for part in scheme.price]
    return {code: sum((part[code] for part in parts), Decimal(0)) for code in offers}


def rank(
    scheme: Scheme, technical_points: Mapping[str, Decimal], offers: dict[str, Decimal]
) -> list[Ranked]:
    """The ranking, best first, of exactly the bids that have an offer.

    Raises ``ScoringError`` for an offer that a method cannot take.
    """
    value = prices(scheme, offers)
    total = {code: technical_points[code] + value[code] for code in offers}
    sign = 1 if scheme.lower_is_better else -1

    def key(code: str) -> tuple[Any, ...]:
        rules = {
            "price": offers[code],
            "higher_price": -offers[code],
            "technical": -technical_points[code],
            "price_score": sign * value[code],
        }
        return (sign * total[code], *(rules[rule] for rule in scheme.tie), code)

    return [
        Ranked(
            code=code,
            rank=place,
            offer=offers[code],
            technical=technical_points[code],
            price_score=value[code],
            score=total[code],
        )
        for place, code in enumerate(sorted(offers, key=key), start=1)
    ]
