"""Amounts for people, held to the rules of bills."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain.errors import Malformed
from trading.interfaces.money import MAXIMUM, capitals, grouped


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("105.60", "壹佰零伍元陆角整"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("81274300.50", "捌仟壹佰贰拾柒万肆仟叁佰元伍角整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("1000000000000", "壹万亿元整"),
        ("-3.2", "负叁元贰角整"),
        ("1.005", "壹元零壹分"),
    ],
)
def test_capitals_of_an_amount(amount, text):
    assert capitals(Decimal(amount)) == text


_VALUES = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def _whole(text):
    """A reader of its own: what a person who knows the characters reads."""
    total = section = digit = 0
    for character in text:
        if character in _VALUES:
            digit = _VALUES[character]
        elif character in _UNITS:
            section, digit = section + digit * _UNITS[character], 0
        elif character == "万":
            section, digit = (section + digit) * 10**4, 0
            total, section = total + section, 0
        else:
            total, section, digit = (total + section + digit) * 10**8, 0, 0
    return total + section + digit


@given(st.decimals(min_value=0, max_value=MAXIMUM, places=2))
def test_capitals_are_read_back_as_the_amount(amount):
    text = capitals(amount)
    yuan, jiao, fen = re.fullmatch(
        r"(?:(.+)元)?零?(?:(\w)角)?(?:(\w)分)?整?", text
    ).groups()
    read = Decimal(_whole(yuan or "")) + Decimal(_VALUES[jiao] if jiao else 0) / 10
    assert read + Decimal(_VALUES[fen] if fen else 0) / 100 == amount
    assert "零零" not in text


@given(st.decimals(min_value=-MAXIMUM, max_value=MAXIMUM, places=2))
def test_grouped_is_read_back_as_the_amount(amount):
    assert Decimal(grouped(amount).replace(",", "")) == amount


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e16", "-1e16"])
def test_what_is_no_amount_is_refused(amount):
    for function in (capitals, grouped):
        with pytest.raises(Malformed):
            function(Decimal(amount))
