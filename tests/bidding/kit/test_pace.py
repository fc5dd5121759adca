"""How much one request of an upload brings, and the page's twin of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.kit.body import PART_SIZE as MIB
from bidding.kit.pace import Pace


def after(*steps: tuple) -> list[int]:
    """The parts after each step, of a pace that begins."""
    made, found = Pace(), []
    for name, *values in steps:
        getattr(made, name)(*values)
        found.append(made.parts)
    return found


def test_fast_line_gets_to_the_most_and_no_further():
    assert after(("took", 8 * MIB, 0.1), ("took", 32 * MIB, 0.1)) == [32, 32]


def test_line_of_one_mib_a_second_gets_two_seconds_of_it():
    assert after(("took", 8 * MIB, 8.0), ("took", 2 * MIB, 2.0)) == [2, 2]


def test_slow_line_gets_one_part_at_a_time_and_more_when_it_is_faster():
    assert after(
        ("took", 8 * MIB, 300.0), ("took", MIB, 40.0), ("took", MIB, 0.1), ("took", 4 * MIB, 0.1)
    ) == [1, 1, 4, 16]


def test_end_of_a_body_is_no_measure():
    assert after(("took", 3 * MIB + 17, 0.5), ("took", 17, 3.0)) == [8, 8]


def test_request_that_does_not_come_through_halves_the_next():
    assert after(*[("failed",)] * 5) == [4, 2, 1, 1, 1]


def test_what_was_too_much_is_not_tried_again():
    made = Pace()
    assert made.refused(8 * MIB)
    made.took(4 * MIB, 0.001)
    assert made.parts == 4


@pytest.mark.parametrize("size", [1, MIB - 1, MIB])
def test_one_part_that_is_too_much_leaves_nothing_to_try(size):
    assert not Pace().refused(size)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("took"), st.integers(1, 64 * MIB), st.floats(0, 1e6)),
            st.tuples(st.just("failed")),
            st.tuples(st.just("refused"), st.integers(1, 64 * MIB)),
        ),
        max_size=30,
    )
)
def test_request_is_never_empty_nor_more_than_the_platform_takes(steps):
    assert all(1 <= parts <= 32 for parts in after(*steps))
