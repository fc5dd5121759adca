"""Lists show exactly the lots that access shows, and cursors walk them without a gap."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain import clock, guard
from signatures.domain.errors import Malformed
from tests.factories import floor
from tests.trading.pages import published
from trading import access
from trading.interfaces import cursors, listing
from trading.models import Lot, Project


@pytest.mark.django_db
def test_visible_lots_are_those_that_access_shows():
    house = published()
    draft = floor.house()
    now = clock.now()
    day = timedelta(days=1)
    invited, former, future, recused, agent = (
        floor.person(name) for name in ("受邀", "前任", "将任", "回避", "代理")
    )
    floor.assignment(draft.lot, "notary", user=invited)
    floor.assignment(draft.lot, "notary", user=former, until=now - day)
    floor.assignment(draft.lot, "notary", user=future, since=now + day)
    floor.assignment(draft.lot, "evaluator", user=recused, recused_at=now - day)
    floor.assignment(draft.lot, "prospect", user=agent)
    people = [
        None, house.buyer, house.bidder, house.supervisor, house.operator, draft.buyer,
        draft.bidder, invited, former, future, recused, agent,
    ]
    for person in people:
        shown = set(listing.visible_lots(person, now).values_list("pk", flat=True))
        expected = {
            lot.pk for lot in Lot.objects.all() if access.can_see_lot(person, lot, now)
        }
        assert shown == expected, person
    assert len(list(listing.visible_lots(invited, now))) == 2
    assert len(list(listing.visible_lots(former, now))) == 1


def walked(viewer=None, size: int = 2, **sieve: str) -> list[str]:
    """Every project of a list by its code, page after page."""
    codes: list[str] = []
    after: str | None = ""
    while after is not None:
        page = listing.projects(
            viewer=viewer, sieve=listing.Sieve(**sieve), after=after, size=size
        )
        assert len(page.items) <= size
        codes += [row.code for row in page.items]
        after = page.next
    return codes


@pytest.fixture
def stages():
    """Eleven projects, most of them of several lots, of which three stand otherwise."""
    houses = [published(documents=False) for _number in range(11)]
    with guard.writes("test arrangement"):
        for number, house in enumerate(houses):
            for extra in range(2, 2 + number % 3):
                row = Lot.objects.get(pk=house.lot.pk)
                row.pk, row.number, row._state.adding = uuid4(), extra, True
                row.save()
        states = {3: {"state": "failed"}, 4: {"stage": "OPENING"}, 9: {"state": "failed"}}
        for number, change in states.items():
            Lot.objects.filter(project=houses[number].lot.project).update(**change)
    return houses


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sieve", "expected"),
    [
        ({"stage": "NOTICE"}, [10, 8, 7, 6, 5, 2, 1, 0]),
        ({"stage": "OPENING"}, [4]),
        ({"stage": "failed"}, [9, 3]),
        ({"stage": "archived"}, []),
        ({"stage": "NOTICE", "category": "construction"}, [10, 8, 7, 6, 5, 2, 1, 0]),
        ({"stage": "NOTICE", "category": "land"}, []),
        ({"stage": "failed", "q": "滨河"}, [9, 3]),
        ({"stage": "active"}, []),
        ({"stage": "nothing"}, []),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 30])
def test_list_of_a_stage_is_whole_in_order_and_names_a_project_once(stages, sieve, expected, size):
    order = {
        code: place for place, code in enumerate(
            Project.objects.order_by("-created_at", "-pk").values_list("code", flat=True)
        )
    }
    codes = sorted((stages[number].lot.project.code for number in expected), key=order.__getitem__)
    assert walked(size=size, **sieve) == codes


@pytest.mark.django_db
def test_list_of_a_stage_shows_drafts_to_their_own_people_alone(stages):
    draft = floor.house()
    assert walked(stage="REGISTERED") == []
    assert walked(stages[0].buyer, stage="REGISTERED") == []
    assert walked(draft.buyer, stage="REGISTERED") == [draft.lot.project.code]


@given(st.datetimes(timezones=st.just(floor.START.tzinfo)), st.uuids())
def test_cursor_is_read_back(moment, pk):
    assert cursors.decode(cursors.encode(moment, pk)) == (moment, pk)


@given(st.text(max_size=200))
def test_cursor_that_nobody_made_is_malformed_or_one(text):
    try:
        moment, pk = cursors.decode(text)
    except Malformed as error:
        assert error.code == "bad-cursor"
    else:
        assert cursors.decode(cursors.encode(moment, pk)) == (moment, pk)


@pytest.mark.parametrize("text", ["", "AAAA", "~", str(UUID(int=7)), "é", "="])
def test_cursor_that_is_damaged_is_malformed(text):
    with pytest.raises(Malformed):
        cursors.decode(text)
