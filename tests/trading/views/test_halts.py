"""Lots that stand still or ended: why, by which article, and how far they came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from signatures.domain import guard
from tests.factories.floor import START
from tests.trading.pages import as_, text_of
from trading.domain.suspensions import Resume, Suspend, Terminate
from trading.enums import LotState
from trading.models import Lot

pytestmark = pytest.mark.django_db

REASON = "收到投诉，核查期间暂停招标活动。"


def page(house, language="en"):
    return text_of(as_(None, language).get(reverse("project", args=[house.lot.project.code])))


def test_suspended_lot_says_why_and_by_which_article(house):
    house.act(Suspend(lot=house.lot.pk, reason=REASON), by=house.buyer)
    text = page(house)
    assert REASON in text
    assert "TBR 22, 62" in text
    later = START + timedelta(days=1)
    house.act(Resume(lot=house.lot.pk, reason="已核查"), by=house.buyer, at=later)
    assert house.lot.halted_for == ""
    assert REASON not in page(house)


def test_terminated_lot_never_reached_what_lay_ahead(house):
    house.act(Terminate(lot=house.lot.pk, reason=REASON), by=house.buyer)
    assert house.lot.ended_at_stage == "DOCUMENTS"
    text = page(house)
    assert text.count("Completed") == 2
    assert text.count("Ended here") == 1
    assert text.count("Never reached") == 8


def test_archived_after_its_end_it_still_says_how_far_it_came(house):
    house.act(Terminate(lot=house.lot.pk, reason=REASON), by=house.buyer)
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=house.lot.pk).update(stage="ARCHIVED", state=LotState.ARCHIVED)
    text = page(house)
    assert text.count("Ended here") == 1
    assert text.count("Never reached") == 7
    assert "The tender ended without an award; its record is archived." in text
    assert REASON in text
