"""Scores and ranking as pure functions, worked out by hand and by properties."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.domain import codes, scoring
from bidding.domain.methods.values import ScoringError
from demo.terms import COMPREHENSIVE

SCHEME = scoring.read(COMPREHENSIVE)
D = Decimal


def sheet(*rows):
    """``[plan, quality, team]`` for T01, T02 …"""
    return {
        f"T{number:02d}": dict(zip(("plan", "quality", "team"), map(D, row), strict=True))
        for number, row in enumerate(rows, start=1)
    }


# --- reading the method --------------------------------------------------------------------------


def test_parameters_of_the_tender_document_are_read():
    assert [each.id for each in SCHEME.criteria] == ["plan", "quality", "team"]
    assert SCHEME.weight == 60
    assert [part.method for part in SCHEME.price] == ["benchmark_average", "lowest_price_share"]
    assert SCHEME.tie == ("price", "technical")


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda p: p.update(method="dice"), "method"),
        (lambda p: p.pop("technical"), "technical"),
        (lambda p: p["technical"].update(weight=0), "weight"),
        (lambda p: p["technical"].update(weight=60.5), "weight"),
        (lambda p: p["technical"].update(weight="60.555"), "weight"),
        (lambda p: p["technical"].update(criteria=[]), "criteria"),
        (lambda p: p["technical"]["criteria"][0].update(id="方案"), "criteria[0]"),
        (lambda p: p["technical"]["criteria"][1].update(id="plan"), "criteria[1]"),
        (lambda p: p["technical"]["criteria"][2].update(full=-1), "full"),
        (lambda p: p["technical"]["criteria"][2].update(objective=1), "objective"),
        (lambda p: p["technical"].update(trim_from=2), "trim_from"),
        (lambda p: p.update(price=[]), "price"),
        (lambda p: p["price"][0].update(method="lowest_evaluated_price"), "price[0]"),
        (lambda p: p["price"][0].pop("parameters"), "price[0]"),
        (lambda p: p.update(tie=["coin"]), "tie"),
        (lambda p: p.update(tie=["price", "price"]), "tie"),
        (lambda p: p.update(places=7), "places"),
    ],
)
def test_a_method_that_is_not_right_is_refused_by_name(spoil, where):
    parameters = deepcopy(COMPREHENSIVE)
    spoil(parameters)
    with pytest.raises(ScoringError) as caught:
        scoring.read(parameters)
    assert where in caught.value.message


@pytest.mark.parametrize(
    ("criterion", "points", "code"),
    [
        ("plan", "40.01", "bad-points"),
        ("plan", "-0.01", "bad-points"),
        ("plan", "1.234", "bad-points"),
        ("plan", "NaN", "bad-points"),
        ("plan", "Infinity", "bad-points"),
        ("plan", "1e9999999", "bad-points"),
        ("plan", "1e-9999999", "bad-points"),
        ("nothing", "1", "no-criterion"),
    ],
)
def test_points_out_of_bounds_are_refused(criterion, points, code):
    with pytest.raises(ScoringError) as caught:
        scoring.check_points(SCHEME, criterion, D(points))
    assert caught.value.code == code


def test_points_have_two_decimals_and_no_sign_on_zero():
    found = [scoring.check_points(SCHEME, "plan", D(text)) for text in ("-0", "4", "39.5", "4E+1")]
    assert [str(each) for each in found] == ["0.00", "4.00", "39.50", "40.00"]


# --- technical points ----------------------------------------------------------------------------


def test_technical_points_are_the_mean_of_the_totals_scaled():
    sheets = [sheet((40, 35, 25)), sheet((20, 10, 5)), sheet(("33.33", 20, 20))]
    # (100 + 35 + 73.33) / 3 = 69.443..., times 60/100 = 41.666
    assert scoring.technical(SCHEME, ["T01"], sheets) == {"T01": D("41.67")}


def test_half_a_point_is_rounded_up():
    sheets = [sheet((10, 0, 0)), sheet(("10.35", 0, 0))]
    # mean 10.175 × 0.6 = 6.105
    assert scoring.technical(SCHEME, ["T01"], sheets) == {"T01": D("6.11")}


def test_trimming_leaves_out_the_highest_and_lowest_from_the_stated_size():
    parameters = deepcopy(COMPREHENSIVE)
    parameters["technical"]["trim_from"] = 5
    scheme = scoring.read(parameters)
    totals = [(0, 0, 0), (20, 0, 0), (25, 0, 0), (30, 0, 0), (40, 35, 25)]
    sheets = [sheet(row) for row in totals]
    assert scoring.technical(scheme, ["T01"], sheets) == {"T01": D("15.00")}
    assert scoring.technical(scheme, ["T01"], sheets[:4]) == {"T01": D("11.25")}


def test_a_sheet_with_a_hole_cannot_be_averaged():
    hole = {"T01": {"plan": D(1)}}
    with pytest.raises(ScoringError):
        scoring.technical(SCHEME, ["T01"], [hole])
    assert scoring.missing(SCHEME, ["T01"], hole) == [("T01", "quality"), ("T01", "team")]
    with pytest.raises(ScoringError):
        scoring.technical(SCHEME, ["T01"], [])


def test_objective_criteria_must_agree():
    parameters = deepcopy(COMPREHENSIVE)
    parameters["technical"]["criteria"][2]["objective"] = True
    scheme = scoring.read(parameters)
    one, other = sheet((1, 2, 3), (1, 2, 3)), sheet((9, 9, 3), (9, 9, 4))
    assert scoring.disagreements(scheme, ["T01", "T02"], [one, other]) == [("T02", "team")]
    assert scoring.disagreements(SCHEME, ["T01", "T02"], [one, other]) == []


# --- ranking -------------------------------------------------------------------------------------

OFFERS = {
    "T01": D("11200000.00"), "T02": D("10900000.00"),
    "T03": D("11550000.00"), "T04": D("10750000.00"),
}


def test_price_points_are_the_sum_of_the_published_methods():
    # J = 11,100,000, b = 0.98 J = 10,878,000; lowest price 10,750,000
    found = scoring.prices(SCHEME, OFFERS)
    # above b: 30 - 100 × (P - b) / b; at or below: 30 - 50 × (b - P) / b; plus 10 × min / P
    assert found == {
        "T01": D("27.04") + D("9.60"),
        "T02": D("29.80") + D("9.86"),
        "T03": D("23.82") + D("9.31"),
        "T04": D("29.41") + D("10.00"),
    }


def test_ranking_adds_technical_and_price_points():
    technical = {"T01": D("55.00"), "T02": D("50.00"), "T03": D("58.00"), "T04": D("40.00")}
    ranked = scoring.rank(SCHEME, technical, OFFERS)
    assert [(one.code, one.rank, one.score) for one in ranked] == [
        ("T01", 1, D("91.64")), ("T03", 2, D("91.13")), ("T02", 3, D("89.66")),
        ("T04", 4, D("79.41")),
    ]


def test_ties_go_by_the_declared_rules_then_by_the_codes():
    parameters = {"method": "lowest_price_share", "weight": "1", "places": 0}
    offers = {"T03": D("100.00"), "T01": D("100.20"), "T02": D("100.20")}
    technical = dict.fromkeys(offers, D(0))
    ranked = scoring.rank(scoring.read(parameters), technical, offers)
    assert [one.score for one in ranked] == [D(100), D(100), D(100)]
    assert [one.code for one in ranked] == ["T03", "T01", "T02"]


def test_lowest_evaluated_price_ranks_upwards():
    scheme = scoring.read({"method": "lowest_evaluated_price"})
    ranked = scoring.rank(scheme, dict.fromkeys(OFFERS, D(0)), OFFERS)
    assert [one.code for one in ranked] == ["T04", "T02", "T01", "T03"]


_points = st.decimals(min_value=0, max_value=25, places=2)
_sheets = st.lists(
    st.fixed_dictionaries(
        {
            code: st.fixed_dictionaries(dict.fromkeys(("plan", "quality", "team"), _points))
            for code in ("T01", "T02", "T03")
        }
    ),
    min_size=5,
    max_size=9,
)
_offers = st.fixed_dictionaries(
    {
        code: st.decimals(min_value=1, max_value=10**9, places=2)
        for code in ("T01", "T02", "T03")
    }
)


@given(_sheets)
def test_technical_points_do_not_depend_on_the_members_order(sheets):
    points = scoring.technical(SCHEME, ["T01", "T02", "T03"], sheets)
    assert scoring.technical(SCHEME, ["T01", "T02", "T03"], sheets[::-1]) == points
    for code, value in points.items():
        totals = [sum(map(Fraction, each[code].values())) for each in sheets]
        exact = sum(totals) / len(totals) * Fraction(60, 100)
        assert abs(Fraction(value) - exact) <= Fraction(1, 200)
        assert 0 <= value <= 60


@given(_sheets, _offers)
def test_ranking_is_whole_ordered_and_blind_to_order(sheets, offers):
    technical = scoring.technical(SCHEME, list(offers), sheets)
    ranked = scoring.rank(SCHEME, technical, offers)
    assert [one.rank for one in ranked] == [1, 2, 3]
    assert {one.code for one in ranked} == set(offers)
    scores = [one.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(one.score == one.technical + one.price_score for one in ranked)
    turned = dict(reversed(offers.items()))
    assert scoring.rank(SCHEME, technical, turned) == ranked


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.lists(st.uuids(), unique=True, max_size=120),
)
def test_codes_are_a_numbering_that_the_seed_alone_decides(seed, draw_seed, bids):
    found = codes.assign(seed, draw_seed, bids)
    assert sorted(found) == sorted(bids)
    assert list(found.values()) == [f"T{n:02d}" for n in range(1, len(bids) + 1)]
    assert codes.assign(seed, draw_seed, reversed(bids)) == found
    assert codes.commitment(seed) != codes.commitment(draw_seed) or seed == draw_seed


def test_where_something_is_sold_the_higher_price_breaks_a_tie():
    scheme = scoring.read(
        {
            "method": "comprehensive",
            "technical": {
                "weight": 50,
                "criteria": [{"id": "plan", "title": "方案", "title_en": "Plan", "full": 50}],
            },
            "price": [{"method": "highest_price_share", "parameters": {"weight": "0.50"}}],
            "tie": ["higher_price"],
        }
    )
    offers = {"T01": Decimal(50), "T02": Decimal(100)}
    ranked = scoring.rank(scheme, {"T01": Decimal("45"), "T02": Decimal("20")}, offers)
    assert [(one.code, str(one.score)) for one in ranked] == [("T02", "70.00"), ("T01", "70.00")]
    dearer = scoring.rank(scheme, {"T01": Decimal("45.01"), "T02": Decimal("20")}, offers)
    assert [one.code for one in dearer] == ["T01", "T02"]
