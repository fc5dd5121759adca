"""Open contracting data over the interface: files of one lot, feeds of all, for anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from signatures.domain import guard
from tests.factories import floor
from tests.trading.api.calls import Program, problem
from tests.trading.ocds import schemas, stages
from tests.trading.pages import as_, move_clock
from trading.domain.suspensions import Resume, Suspend
from trading.models import Lot, Organisation
from trading.ocds import feed, ids, package

pytestmark = pytest.mark.django_db
MANY = 30


@pytest.fixture
def later(db) -> None:
    move_clock(stages.LATER)


def get(path: str, person=None):
    answer = Program(person).get(f"/ocds{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def pages(path: str) -> list[dict]:
    """Every page of a feed, each checked by the schema."""
    found = [get(path)]
    while "links" in found[-1]:
        found.append(get(found[-1]["links"]["next"].partition("/ocds")[2]))
    for one in found:
        schemas.check(one)
    return found


def test_files_of_one_lot(later):
    house = stages.contracted()
    name = ids.ocid(house.lot)
    whole, records = get(f"/releases/{name}"), get(f"/records/{name}")
    schemas.check(whole)
    schemas.check(records)
    assert {one["ocid"] for one in whole["releases"]} == {name}
    assert records["records"][0]["releases"] == whole["releases"][::-1]
    assert whole["uri"].endswith(f"/api/v1/ocds/releases/{name}")
    assert whole["publishedDate"] == whole["releases"][0]["date"]
    assert whole["version"] == "1.1"


def test_publisher_is_the_centre(later):
    house = stages.notice()
    centre = Organisation.objects.get(name="公共资源交易中心")
    made = get(f"/releases/{ids.ocid(house.lot)}")
    assert made["publisher"]["name"] == centre.name
    assert (made["publisher"]["scheme"], made["publisher"]["uid"]) == (
        "CN-USCI", centre.credit_code,
    )
    assert made["license"].startswith("https://")
    assert made["extensions"] == list(package.EXTENSIONS)


@pytest.mark.parametrize("kind", ["releases", "records"])
def test_lot_that_is_not_published_is_not_served(later, kind):
    draft = floor.house()
    for person in (None, draft.buyer, draft.supervisor, draft.operator):
        program = Program(person)
        answer = program.get(f"/ocds/{kind}/{ids.ocid(draft.lot)}")
        problem(answer, 404, "no-such-ocid")
        problem(program.get(f"/ocds/{kind}"), 404, "nothing-published")
    shown = stages.notice()
    (page,) = pages(f"/{kind}")
    assert {one["ocid"] for one in page[kind]} == {ids.ocid(shown.lot)}


@pytest.mark.parametrize("kind", ["releases", "records"])
def test_lot_that_will_be_published_is_not_served(later, kind):
    house = stages.documents()
    move_clock(floor.START - timedelta(minutes=1))
    problem(Program().get(f"/ocds/{kind}/{ids.ocid(house.lot)}"), 404, "no-such-ocid")
    problem(Program().get(f"/ocds/{kind}"), 404, "nothing-published")


@pytest.mark.parametrize("kind", ["releases", "records"])
@pytest.mark.parametrize("name", ["ocds-sunlit-GC-1999-0001-1", "ocds-other-1", "x"])
def test_ocid_of_nothing_is_not_found(later, kind, name):
    problem(Program().get(f"/ocds/{kind}/{name}"), 404, "no-such-ocid")


@pytest.mark.parametrize("kind", ["releases", "records"])
def test_damaged_cursor_is_refused(later, kind):
    stages.notice()
    problem(Program().get(f"/ocds/{kind}?after=x"), 400, "bad-cursor")


def test_everybody_gets_the_same(later):
    house = stages.fetched()
    path = f"/records/{ids.ocid(house.lot)}"
    assert all(
        get(path, person) == get(path)
        for person in (house.buyer, house.bidder, house.supervisor, house.operator)
    )


def test_feed_has_every_release_once_newest_first(later):
    houses = [made() for made, _tags in stages.STAGES.values()]
    wanted = {
        one["id"]
        for house in houses
        for one in get(f"/releases/{ids.ocid(house.lot)}")["releases"]
    }
    for size in (1, 2, 7, 30, 100):
        found, after = [], ""
        while after is not None:
            page = feed.all_releases(after=after, size=size)
            assert 1 <= len(page.items) <= size
            found += page.items
            after = page.next
        places = [(one.at, one.key) for one in found]
        assert places == sorted(places, reverse=True)
        assert len(found) == len(wanted)
        assert {one.body["id"] for one in found} == wanted


def test_feeds_over_pages_are_valid(later):
    for _ in range(MANY + 2):
        stages.documents()
    releases = pages("/releases")
    assert [len(one["releases"]) for one in releases] == [30, 30, 4]
    assert [len(one["records"]) for one in pages("/records")] == [30, 2]
    dates = [one["date"] for page in releases for one in page["releases"]]
    assert dates == sorted(dates, reverse=True)


def test_many_lots_that_fail_at_the_same_deadline_are_all_told(later):
    wanted = {ids.ocid(stages.failed().lot) for _ in range(9)}
    found, after = [], ""
    while after is not None:
        page = feed.all_releases(after=after, size=2)
        found += page.items
        after = page.next
    assert len(found) == 3 * 9
    ended = [
        one.body["ocid"] for one in found if one.body["tender"].get("status") == "unsuccessful"
    ]
    assert sorted(ended) == sorted(wanted)


def queries(path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        get(path)
    return len(captured)


@pytest.mark.parametrize("kind", ["releases", "records"])
def test_feeds_cost_the_same_with_many_lots(later, kind):
    def made() -> None:
        house = stages.resumed()
        stages.shown(
            house.lot, "opening-record", stages.LATER - timedelta(days=1),
            facts={"tenderers": [house.tenderer.urn]},
        )

    made()
    get(f"/{kind}")  # what is read once a process is read now
    one = queries(f"/{kind}")
    for _ in range(MANY - 1):
        made()
    assert queries(f"/{kind}") == one


def test_record_costs_the_same_however_much_happened(later):
    house = stages.resumed()
    path = f"/records/{ids.ocid(house.lot)}"
    get(path)
    one = queries(path)
    for number in range(5):
        at = floor.START + timedelta(days=4 + number)
        house.act(Suspend(lot=house.lot.pk, reason="投诉"), by=house.buyer, at=at)
        end = at + timedelta(hours=1)
        house.act(Resume(lot=house.lot.pk, reason="处理完毕"), by=house.buyer, at=end)
    assert queries(path) == one


def test_page_of_a_published_lot_leads_to_its_record(later):
    house = stages.notice()
    project = house.lot.project
    with guard.writes("test arrangement"):
        Lot.objects.create(
            project=project, number=2, title="二标段", procedure={"name": "construction"},
            stage="REGISTERED", stage_since=floor.START,
        )
    answer = as_(None).get(f"/projects/{project.code}/")
    assert f'href="/api/v1/ocds/records/{ids.ocid(house.lot)}"' in answer.content.decode()
    draft = as_(house.supervisor).get(f"/projects/{project.code}/lots/2/")
    assert draft.status_code == 200
    assert "/api/v1/ocds/" not in draft.content.decode()
