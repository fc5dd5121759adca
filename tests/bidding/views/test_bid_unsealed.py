"""The page of a bid while nothing can be sealed yet."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.bidding.sealing import conftest as sealing
from tests.trading.pages import as_, text_of

pytestmark = pytest.mark.django_db

standing_unsealed, unsealed = sealing.standing_unsealed, sealing.unsealed


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "so nothing can be sealed. Come back when they are."),
        ("zh-hans", "暂时不能加密。公布后请再来。"),
    ],
)
def test_lot_without_a_policy_says_what_is_missing(unsealed, language, sentence):
    lot = unsealed.house.lot
    address = reverse("bid", args=[lot.project.code, lot.number])
    answer = as_(unsealed.tenderers[0].user, language).get(address)
    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert "data-seal-form" not in answer.content.decode()
    assert "bid.js" not in answer.content.decode()
