"""An envelope opens nowhere but in its own place, whoever signs for it."""

from __future__ import annotations

import pytest

from bidding.kit.errors import EnvelopeError, Fault
from tests.bidding.kit.cases import a_case, refused
from tests.bidding.kit.swaps import OTHERS, PAIRS, SWAPS


@pytest.mark.parametrize(("swap", "name"), PAIRS, ids=lambda each: getattr(each, "__name__", each))
def test_open_envelope_in_another_s_place_is_refused(tmp_path, swap, name):
    case = swap(OTHERS[name])
    with pytest.raises(EnvelopeError) as caught:
        case.open(tmp_path)
    assert caught.value.code in SWAPS[swap]
    assert caught.value.fault is Fault.TENDERER
    assert not list(tmp_path.glob("opened-*"))


def test_open_shares_and_bodies_of_two_envelopes_are_refused(tmp_path):
    one, two = a_case(b"one"), a_case(b"two")
    with pytest.raises(EnvelopeError) as caught:
        one.open(tmp_path, given=two.shares[:3])
    assert caught.value.code == "too-few-shares"
    with pytest.raises(EnvelopeError) as caught:
        one.open(tmp_path, body=two.body)
    assert refused(caught) == ("body-not-committed", Fault.STORAGE)
    with pytest.raises(EnvelopeError) as caught:
        one.open(tmp_path, head=two.head)
    assert caught.value.code == "head-not-committed"
    assert not list(tmp_path.glob("opened-*"))
