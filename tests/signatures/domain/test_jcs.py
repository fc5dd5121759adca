from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain import jcs
from signatures.domain.jcs import JcsError
from tests.vectors import load, named

VECTORS = load("jcs")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-jcs.MAX_INTEGER, jcs.MAX_INTEGER) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)


def _input(case):
    return bytes.fromhex(case["hex"]) if "hex" in case else case["json"]


@pytest.mark.parametrize("case", **named(VECTORS["valid"]))
def test_vector_has_its_canonical_form(case):
    data = jcs.dumps(jcs.loads(case["json"]))
    assert data.decode() == case["canonical"]
    assert hashlib.sha256(data).hexdigest() == case["sha256"]
    assert jcs.digest(jcs.loads(case["json"].encode())).hex() == case["sha256"]
    assert jcs.loads(data, canonical=True) == jcs.loads(case["json"])


@pytest.mark.parametrize("case", **named(VECTORS["invalid"]))
def test_vector_outside_the_rules_is_refused(case):
    with pytest.raises(JcsError):
        jcs.loads(_input(case))


@pytest.mark.parametrize("case", **named(VECTORS["not_canonical"]))
def test_vector_in_another_form_is_refused_where_the_form_counts(case):
    jcs.loads(case["json"])
    with pytest.raises(JcsError) as refusal:
        jcs.loads(case["json"], canonical=True)
    assert refusal.value.code == "not-canonical"


@given(values)
def test_reading_what_was_written_gives_the_value(value):
    assert jcs.loads(jcs.dumps(value), canonical=True) == value


@given(values)
def test_order_and_layout_of_the_input_do_not_matter(value):
    assert jcs.dumps(jcs.loads(json.dumps(value, indent=3))) == jcs.dumps(value)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_by_our_own_error(data):
    try:
        jcs.loads(data)
    except JcsError:
        return


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        Decimal("1.5"),
        b"bytes",
        {1: "a"},
        {None: 1},
        {"é": 1},
        {("a",): 1},
        "\ud800",
        {"\udfff": 1},
        {1, 2},
        object(),
        datetime(2026, 1, 1, tzinfo=UTC),
        [[[0.5]]],
    ],
    ids=lambda value: ascii(value).partition(" at 0x")[0],
)
def test_value_without_a_canonical_form_is_refused(value):
    with pytest.raises(JcsError):
        jcs.dumps(value)


def test_refusal_names_the_place():
    with pytest.raises(JcsError, match=r"\$\.bids\[1\]\.price is a float"):
        jcs.dumps({"bids": [{"price": "1"}, {"price": 1.5}]})


def test_enumerations_are_written_as_their_values():
    class Colour(StrEnum):
        RED = "red"

    class Level(IntEnum):
        HIGH = 3

    assert jcs.dumps([Colour.RED, Level.HIGH, (1,)]) == b'["red",3,[1]]'


def test_depth_is_bounded_when_writing():
    value: object = []
    for _ in range(64):
        value = [value]
    assert jcs.dumps(value) == b"[" * 65 + b"]" * 65
    with pytest.raises(JcsError):
        jcs.dumps([value])


def test_a_value_that_contains_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(JcsError):
        jcs.dumps(loop)


def test_size_is_bounded_when_reading():
    assert jcs.loads('"aaaa"', max_bytes=6) == "aaaa"
    with pytest.raises(JcsError, match="at most 6"):
        jcs.loads('"aaaaa"', max_bytes=6)
    with pytest.raises(JcsError, match="at most 6"):
        jcs.loads('"中文"'.encode(), max_bytes=6)


def test_size_is_bounded_when_writing(monkeypatch):
    monkeypatch.setattr(jcs, "MAX_BYTES", 6)
    assert jcs.dumps("aaaa") == b'"aaaa"'
    with pytest.raises(JcsError, match="at most 6"):
        jcs.dumps("aaaaa")


@pytest.mark.parametrize("data", [None, 1, ["[]"], bytearray(b"[]")], ids=repr)
def test_reading_from_anything_but_bytes_or_text_is_refused(data):
    with pytest.raises(JcsError):
        jcs.loads(data)


def test_timestamp_is_in_utc_with_microseconds():
    beijing = timezone(timedelta(hours=8))
    moment = datetime(2026, 3, 1, 7, 0, 0, 5, tzinfo=beijing)
    assert jcs.timestamp(moment) == "2026-02-28T23:00:00.000005Z"
    assert jcs.parse_timestamp("2026-02-28T23:00:00.000005Z") == moment


def test_timestamp_of_an_early_year_keeps_four_digits():
    assert jcs.timestamp(datetime(33, 4, 3, tzinfo=UTC)) == "0033-04-03T00:00:00.000000Z"


@pytest.mark.parametrize("moment", [datetime(2026, 1, 1), None, "2026-01-01"], ids=repr)
def test_timestamp_without_a_zone_is_refused(moment):
    with pytest.raises(JcsError):
        jcs.timestamp(moment)


@given(st.datetimes(timezones=st.just(UTC)))
def test_timestamp_is_read_back(moment):
    assert jcs.parse_timestamp(jcs.timestamp(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00.0000000Z",
        "2026-01-01T00:00:00.000000+00:00",
        "2026-01-01T00:00:00.000000z",
        "2026-01-01 00:00:00.000000Z",
        "2026-02-29T00:00:00.000000Z",
        "2026-01-01T24:00:00.000000Z",
        "2026-01-01T00:00:60.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "２０２６-01-01T00:00:00.000000Z",
        "2026-01-01T00:00:00.000000Z\n",
        "",
        None,
        20260101,
    ],
    ids=ascii,
)
def test_another_form_of_time_is_refused(text):
    with pytest.raises(JcsError):
        jcs.parse_timestamp(text)


@pytest.mark.parametrize("name", ["a", "e:1", "org.x_y-z", "a" * 160, "0"])
def test_name_of_the_alphabet_is_one(name):
    assert jcs.is_name(name) is True


@pytest.mark.parametrize("name", ["", "A", "a b", "é", "a\n", "a" * 161, "a/b", None, 1, b"a"])
def test_name_outside_the_alphabet_is_none(name):
    assert jcs.is_name(name) is False


def test_required_fields_are_returned():
    value = {"a": 1, "b": 2}
    assert jcs.require_fields(value, ["a"], optional=["b", "c"], where="It") is value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": 1, "x": 2}, "It has unknown fields: 'x'"),
        ({}, "It lacks the fields a"),
        ([], "It must be an object"),
        (None, "It must be an object"),
        ({"a": 1, 3: 1}, "It has unknown fields: 3"),
    ],
)
def test_wrong_fields_are_named(value, message):
    with pytest.raises(JcsError) as refusal:
        jcs.require_fields(value, ["a"], where="It")
    assert message in refusal.value.message
