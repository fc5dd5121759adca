"""In the page, too, an envelope opens nowhere but in its own place, and no crafted one at all."""

from __future__ import annotations

import pytest

from tests.bidding.kit.swaps import OTHERS, PAIRS, SWAPS
from tests.bidding.kit.test_envelope_content import crafted_case
from tests.bidding.seal_js.test_envelope import refused
from tests.javascript import requires_node

pytestmark = requires_node


@pytest.mark.parametrize(("swap", "name"), PAIRS, ids=lambda each: getattr(each, "__name__", each))
def test_open_envelope_in_another_s_place_is_refused(page, tmp_path, swap, name):
    code, fault = refused(page, tmp_path, swap(OTHERS[name]))
    assert code in SWAPS[swap]
    assert fault == "tenderer"


@pytest.mark.parametrize("chosen", [(0, 1, 4), (0, 1, 2), (1, 2, 3), (0, 3, 4)])
def test_open_crafted_shares_revoke_whichever_come(page, tmp_path, chosen):
    """They combine with the tenderer's own share only, or not at all: the bid is revoked."""
    case, made = crafted_case()
    given = [made[index] for index in chosen]
    assert refused(page, tmp_path, case, given=given) == ("commitment-mismatch", "tenderer")
