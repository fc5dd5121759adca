from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.domain.methods import METHODS, ScoringError, price_scores
from bidding.domain.methods.adjustments import RULES, adjusted_price
from bidding.domain.methods.values import rounded
from tests.vectors import load, named

VECTORS = load("scores")

BENCHMARK = {
    "full": 100,
    "discount": "0.03",
    "n_high": 1,
    "n_low": "0.5",
    "trim": [[5, 0, 0], [6, 0, 1], [None, 1, 1]],
}
STEPWISE = {
    "full": 40,
    "above": 1,
    "below": "0.5",
    "max_above": 20,
    "max_below": 10,
    "benchmark": "mean",
    "whole_percent": False,
}
#: Methods and parameters that suit any offers.
POINTS = [
    ("lowest_price_share", {"weight": "0.3"}, Decimal(30)),
    ("highest_price_share", {"weight": "0.3"}, Decimal(30)),
    ("benchmark_average", BENCHMARK, Decimal(100)),
    ("stepwise_deviation", STEPWISE, Decimal(40)),
    ("stepwise_deviation", {**STEPWISE, "whole_percent": True}, Decimal(40)),
    ("stepwise_deviation", {**STEPWISE, "benchmark": "1000.50"}, Decimal(40)),
]

prices = st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2)
offers = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), prices, min_size=1)


# --- cases worked out by hand ---


@pytest.mark.parametrize("case", **named(VECTORS["valid"]))
def test_case_worked_out_by_hand_has_its_scores(case):
    given_offers = {name: Decimal(amount) for name, amount in case["offers"].items()}
    scores = price_scores(case["method"], given_offers, case["parameters"])
    assert {name: str(score) for name, score in scores.items()} == case["scores"]
    # Decimal strings, as in files, mean the same.
    assert price_scores(case["method"], case["offers"], case["parameters"]) == scores


@pytest.mark.parametrize("case", **named(VECTORS["invalid"]))
def test_bad_case_is_refused_by_name(case):
    with pytest.raises(ScoringError) as refusal:
        price_scores(case["method"], case["offers"], case["parameters"])
    assert case["names"] in refusal.value.message


def test_every_method_has_a_case():
    assert {case["method"] for case in VECTORS["valid"]} == set(METHODS)


# --- values that JSON cannot hold ---


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("-Infinity"),
        Decimal(0),
        Decimal("-0.00"),
        Decimal("-1"),
        Decimal("1E+1000000"),
        Decimal("1E-1000000"),
        Decimal("0E-99999"),
        1.5,
        float("nan"),
        b"5",
        10**18,
        2**90,
        object,
        "５",
        "1_000",
        "1" * 5000,
    ],
    ids=lambda amount: ascii(amount)[:20],
)
def test_offer_that_is_no_amount_is_refused_by_name(amount):
    with pytest.raises(ScoringError, match="offer of bidder-b"):
        price_scores("lowest_evaluated_price", {"bidder-a": Decimal(1), "bidder-b": amount}, {})


@pytest.mark.parametrize("weight", [0.3, Decimal("NaN"), True, b"1", [1], "0.3 ", "", "٠.٣"])
def test_parameter_that_is_no_decimal_is_refused_by_name(weight):
    with pytest.raises(ScoringError, match="weight"):
        price_scores("lowest_price_share", {"a": Decimal(1)}, {"weight": weight})


@pytest.mark.parametrize("bad", [None, [], "a", 1], ids=repr)
def test_anything_but_objects_is_refused(bad):
    with pytest.raises(ScoringError):
        price_scores("lowest_evaluated_price", bad, {})
    with pytest.raises(ScoringError):
        price_scores("lowest_evaluated_price", {"a": Decimal(1)}, bad)
    with pytest.raises(ScoringError):
        price_scores(bad, {"a": Decimal(1)}, {})


def test_decimals_integers_and_text_are_the_same_parameter():
    expected = {"a": Decimal("100.00"), "b": Decimal("50.00")}
    given_offers = {"a": Decimal(1), "b": Decimal(2)}
    for weight in (1, "1", "1.0", Decimal("1.00"), Decimal("1E0")):
        assert price_scores("lowest_price_share", given_offers, {"weight": weight}) == expected


# --- properties ---


@pytest.mark.parametrize(("method", "parameters", "full"), POINTS)
@given(given_offers=offers)
def test_points_stay_within_their_bounds(method, parameters, full, given_offers):
    scores = price_scores(method, given_offers, parameters)
    assert list(scores) == list(given_offers)
    for score in scores.values():
        assert 0 <= score <= full
        assert score.as_tuple().exponent == -2


@pytest.mark.parametrize(("method", "parameters", "full"), POINTS)
@given(given_offers=offers, random=st.randoms())
def test_order_of_offers_does_not_matter(method, parameters, full, given_offers, random):
    shuffled = list(given_offers.items())
    random.shuffle(shuffled)
    scores = price_scores(method, given_offers, parameters)
    assert price_scores(method, dict(shuffled), parameters) == scores


@pytest.mark.parametrize(("method", "parameters", "full"), POINTS)
@given(given_offers=offers)
def test_equal_prices_have_equal_scores(method, parameters, full, given_offers):
    scores = price_scores(method, given_offers, parameters)
    by_price = {}
    for name, price in given_offers.items():
        assert by_price.setdefault(price, scores[name]) == scores[name]


@given(offers)
def test_lower_price_never_has_the_smaller_share(given_offers):
    scores = price_scores("lowest_price_share", given_offers, {"weight": "0.3"})
    ordered = sorted(given_offers, key=given_offers.__getitem__)
    assert scores[ordered[0]] == Decimal(30)
    assert [scores[name] for name in ordered] == sorted(scores.values(), reverse=True)


@given(offers, st.integers(2, 50))
def test_share_does_not_depend_on_the_currency(given_offers, factor):
    scaled = {name: price * factor for name, price in given_offers.items()}
    parameters = {"weight": "0.3", "places": 6}
    assert price_scores("lowest_price_share", scaled, parameters) == price_scores(
        "lowest_price_share", given_offers, parameters
    )


@given(offers)
def test_rank_is_one_more_than_the_number_of_lower_prices(given_offers):
    ranks = price_scores("lowest_evaluated_price", given_offers, {"places": 0})
    for name, price in given_offers.items():
        assert ranks[name] == 1 + sum(other < price for other in given_offers.values())


@given(offers)
def test_nearer_to_the_benchmark_never_scores_less_on_its_side(given_offers):
    for method, parameters in (("benchmark_average", BENCHMARK), ("stepwise_deviation", STEPWISE)):
        scores = price_scores(method, given_offers, parameters)
        ordered = sorted(given_offers, key=given_offers.__getitem__)
        # Seen from the lowest price upwards the scores rise up to the benchmark and then fall.
        row = [scores[name] for name in ordered]
        falling = next((i for i, pair in enumerate(zip(row, row[1:])) if pair[1] < pair[0]), None)
        if falling is not None:
            assert row[: falling + 1] == sorted(row[: falling + 1])
            assert row[falling:] == sorted(row[falling:], reverse=True)


@given(offers, st.data())
def test_more_quality_never_raises_the_evaluated_price(given_offers, data):
    shares = st.decimals(0, Decimal("0.3"), places=3)
    quality = {name: data.draw(shares) for name in given_offers}
    parameters = {"max_quality": "0.3", "quality": quality, "places": 12}
    scores = price_scores("price_per_quality", given_offers, parameters)
    best = {**parameters, "quality": dict.fromkeys(given_offers, "0.3")}
    for name, price in given_offers.items():
        assert scores[name] <= price
        assert price_scores("price_per_quality", given_offers, best)[name] <= scores[name]


@given(offers, st.decimals(0, Decimal("0.5"), places=3), st.integers(1, 8))
def test_net_present_value_falls_as_the_payment_rises(given_offers, rate, horizon):
    parameters = {
        "rate": rate,
        "years": dict.fromkeys(given_offers, 1),
        "savings": dict.fromkeys(given_offers, [1000] * horizon),
    }
    scores = price_scores("net_present_value", given_offers, parameters)
    ordered = sorted(given_offers, key=given_offers.__getitem__)
    assert [scores[name] for name in ordered] == sorted(scores.values(), reverse=True)


@given(st.fractions(-(10**30), 10**30, max_denominator=10**12), st.integers(0, 12))
def test_rounding_is_within_half_a_unit_and_halves_go_away_from_zero(number, places):
    result = rounded(number, places)
    unit = Fraction(1, 10**places)
    error = Fraction(result) - number
    assert abs(error) <= unit / 2
    if abs(error) == unit / 2:
        assert (error > 0) is (number > 0)
    assert result.as_tuple().exponent == -places


# --- P -> P' ---


@pytest.mark.parametrize(
    ("price", "rates", "category", "expected"),
    [
        ("100", {}, "goods", "100.00"),
        ("100", {"small_or_micro": "0.10"}, "goods", "90.00"),
        ("1000", {"small_or_micro": "0.2"}, "services", "800.00"),
        ("1000", {"small_or_micro": "0.03"}, "works", "970.00"),
        ("1000", {"consortium_share": "0.06"}, "goods", "940.00"),
        ("1000", {"consortium_share": "0.01"}, "works", "990.00"),
        ("1000", {"domestic_product": "0.20"}, "goods", "800.00"),
        # Rates are added: 10 % and 20 % of 100.05 leave 70 % of it.
        ("100.05", {"small_or_micro": "0.1", "domestic_product": "0.2"}, "goods", "70.035"),
    ],
)
def test_adjusted_price_is_what_remains(price, rates, category, expected):
    assert str(adjusted_price(Decimal(price), rates, category=category)) == expected


@pytest.mark.parametrize(
    ("price", "rates", "category", "words"),
    [
        ("100", {"small_or_micro": "0.09"}, "goods", "from 0.10 to 0.20"),
        ("100", {"small_or_micro": "0.21"}, "goods", "from 0.10 to 0.20"),
        ("100", {"small_or_micro": "0.10"}, "works", "from 0.03 to 0.05"),
        ("100", {"consortium_share": "0.03"}, "services", "from 0.04 to 0.06"),
        ("100", {"domestic_product": "0.10"}, "goods", "domestic_product"),
        ("100", {"small_or_micro": "x"}, "goods", "small_or_micro"),
        ("100", {"friend": "0.1"}, "goods", "friend"),
        ("100", {"small_or_micro": "0.1"}, "land", "land"),
        ("100", {"small_or_micro": "0.1", "consortium_share": "0.05"}, "goods", "consortium"),
        ("0", {}, "goods", "above zero"),
        ("-1", {}, "goods", "above zero"),
        ("NaN", {}, "goods", "above zero"),
    ],
)
def test_adjustment_outside_the_rules_is_refused(price, rates, category, words):
    with pytest.raises(ScoringError, match=words):
        adjusted_price(Decimal(price), rates, category=category)


def test_rules_that_are_to_be_confirmed_are_marked():
    assert {name for name, rule in RULES.items() if not rule.confirmed} == {"domestic_product"}
