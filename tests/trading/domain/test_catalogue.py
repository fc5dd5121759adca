"""What must be traded here, and how: each rule at its amount and a fen below, and faulty files."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from trading.domain import catalogue, catalogue_file, procedure
from trading.domain.catalogue import Matter
from trading.domain.procedure_layers import FaultyProcedure

TEXT = catalogue.path().read_text(encoding="utf-8")
NAMED = {"number": "7", "authority": "财政局", "date": "2026-01-05"}
MILLION = Decimal(1_000_000)
FEN = Decimal("0.01")
INVITED = Matter(
    category="construction", procedure="construction-invited", object="works", funds="state",
    amount=4 * MILLION, ground="few-can",
)  # fmt: skip
SINGLE = Matter(
    category="procurement", procedure="procurement-single-source", object="goods", funds="state",
    amount=4 * MILLION, ground="one-source", approval={"file": {"title": "x"}},
)  # fmt: skip


def judge(matter):
    return catalogue.judge(catalogue.load(), matter)


def codes(matter):
    return {one.rule.name: one.code for one in judge(matter).blocking}


# --- amounts (Order 16, art. 5; GPL 27) --------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "what", "least"),
    [
        ("works-tendered", "works", 4 * MILLION),
        ("works-goods-tendered", "works-goods", 2 * MILLION),
        ("works-services-tendered", "works-services", MILLION),
    ],
)
def test_order_16_article_5_at_its_amount_and_a_fen_below(rule, what, least):
    bought = Matter(
        category="procurement", procedure="procurement", object=what, funds="state", amount=least
    )
    assert codes(bought) == {rule: "other-category"}
    assert codes(replace(bought, amount=least - FEN)) == {}
    assert codes(replace(bought, amount=None)) == {}
    assert codes(replace(bought, funds="other")) == {}
    for funds in ("foreign", "public"):
        assert codes(replace(bought, funds=funds)) == {rule: "other-category"}
    assert codes(replace(bought, category="construction", procedure="construction")) == {}


@pytest.mark.parametrize("bought", ["goods", "services"])
def test_gpl_27_at_the_open_tenders_amount_and_a_fen_below(bought):
    asked = Matter(
        category="procurement", procedure="procurement-negotiation", object=bought, funds="state",
        amount=4 * MILLION,
    )  # fmt: skip
    assert codes(asked) == {"procurement-open": "ground-missing"}
    below = judge(replace(asked, amount=4 * MILLION - FEN))
    assert below.blocking == ()
    assert [one.rule.name for one in below.warnings] == ["ground-named"]
    assert codes(replace(asked, procedure="procurement")) == {}


@pytest.mark.parametrize("what", ["land", "mineral", "property"])
def test_what_is_always_traded_here_is_so_at_any_amount(what):
    sold = Matter(category="procurement", procedure="procurement", object=what, funds="other")
    assert codes(sold) == {f"{what}-on-platform": "other-category"}
    own = next(name for name in procedure.names() if procedure.load(name).category == what)
    assert codes(replace(sold, category=what, procedure=own)) == {}


# --- grounds (TBR 8, GPL 29 to 32, M87 43) -----------------------------------------------------


@pytest.mark.parametrize(
    ("matter", "code"),
    [
        (replace(INVITED, ground=""), "ground-missing"),
        (replace(INVITED, ground="no-such"), "ground-missing"),
        (replace(INVITED, ground="one-source"), "ground-missing"),
        (replace(SINGLE, approval={}), "file-missing"),
        (replace(SINGLE, ground="few-suppliers"), "ground-missing"),
        (replace(SINGLE, ground="changed-method"), "nothing-failed"),
        (
            replace(SINGLE, procedure="procurement-invited", ground="few-suppliers"),
            "reference-missing",
        ),
        (
            replace(SINGLE, procedure="procurement-invited", ground="few-suppliers",
                    approval={**NAMED, "authority": " "}),
            "reference-missing",
        ),
        (
            replace(SINGLE, procedure="procurement-inquiry", object="services",
                    ground="uniform-goods", approval=NAMED),
            "other-object",
        ),
        (
            replace(SINGLE, procedure="procurement-consultation", ground="bought-services",
                    approval=NAMED),
            "other-object",
        ),
    ],
)
def test_restricted_procedure_without_what_its_ground_asks_for_blocks(matter, code):
    assert set(codes(matter).values()) == {code}


@pytest.mark.parametrize(
    ("matter", "approval"),
    [
        (INVITED, "platform"),
        (SINGLE, "platform"),
        (replace(SINGLE, ground="emergency", approval={}), "platform"),
        (replace(SINGLE, ground="changed-method", repeats=True), "platform"),
        (
            replace(SINGLE, procedure="procurement-inquiry", ground="changed-method", repeats=True),
            "platform",
        ),
        (
            replace(SINGLE, procedure="procurement-invited", ground="few-suppliers",
                    approval=NAMED),
            "reference",
        ),
        (replace(INVITED, amount=4 * MILLION - FEN), "none"),
        (replace(INVITED, funds="other"), "none"),
    ],
)
def test_who_approves_follows_from_ground_and_amount(matter, approval):
    judgement = judge(matter)
    assert (judgement.blocking, judgement.approval) == ((), approval)


def test_below_the_amount_a_missing_ground_warns_and_a_named_one_does_not():
    small = replace(INVITED, amount=4 * MILLION - FEN)
    assert judge(small).warnings == ()
    (warning,) = judge(replace(small, ground="")).warnings
    assert warning.rule.article == "TBR 8, GPL 26, M74 3"


@pytest.mark.parametrize("name", procedure.names())
def test_procedure_whose_bidders_are_chosen_has_its_grounds(name):
    rules = procedure.load(name)
    if rules.contracting.get("method") in ("limited", "direct"):
        assert catalogue.load().restricted(name)


# --- the file ----------------------------------------------------------------------------------


def faults(text):
    with pytest.raises(FaultyProcedure) as caught:
        catalogue_file.read(
            text, file="catalogue.toml", procedures=procedure.names(),
            categories=procedure.categories(),
        )
    return [str(one) for one in caught.value.faults]


def line_of(text, wanted):
    return next(n for n, line in enumerate(text.splitlines(), 1) if line == wanted)


def test_file_in_force_holds_together():
    assert catalogue.check() == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("least = 4000000", 'least = "4000000"', "least must be a whole number"),
        ("least = 4000000", "least = 0", "least is an amount above zero"),
        ('objects = ["works"]', 'objects = ["circus"]', "objects: there is no 'circus'"),
        ('objects = ["works"]', "objects = []", "objects must be a list of names"),
        ('categories = ["construction"]', 'categories = ["circus"]', "categories: there is no"),
        ('article = "N16 5"', 'article = "XYZ 5"', "'XYZ' is none of the sources"),
        ("effective = 2018-06-01\nconfirmed", 'effective = "2018"\nconfirmed', "a date"),
        ("mandatory = true", "mandatory = 1", "mandatory must be true or false"),
        ("mandatory = true", "mandatory = true\nmood = 3", "mood is unknown here"),
        ('approval = "platform"', 'approval = "maybe"', "approval must be one of"),
        ('procedures = ["construction-invited"]', 'procedures = ["circus"]', "there is no"),
        ('name = "works-goods-tendered"', 'name = "works-tendered"', "is there twice"),
        ('few-can = "Complex', 'few-could = "Complex', "few-can has no text in en"),
        ('version = "2026.1"', "", "version is missing"),
        ('version = "2026.1"', 'version = "2026.1"\nmood = 3', "mood is unknown here"),
    ],
)
def test_faulty_file_is_refused_with_its_line_and_reason(old, new, reason):
    assert old in TEXT
    found = faults(TEXT.replace(old, new, 1))
    (fault,) = [one for one in found if reason in one]
    assert fault.startswith("catalogue.toml:")


def test_fault_names_the_very_line():
    text = TEXT.replace("least = 2000000", "least = true", 1)
    assert faults(text) == [
        f"catalogue.toml:{line_of(text, 'least = true')}: least must be a whole number, not True"
    ]


def test_what_is_no_toml_is_refused():
    assert "not TOML" in faults("rules = [")[0]


def test_centres_own_catalogue_takes_the_place_of_the_houses(tmp_path, settings):
    folder = tmp_path / "catalogue"
    folder.mkdir()
    own = TEXT.replace("least = 4000000", "least = 9000000").replace("2026.1", "2026.1-east")
    (folder / "catalogue.toml").write_text(own, encoding="utf-8")
    settings.PROCEDURES = str(tmp_path)
    assert catalogue.load().version == "2026.1-east"
    assert codes(replace(INVITED, ground="")) == {}


def test_platforms_approval_for_a_procedure_that_has_no_such_step_stops_the_start(
    tmp_path, settings
):
    folder = tmp_path / "catalogue"
    folder.mkdir()
    own = TEXT.replace('approval = "reference"', 'approval = "platform"', 1)
    (folder / "catalogue.toml").write_text(own, encoding="utf-8")
    settings.PROCEDURES = str(tmp_path)
    (fault,) = catalogue.check()
    assert "procurement-invited" in fault
    assert "plan-approved" in fault
