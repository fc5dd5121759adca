from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain import credit_code
from trading.domain.credit_code import ALPHABET, CreditCodeError

# GB 32100-2015, 5.3, works this one out: the weighted sum is 1640, 1640 mod 31 = 28, 31 - 28 = 3.
STANDARD = "91350100M000100Y43"

letters = st.sampled_from(ALPHABET)
bodies = st.builds(
    lambda head, region, tail: head + region + tail,
    st.text(letters, min_size=2, max_size=2),
    st.text(st.sampled_from("0123456789"), min_size=6, max_size=6),
    st.text(letters, min_size=9, max_size=9),
)


def test_example_of_the_standard_is_made_and_accepted():
    assert credit_code.make("91350100M000100Y4") == STANDARD
    assert credit_code.check(STANDARD) == STANDARD
    assert credit_code.is_valid(STANDARD) is True


def test_remainder_of_zero_gives_the_check_character_0():
    # Weights 1 and 3 in the first two places: 4 × 1 + 9 × 3 = 31, which leaves nothing.
    assert credit_code.make("49000000000000000") == "490000000000000000"


@pytest.mark.parametrize("code", [" 91350100m000100y43 ", "91350100M000100Y43\n"], ids=repr)
def test_code_is_brought_into_its_normal_form(code):
    assert credit_code.check(code) == STANDARD


@given(bodies)
def test_made_code_is_valid(body):
    code = credit_code.make(body)
    assert len(code) == 18
    assert credit_code.is_valid(code) is True


@given(bodies, st.integers(0, 17), letters)
def test_one_wrong_character_is_noticed(body, place, character):
    code = credit_code.make(body)
    wrong = code[:place] + character + code[place + 1 :]
    assert credit_code.is_valid(wrong) is (wrong == code)


@given(bodies, st.integers(8, 15))
def test_two_neighbours_in_the_wrong_order_are_noticed(body, place):
    code = credit_code.make(body)
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert credit_code.is_valid(wrong) is (wrong == code)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "0 characters"),
        ("91350100M000100Y4", "17 characters"),
        (STANDARD + "0", "19 characters"),
        ("91350100M000100Y4Z", "Character 18 is 'Z'"),
        ("91350100I000100Y43", "Character 9 is 'I'"),
        ("９1350100M000100Y43", "Character 1"),
        ("9135010٣M000100Y43", "Character 8"),
        ("91350100M000100 43", "Character 16"),
        ("91A50100M000100Y43", "region"),
        ("91350100M000100Y44", "check character"),
        (None, "text"),
        (913501000001000443, "text"),
        (b"91350100M000100Y43", "text"),
    ],
    ids=repr,
)
def test_bad_code_is_refused_and_says_which_part(code, words):
    with pytest.raises(CreditCodeError) as refusal:
        credit_code.check(code)
    assert words in refusal.value.message
    assert credit_code.is_valid(code) is False


@pytest.mark.parametrize("body", ["", STANDARD, "91350100M000100YO", "9135O100M000100Y4"])
def test_body_of_another_form_makes_no_code(body):
    with pytest.raises(CreditCodeError):
        credit_code.make(body)
