"""Lists show exactly the lots that access shows, and cursors walk them without a gap."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain import clock
from signatures.domain.errors import Malformed
from tests.factories import floor
from tests.trading.pages import published
from trading import access
from trading.interfaces import cursors, listing
from trading.models import Lot


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
