"""The page of a site's visits, and its interface: read by all, written by who tenders."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from signatures.domain import clock, jcs
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import SiteVisit

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def house():
    made = floor.house()
    made.publish_notice()
    made.publish_documents()
    made.refresh()
    return made


@pytest.fixture
def now(house, settings):
    from tests.bidding.sealing.people import move_clock

    move_clock(floor.START + timedelta(minutes=5))
    return clock.now()


def path(house) -> str:
    return reverse("site-visits", args=[house.lot.project.code, house.lot.number])


def typed(now, **changes):
    at = (now + 3 * DAY + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    return {"do": "announce", "at": at, "place": "项目部门口", "note": "请佩戴安全帽", **changes}


@pytest.mark.parametrize("language", LANGUAGES)
def test_visit_is_announced_shown_to_all_and_called_off(house, now, language):
    page = as_(house.buyer, language)
    assert page.post(path(house), typed(now)).status_code == 302
    row = SiteVisit.objects.get()
    for viewer in (None, house.buyer, house.supervisor):
        assert "项目部门口" in text_of(as_(viewer, language).get(path(house)))
    lot = reverse("lot", args=[house.lot.project.code, house.lot.number])
    assert "项目部门口" in text_of(as_(None, language).get(lot))
    off = {"do": "call-off", "visit": str(row.pk), "reason": "现场积水"}
    assert page.post(path(house), off).status_code == 302
    assert "现场积水" in text_of(as_(None, language).get(path(house)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("at", ""), ("at", "yesterday"), ("at", "2020-01-01T09:00"), ("place", ""),
     ("place", "路" * 201), ("note", "注" * 1001)],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_mistake_stands_at_its_field_and_what_was_typed_is_kept(
    house, now, language, field, value
):
    answer = as_(house.buyer, language).post(path(house), typed(now, **{field: value}))
    assert answer.status_code == (400 if field != "at" or "2020" not in value else 409)
    assert f'id="visit_{field}_error"' in answer.content.decode()
    kept = "安全帽" if field != "note" else "项目部门口"
    assert kept in answer.content.decode()
    assert not SiteVisit.objects.exists()


def test_public_and_supervisor_are_given_no_form_and_write_nothing(house, now):
    for viewer in (None, house.supervisor):
        assert "data-kept" not in as_(viewer).get(path(house)).content.decode()
        assert as_(viewer).post(path(house), typed(now)).status_code == 403
    assert not SiteVisit.objects.exists()


@pytest.mark.parametrize("body", [{}, {"do": "nonsense"}, {"do": "call-off", "visit": "x"}])
def test_malformed_posts_do_nothing(house, now, body):
    answer = as_(house.buyer).post(path(house), body)
    assert answer.status_code in (400, 404)
    assert not SiteVisit.objects.exists()


def test_interface_lists_what_the_page_shows(house, now):
    as_(house.buyer).post(path(house), typed(now))
    (line,) = json.loads(as_(None).get(f"/api/v1/lots/{house.lot.pk}/site-visits").content)
    assert (line["place"], line["called_off_at"]) == ("项目部门口", None)
    assert jcs.parse_timestamp(line["at"]) == SiteVisit.objects.get().at
