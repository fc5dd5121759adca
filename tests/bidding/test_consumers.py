"""The room protocol on a socket: hello, commands, limits, rights."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

from bidding.domain import rooms
from bidding.models import Room, RoomEvent
from signatures.domain.act import Actor, dispatch
from signatures.models import User
from tests.bidding import hall
from tests.bidding.sockets import Hand, off

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("room_threads")]


@pytest.fixture(autouse=True)
def outside() -> User:
    return hall.make_user("supervisor-outside")


@pytest.fixture
def room() -> Room:
    return hall.make_room("test-quiet")


def say(room: Room, text: str, *, to: str = "all", times: int = 1) -> None:
    """Commit as another actor, from outside every socket."""
    user = User.objects.get(username="supervisor-outside")
    act = hall.Say(room=room.pk, text=text, to=to, times=times)
    dispatch(act, actor=Actor.person(user))


# --- connecting ----------------------------------------------------------------------------------


async def test_connect_with_foreign_origin_is_refused(room: Room) -> None:
    session = await off(lambda: hall.sign_in(hall.make_user("evaluator-1")))
    for origin in (
        "",
        "null",
        "http://evil.example",
        "https://127.0.0.1:8000",
        "http://127.0.0.1:8001",
        "http://127.0.0.1:8000.evil.example",
        "http://127.0.0.1:8000/",
        "http://[::bad",
    ):
        assert await Hand(room, session, origin=origin).connect() == (False, 1008)


async def test_connect_without_session_is_closed(room: Room) -> None:
    for session in ("", "x" * 32):
        hand = Hand(room, session)
        assert (await hand.connect())[0] is True
        assert await hand.closed() == 4401
        assert hand.frames == []


async def test_connect_as_stranger_is_closed(room: Room) -> None:
    hand = Hand(room, await off(lambda: hall.sign_in(hall.make_user("stranger-1"))))
    await hand.connect()
    assert await hand.closed() == 4403


async def test_connect_to_room_of_another_kind_is_closed(room: Room) -> None:
    session = await off(lambda: hall.sign_in(hall.make_user("evaluator-1")))
    hand = Hand(room, session, kind=hall.KIND)
    await hand.connect()
    assert await hand.closed() == 4404
    missing = Hand(Room(pk=uuid.uuid4(), kind="test-quiet"), session)
    await missing.connect()
    assert await missing.closed() == 4404


async def test_connect_to_address_without_room_is_refused(room: Room) -> None:
    session = await off(lambda: hall.sign_in(hall.make_user("evaluator-1")))
    assert await Hand(room, session, kind="UPPER").connect() == (False, 4404)


# --- the stream ----------------------------------------------------------------------------------


async def test_command_is_acknowledged_and_seen_by_everybody(room: Room) -> None:
    one = await Hand.enter(room, "tenderer-1")
    two = await Hand.enter(room, "public-1")
    answer = await one.do("say", text="大家好")
    assert answer["seq"] == 1
    for hand in (one, two):
        frame = await hand.until(lambda frame: "event" in frame)
        at = frame.pop("at")
        assert hall.parsed(at) is not None
        assert frame == {
            "seq": 1,
            "event": "said",
            "by": one.user.urn,
            "data": {"text": "大家好"},
        }
    await one.leave()
    await two.leave()


async def test_events_reach_only_their_audience(room: Room) -> None:
    evaluator = await Hand.enter(room, "evaluator-1")
    rival = await Hand.enter(room, "evaluator-2")
    tenderer = await Hand.enter(room, "tenderer-1")
    public = await Hand.enter(room, "public-1")
    assert (await evaluator.do("score", points="93.5"))["seq"] == 2
    await off(say, room, "for tenderers", to="tenderers")
    await off(say, room, "for one", to=f"one:{tenderer.user.urn}")
    for hand in (evaluator, rival, tenderer, public):
        await hand.settle()
    seen = {
        name: [frame for frame in hand.frames if "event" in frame and frame["seq"] <= 4]
        for name, hand in {
            "evaluator": evaluator,
            "rival": rival,
            "tenderer": tenderer,
            "public": public,
        }.items()
    }
    assert [frame["seq"] for frame in seen["evaluator"]] == [1, 2]
    assert [(f["seq"], f["by"], f["data"]) for f in seen["rival"]] == [(2, "member:1", {})]
    assert [frame["seq"] for frame in seen["tenderer"]] == [3, 4]
    assert seen["public"] == []
    everything = json.dumps([rival.frames, tenderer.frames, public.frames])
    assert "93.5" not in everything
    assert "for one" not in json.dumps([rival.frames, public.frames, evaluator.frames])
    for hand in (evaluator, rival, tenderer, public):
        await hand.leave()


async def test_hello_resumes_after_last_seen_and_skips_hidden(room: Room) -> None:
    await off(say, room, "one")
    await off(say, room, "secret", to="committee")
    await off(say, room, "three")
    hand = await Hand.enter(room, "tenderer-1", last_seq=1)
    frame = await hand.receive()
    assert (frame["seq"], frame["data"]["text"]) == (3, "three")
    await hand.leave()
    back = Hand(room, hand.session)
    await back.connect()
    await back.hello(3)
    await back.settle()
    assert back.events() == [(4, "said")]
    await back.leave()


async def test_hello_after_many_events_gives_the_shorter_snapshot() -> None:
    room = await off(hall.make_room)
    await off(say, room, "x" * 100, times=40)
    await off(say, room, "secret", to="committee", times=3)
    tenderer = await Hand.enter(room, "tenderer-1")
    assert await tenderer.receive() == {
        "snapshot": {"words": ["x" * 100] * 5, "count": 40, "last": "said"},
        "seq": 43,
    }
    await tenderer.hello(39)
    assert (await tenderer.receive())["seq"] == 40
    evaluator = await Hand.enter(room, "evaluator-1", last_seq=1)
    frame = await evaluator.receive()
    assert frame["snapshot"]["words"] == ["x" * 100] * 2 + ["secret"] * 3
    assert "secret" not in json.dumps(await tenderer.settle())
    await tenderer.leave()
    await evaluator.leave()


async def test_hello_from_the_future_starts_anew(room: Room) -> None:
    await off(say, room, "one")
    hand = await Hand.enter(room, "tenderer-1", last_seq=99)
    assert await hand.receive() == {"snapshot": {}, "seq": 1}
    await hand.leave()


async def test_resume_in_the_middle_of_a_storm_loses_and_repeats_nothing(room: Room) -> None:
    """A socket comes and goes while events are committed; it sees every number exactly once."""

    def storm() -> None:
        for number in range(40):
            say(room, f"n{number}", times=3)

    blowing = asyncio.create_task(off(storm))
    hand = await Hand.enter(room, "tenderer-1")
    seen: list[int] = []
    while len(seen) < 120:
        mark = len(seen)
        while len(seen) < min(mark + 15, 120):
            frame = await hand.receive()
            # A snapshot stands for everything up to its number.
            seen += range(len(seen) + 1 if "snapshot" in frame else frame["seq"], frame["seq"] + 1)
        await hand.leave()
        hand = Hand(room, hand.session)
        await hand.connect()
        await hand.hello(seen[-1])
    await blowing
    await hand.settle()
    assert hand.events() == [(121, "said")]
    await hand.leave()
    assert seen == list(range(1, 121))


# --- commands ------------------------------------------------------------------------------------


async def test_same_id_twice_gives_the_same_ack_once(room: Room) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    id_ = str(uuid.uuid4())
    first = await hand.do("say", id=id_, text="once")
    await hand.do("say", text="between")
    again = await hand.do("say", id=id_, text="once")
    assert first == again == {"ack": id_, "seq": 1}
    assert await off(RoomEvent.objects.filter(room=room).count) == 2
    other = await hand.do("say", id=id_, text="twice")
    assert (other["nack"], other["code"]) == (id_, "idempotency-key-reused")
    await hand.leave()


async def test_command_refused_by_its_act_says_the_rule(room: Room) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    answer = await hand.do("say", text="x", to="everybody")
    assert answer["code"] == "no-such-audience"
    assert answer["message"] == "There is no such audience. (test 1)"
    denied = await hand.do("score", points="1")
    assert denied["code"] == "denied"
    assert await off(RoomEvent.objects.filter(room=room).count) == 0
    assert (await hand.do("say", text="still here"))["seq"] == 1
    await hand.leave()


async def test_command_in_closed_room_is_refused(room: Room) -> None:
    from bidding.domain.room_acts import CloseRoom

    hand = await Hand.enter(room, "tenderer-1")
    await off(dispatch, CloseRoom(room=room.pk), actor=Actor.process("clock"))
    assert (await hand.do("say", text="late"))["code"] == "room-closed"
    await hand.until(lambda frame: frame.get("event") == "closed")
    await hand.leave()


async def test_command_that_fails_is_undone_and_answered(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    answer = await hand.do("fail")
    assert answer["code"] == "internal-error"
    assert "ZeroDivisionError" in caplog.text
    assert await off(RoomEvent.objects.filter(room=room).count) == 0
    assert "never happened" not in json.dumps(await hand.settle())
    await hand.leave()


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({}, "missing-field", "points"),
        ({"points": 93}, "bad-field", "points"),
        ({"points": "NaN"}, "bad-field", "points"),
        ({"points": "1" * 41}, "bad-field", "points"),
        ({"points": "1", "sheet": "x"}, "bad-field", "sheet"),
        ({"points": "1", "sheet": 1}, "bad-field", "sheet"),
        ({"points": "1", "remarks": "x"}, "bad-field", "remarks"),
        ({"points": "1", "remarks": [1]}, "bad-field", "remarks"),
        ({"points": "1", "proof": "***"}, "bad-field", "proof"),
        ({"points": "1", "proof": 1}, "bad-field", "proof"),
        ({"points": "1", "more": []}, "bad-field", "more"),
        ({"points": "1", "room": str(uuid.uuid4())}, "unknown-field", "room"),
        ({"points": "1", "actor": "x"}, "unknown-field", "actor"),
    ],
)
async def test_command_with_bad_field_names_it(
    room: Room, fields: dict[str, Any], code: str, named: str
) -> None:
    hand = await Hand.enter(room, "evaluator-1")
    answer = await hand.do("score", **fields)
    assert answer["code"] == code
    assert named in answer["message"]
    assert await off(RoomEvent.objects.filter(room=room).count) == 0
    await hand.leave()


async def test_command_with_every_kind_of_field_is_read(room: Room) -> None:
    hand = await Hand.enter(room, "evaluator-1")
    answer = await hand.do(
        "score",
        points="93.50",
        sheet=str(uuid.uuid4()),
        remarks=["a", "b"],
        proof="AAE=",
        more={"n": [1]},
    )
    assert answer["seq"] == 2
    await hand.leave()


async def test_unknown_command_is_refused(room: Room) -> None:
    hand = await Hand.enter(room, "evaluator-1")
    assert (await hand.do("dance"))["code"] == "unknown-command"
    await hand.leave()


async def _quickest(hand: Hand) -> float:
    """Seconds from sending to the answer, the best of eight: what the machine adds is left out."""
    loop, spent = asyncio.get_running_loop(), []
    for _ in range(8):
        start = loop.time()
        assert (await hand.do("say", text="x"))["ack"]
        spent.append(loop.time() - start)
    return min(spent)


async def test_blocked_command_delays_no_other_room() -> None:
    here, there = await off(hall.make_room, "test-quiet"), await off(hall.make_room, "test-quiet")
    hall.gate.clear()
    blocked = await Hand.enter(here, "tenderer-1")
    free = await Hand.enter(there, "tenderer-2")
    alone = await _quickest(free)
    try:
        await blocked.send({"id": str(uuid.uuid4()), "do": "wait", "with": {}})
        second = str(uuid.uuid4())
        await blocked.send({"id": second, "do": "say", "with": {"text": "after"}})
        beside = await _quickest(free)
        assert [frame for frame in blocked.frames if "ack" in frame] == []
    finally:
        hall.gate.set()
    # The command behind it in its own room waited its turn.
    await blocked.until(lambda frame: frame.get("ack") == second)
    await blocked.settle()
    texts = [frame["data"]["text"] for frame in blocked.frames if "event" in frame]
    assert texts[:2] == ["waited", "after"]
    assert beside - alone < 0.05
    await blocked.leave()
    await free.leave()


# --- hello, limits, time --------------------------------------------------------------------------


async def test_command_before_hello_gets_a_nack(room: Room) -> None:
    hand = Hand(room, await off(lambda: hall.sign_in(hall.make_user("tenderer-1"))))
    await hand.connect()
    assert (await hand.do("say", text="x"))["code"] == "hello-first"
    assert await off(RoomEvent.objects.filter(room=room).count) == 0
    await hand.leave()


async def test_nothing_is_delivered_before_hello(room: Room) -> None:
    hand = Hand(room, await off(lambda: hall.sign_in(hall.make_user("tenderer-1"))))
    await hand.connect()
    await off(say, room, "one")
    assert await hand.socket.receive_nothing(timeout=0.3)
    await hand.hello()
    assert (await hand.receive())["seq"] == 1
    await hand.leave()


async def test_more_than_twenty_commands_a_second_are_refused(room: Room) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    ids = [str(uuid.uuid4()) for _ in range(30)]
    for id_ in ids:
        await hand.send({"id": id_, "do": "say", "with": {"text": "x"}})
    answers: dict[str, dict[str, Any]] = {}
    while len(answers) < 30:
        frame = await hand.receive()
        if "ack" in frame or "nack" in frame:
            answers[frame.get("ack") or frame["nack"]] = frame
    refused = [id_ for id_ in ids if answers[id_].get("code") == "too-many-commands"]
    assert 5 <= len(refused) <= 10
    assert await off(RoomEvent.objects.filter(room=room).count) == 30 - len(refused)
    await hand.leave()


async def test_ping_gives_the_official_time(room: Room) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    for stamp in (17, "17.5"):
        await hand.send({"ping": stamp})
        frame = await hand.until(lambda frame: frame.get("pong") == stamp)
        assert frame["push"] == "live"
        assert hall.parsed(frame["server"]).tzinfo is not None
    await hand.send({"pong": 1})
    assert (await hand.do("say", text="x"))["seq"] == 1
    await hand.leave()


# --- rights that change --------------------------------------------------------------------------


async def test_revoked_session_stops_at_once(room: Room) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    await hand.do("say", text="one")
    await off(hall.sign_out, hand.session)
    answer = await hand.do("say", text="two")
    assert answer["code"] == "signed-out"
    assert await hand.closed() == 4401
    assert await off(RoomEvent.objects.filter(room=room).count) == 1


async def test_changed_password_ends_the_socket(room: Room, arrange: None) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    await hand.settle()
    await off(User.objects.filter(pk=hand.user.pk).update, password="!!")
    assert (await hand.do("say", text="two"))["code"] == "signed-out"
    assert await hand.closed() == 4401


async def test_deactivated_person_is_out(room: Room, arrange: None) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    await hand.settle()
    await off(User.objects.filter(pk=hand.user.pk).update, is_active=False)
    assert (await hand.do("say", text="two"))["code"] == "signed-out"
    assert await hand.closed() == 4401


async def test_expelled_person_hears_nothing_that_follows(room: Room) -> None:
    """The right goes and a secret follows in one commit: it must not reach the socket."""
    evaluator = await Hand.enter(room, "evaluator-1")
    await evaluator.settle()
    chair = await Hand.enter(room, "evaluator-2")
    await chair.do("expel", username="evaluator-1")
    await chair.settle()
    await evaluator.settle()
    # What is seen now has changed, so the state as it may now be seen comes instead.
    await evaluator.until(lambda frame: "snapshot" in frame)
    assert "behind closed doors" in json.dumps(chair.frames)
    assert "behind closed doors" not in json.dumps(evaluator.frames)
    assert (await evaluator.do("score", points="1"))["code"] == "denied"
    await evaluator.leave()
    await chair.leave()


async def test_person_admitted_while_away_gets_what_went_before(room: Room, arrange: None) -> None:
    """Events in the numbers already seen were hidden then, so going on from there is not enough."""
    chair = await Hand.enter(room, "evaluator-1")
    await chair.do("score", points="93")
    newcomer = await Hand.enter(room, "public-1")
    await newcomer.settle()
    seen = max(frame["seq"] for frame in newcomer.frames if "event" in frame)
    await newcomer.leave()
    await off(User.objects.filter(pk=newcomer.user.pk).update, username="evaluator-3")
    await chair.do("expel", username="nobody")
    again = Hand(room, newcomer.session)
    await again.connect()
    await again.hello(last_seq=seen)
    state = await again.until(lambda frame: "snapshot" in frame)
    assert state["seq"] > seen
    await again.do("score", points="94")
    # Who saw it all goes on from where they stood, once their number is past the change.
    third = Hand(room, newcomer.session)
    await third.connect()
    await third.hello(last_seq=state["seq"])
    await third.settle()
    assert [frame for frame in third.frames if "snapshot" in frame] == []
    for hand in (chair, again, third):
        await hand.leave()


async def test_person_without_any_right_left_is_closed(room: Room, arrange: None) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    await hand.settle()
    await off(User.objects.filter(pk=hand.user.pk).update, username="stranger-9")
    await hand.send({"ping": 1})
    assert await hand.closed() == 4403


async def test_messages_are_in_the_persons_language(room: Room) -> None:
    user = await off(hall.make_user, "tenderer-zh", language="zh-hans")
    hand = Hand(room, await off(hall.sign_in, user))
    await hand.connect()
    await hand.hello()
    assert (await hand.do("dance"))["code"] == "unknown-command"
    await hand.leave()


# --- presence ------------------------------------------------------------------------------------


async def test_presence_is_an_event_for_its_audience_only() -> None:
    room = await off(hall.make_room)
    evaluator = await Hand.enter(room, "evaluator-1")
    await evaluator.until(lambda frame: frame.get("event") == "joined")
    tenderer = await Hand.enter(room, "tenderer-1")
    await evaluator.until(
        lambda frame: frame.get("event") == "joined" and frame["by"] == tenderer.user.urn
    )
    second = Hand(room, tenderer.session)
    await second.connect()
    await second.hello()
    await second.settle()
    await second.leave()
    await tenderer.settle()
    await tenderer.leave()
    left = await evaluator.until(lambda frame: frame.get("event") == "left")
    assert left["by"] == tenderer.user.urn
    await evaluator.settle()
    kinds = [frame["event"] for frame in evaluator.frames if "event" in frame]
    assert kinds.count("joined") == 2
    assert kinds.count("left") == 1
    assert "joined" not in json.dumps(tenderer.frames)
    await evaluator.leave()


async def test_audience_of_nobody_reaches_nobody(room: Room) -> None:
    hand = await Hand.enter(room, "supervisor-1")
    await off(say, room, "steering", to="nobody")
    await hand.settle()
    assert hand.events() == [(2, "said")]
    assert (await off(rooms.head, room.pk))[0] == 2
    await hand.leave()
