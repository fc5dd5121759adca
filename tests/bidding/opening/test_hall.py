"""The opening hall: who may do what in it and when; a refusal leaves the stream as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.domain import hall, rooms
from bidding.domain.room_acts import OpenRoom
from bidding.models import RoomEvent
from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening
from tests.bidding.opened import events
from tests.factories import floor

pytestmark = pytest.mark.django_db(transaction=True)


def refusal(opening, name, by, kind=Refused, **fields):
    """The code with which a command is refused, and nothing has been said."""
    before = (RoomEvent.objects.count(), opening.refresh().stage)
    with pytest.raises(kind) as caught:
        opening.say(name, by, **fields)
    assert (RoomEvent.objects.count(), opening.refresh().stage) == before
    return caught.value.code


# --- how it comes to be --------------------------------------------------------------------------


def test_freeze_opens_the_hall_and_says_so(opening):
    opening.freeze()
    room = opening.room
    assert [event.kind for event in events(room)] == ["opened", "frozen"]
    assert hall.whole(room)["frozen"] == {"count": 4, "root": "ab" * 32}


def test_freeze_of_a_lot_that_failed_opens_nothing(opening):
    with guard.writes("test"):
        opening.lot.stage = "BIDDING"
        opening.lot.save()
    opening.freeze()
    assert hall.last(opening.lot.pk) is None


def test_hosts_cannot_open_a_hall_before_the_freeze(opening):
    with guard.writes("test"):
        opening.lot.stage = "BIDDING"
        opening.lot.save()
    act = OpenRoom(lot=opening.lot.pk, kind="opening")
    for one in (opening.host, opening.bidders[0], opening.supervisor):
        with pytest.raises(Denied):
            dispatch(act, actor=Actor.person(one))
    assert hall.last(opening.lot.pk) is None


def test_everybody_watches_and_each_sees_what_is_theirs(opening):
    opening.freeze()
    room = opening.room
    stranger = floor.person("路人")
    assert hall.audiences(stranger, room) == {"all", f"one:{stranger.urn}"}
    bidder, tenderer = opening.bidders[0], opening.bids[0].tenderer
    assert hall.audiences(bidder, room) == {
        "all", "tenderers", f"one:{bidder.urn}", f"one:{tenderer.urn}",
    }
    assert "supervisors" in hall.audiences(opening.supervisor, room)


# --- attendance ----------------------------------------------------------------------------------


def test_attendance_is_signed_and_receipted(opening):
    opening.freeze()
    opening.say("attend", opening.bidders[0], **opening.attendance(opening.bidders[0]))
    [event] = events(opening.room, "attended")
    organisation = opening.bids[0].tenderer
    assert event.data["organisation"] == organisation.urn
    assert event.data["roles"] == ["tenderer"]
    opened = LedgerOpening.objects.get(entry__act="bidding.attend-opening")
    assert opened.owners == [organisation.urn]


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"lot": f"lot:{'0' * 36}"}, Refused, "wrong-room"),
        ({"room": "room:1"}, Refused, "wrong-room"),
        ({"organisation": "org:1"}, Denied, "not-your-organisation"),
        ({"more": "x"}, Malformed, None),
        ({"origin": "https://other.example"}, Malformed, "wrong-origin"),
    ],
)
def test_attendance_about_something_else_is_refused(opening, change, kind, code):
    opening.freeze()
    signed = opening.attendance(opening.bidders[0], **change)
    found = refusal(opening, "attend", opening.bidders[0], kind, **signed)
    assert code is None or found == code


def test_attendance_by_another_hand_or_time_or_twice_is_refused(opening):
    opening.freeze()
    first, second = opening.bidders[:2]
    signed = opening.attendance(first)
    assert refusal(opening, "attend", second, Denied, **signed) == "certificate-unbound"
    stale = opening.attendance(first, at=clock.now() - timedelta(minutes=11))
    assert refusal(opening, "attend", first, **stale) == "stale-statement"
    broken = {**signed, "statement": signed["statement"][:-8] + "AAAAAAA="}
    refusal(opening, "attend", first, Malformed, **broken)
    assert refusal(opening, "attend", first, Malformed) == "bad-field"
    opening.say("attend", first, **signed)
    assert refusal(opening, "attend", first, **signed) == "already-attended"


def test_attendance_of_somebody_without_a_part_is_denied(opening):
    opening.freeze()
    stranger = floor.person("路人", floor.organisation("无关公司", "tenderer"))
    opening.platform.equip(stranger, stranger.memberships.get().organisation)
    signed = opening.attendance(stranger)
    assert refusal(opening, "attend", stranger, Denied, **signed) == "no-part"


# --- start, read out -----------------------------------------------------------------------------


def test_only_the_host_starts_and_only_once(opening):
    opening.freeze()
    for one in (opening.bidders[0], opening.supervisor, opening.notary, floor.person("路人")):
        assert refusal(opening, "start", one, Denied) == "wrong-role"
    assert opening.say("start", opening.host)["tenderers"] == 4
    names = [each["name"] for each in hall.whole(opening.room)["tenderers"]]
    assert names == sorted(names)
    assert refusal(opening, "start", opening.host) == "already-started"


def test_reading_out_waits_for_start_and_sheet(opening):
    opening.freeze()
    bid = str(opening.bids[0].pk)
    assert refusal(opening, "read-out", opening.host, bid=bid) == "not-started"
    opening.say("start", opening.host)
    assert refusal(opening, "read-out", opening.host, bid=bid) == "not-opened"
    opening.open_sheet(0)
    assert refusal(opening, "read-out", opening.bidders[0], Denied, bid=bid) == "wrong-role"
    opening.say("read-out", opening.host, bid=bid)
    assert refusal(opening, "read-out", opening.host, bid=bid) == "already-read"
    assert [event.data for event in events(opening.room, "read")] == [{"bid": bid, "number": 1}]


# --- objections ----------------------------------------------------------------------------------


def test_objection_is_raised_by_tenderers_and_answered_by_the_host(opening):
    opening.freeze()
    bidder = opening.bidders[0]
    assert refusal(opening, "object", bidder, text="唱标有误") == "not-started"
    opening.say("start", opening.host)
    for one in (opening.host, opening.supervisor, floor.person("路人")):
        assert refusal(opening, "object", one, Denied, text="x") == "not-a-tenderer"
    assert refusal(opening, "object", bidder, Malformed, text="  ") == "bad-text"
    assert refusal(opening, "object", bidder, Malformed, text="长" * 2001) == "bad-text"
    assert opening.say("object", bidder, text="唱标有误")["objection"] == 1
    assert refusal(opening, "answer", bidder, Denied, objection=1, text="x") == "wrong-role"
    missing = refusal(opening, "answer", opening.host, NotFound, objection=2, text="x")
    assert missing == "no-such-objection"
    opening.say("answer", opening.host, objection=1, text="已更正")
    assert refusal(opening, "answer", opening.host, objection=1, text="x") == "already-answered"
    [found] = hall.whole(opening.room)["objections"]
    assert (found["text"], found["answer"]) == ("唱标有误", "已更正")


# --- confirming ----------------------------------------------------------------------------------


def test_confirmation_needs_presence_reading_and_the_very_sheet(opening):
    opening.freeze()
    opening.say("start", opening.host)
    opening.open_sheet(0)
    bidder = opening.bidders[0]
    assert refusal(opening, "confirm", bidder, **opening.confirmation(0)) == "not-attended"
    opening.say("attend", bidder, **opening.attendance(bidder))
    assert refusal(opening, "confirm", bidder, **opening.confirmation(0)) == "not-read"
    opening.say("read-out", opening.host, bid=str(opening.bids[0].pk))
    other = opening.confirmation(0, sheet="0" * 64)
    assert refusal(opening, "confirm", bidder, **other) == "other-sheet"
    foreign = opening.confirmation(0, bid=opening.bids[1].urn)
    assert refusal(opening, "confirm", bidder, **foreign) == "wrong-bid"
    opening.say("confirm", bidder, **opening.confirmation(0))
    assert refusal(opening, "confirm", bidder, **opening.confirmation(0)) == "already-confirmed"


def test_confirmation_by_one_who_does_not_bid_is_denied(opening):
    opening.hold()
    signed = opening.signed(
        opening.host, "sunlit.confirm/1", lot=opening.lot.urn, room=opening.room.urn,
        organisation=opening.lot.project.tenderee.urn, bid=opening.bids[0].urn, sheet="0" * 64,
    )
    assert refusal(opening, "confirm", opening.host, Denied, **signed) == "not-a-tenderer"


# --- closing -------------------------------------------------------------------------------------


def test_close_moves_the_lot_and_ends_the_room(opening):
    opening.hold()
    room = opening.room
    result = opening.say("close", opening.host)
    assert (result["stage"], opening.refresh().stage) == ("EVALUATION", "EVALUATION")
    room = rooms.get(room.pk)
    assert (room.is_open, room.ledgered_seq) == (False, room.seq)
    assert refusal(opening, "object", opening.bidders[0], text="晚了") == "room-closed"
    assert refusal(opening, "close", opening.host) == "wrong-stage"


def test_close_by_others_is_denied(opening):
    opening.hold()
    for one in (opening.bidders[0], opening.supervisor, floor.person("路人")):
        assert refusal(opening, "close", one, Denied) == "wrong-role"


def test_close_waits_for_everything(opening):
    opening.freeze()
    assert refusal(opening, "close", opening.host) == "not-started"
    opening.say("start", opening.host)
    for number in range(3):
        opening.open_sheet(number)
        opening.say("read-out", opening.host, bid=str(opening.bids[number].pk))
    assert refusal(opening, "close", opening.host) == "bids-unopened"
    opening.open_sheet(3)
    assert refusal(opening, "close", opening.host) == "bids-unread"
    opening.say("read-out", opening.host, bid=str(opening.bids[3].pk))
    opening.say("object", opening.bidders[2], text="资质存疑")
    assert refusal(opening, "close", opening.host) == "objection-open"
    opening.say("answer", opening.host, objection=1, text="由评标委员会审查")
    opening.say("close", opening.host)
    assert opening.refresh().stage == "EVALUATION"


def test_close_with_a_lost_bid_needs_no_reading_of_it(opening):
    opening.freeze()
    opening.say("start", opening.host)
    for number in range(3):
        opening.open_sheet(number)
        opening.say("read-out", opening.host, bid=str(opening.bids[number].pk))
    opening.lose(3)
    opening.say("close", opening.host)
    assert list(hall.whole(opening.room)["lost"]) == [str(opening.bids[3].pk)]


def test_commands_while_the_lot_is_suspended_are_refused(opening):
    opening.freeze()
    with guard.writes("test"):
        opening.lot.state, opening.lot.suspended_at = "suspended", clock.now()
        opening.lot.save()
    assert refusal(opening, "start", opening.host) == "wrong-stage"
    assert refusal(opening, "close", opening.host) == "not-running"


# --- the public's view ---------------------------------------------------------------------------


def test_everybody_reads_the_opening_without_being_in_it(opening):
    path = f"/api/v1/lots/{opening.lot.pk}/opening"
    public = opening.api(None)
    with pytest.raises(NotFound):
        public.get(path)
    opening.freeze()
    bidder = opening.bidders[0]
    opening.say("attend", bidder, **opening.attendance(bidder))
    opening.say("start", opening.host)
    opening.open_sheet(0)
    found = public.get(path)
    assert [each["name"] for each in found["attended"]] == [opening.bids[0].tenderer.name]
    assert bidder.urn not in str(found["attended"])
    assert found["sheets"][str(opening.bids[0].pk)]["sheet"]["duration_days"] == 300
