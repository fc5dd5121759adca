"""A room's stream in the database: gapless, chained, vouched for by the ledger."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from bidding.domain import chain, replay, room_state, rooms
from bidding.domain.room_acts import (
    CloseRoom,
    JoinRoom,
    LeaveRoom,
    LedgerRoom,
    OpenRoom,
    due,
)
from bidding.domain.room_kinds import audiences
from bidding.interfaces import frames
from bidding.models import Room, RoomEvent, RoomPresence
from signatures.domain import guard, jcs, log
from signatures.domain.act import Act, Actor, Scene, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, NotFound, Refused
from signatures.models import Heartbeat, User
from tests.bidding import hall
from trading.domain import registry

CLOCK = FixedClock(hall.AT)
PLATFORM = Actor.process("clock")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    room_state.forget()


@pytest.fixture
def room() -> Room:
    return hall.make_room()


@pytest.fixture
def speaker() -> User:
    return hall.make_user("supervisor-1")


def say(room: Room, speaker: User, text: str, to: str = "all", *, times: int = 1) -> int:
    act = hall.Say(room=room.pk, text=text, to=to, times=times)
    return dispatch(act, actor=Actor.person(speaker), clock=CLOCK).result["seq"]


def fold(room: Room, *names: str) -> dict:
    return room_state.state(rooms.get(room.pk), frozenset(names) if names else None)


def last_leaf() -> dict:
    return jcs.loads(log.entry(log.size() - 1))["entry"]


# --- opening and closing -------------------------------------------------------------------------


def test_open_room_begins_a_stream_and_leaves_a_leaf() -> None:
    lot = hall.make_lot()
    result = dispatch(OpenRoom(lot=lot.pk, kind=hall.KIND), actor=PLATFORM, clock=CLOCK).result
    room = rooms.get(uuid.UUID(result["room"]))
    assert (room.kind, room.lot_id, room.seq, room.is_open) == (hall.KIND, lot.pk, 1, True)
    assert [event.kind for event in rooms.events(room.pk)] == ["opened"]
    assert rooms.live(lot.pk, hall.KIND) == room
    assert last_leaf()["subject"] == room.urn


def test_open_second_room_of_a_kind_is_refused() -> None:
    lot = hall.make_lot()
    dispatch(OpenRoom(lot=lot.pk, kind=hall.KIND), actor=PLATFORM, clock=CLOCK)
    with pytest.raises(Refused) as refusal:
        dispatch(OpenRoom(lot=lot.pk, kind=hall.KIND), actor=PLATFORM, clock=CLOCK)
    assert refusal.value.code == "room-already-open"
    assert Room.objects.count() == 1


def test_open_room_by_a_person_is_denied() -> None:
    lot, person = hall.make_lot(), Actor.person(hall.make_user("supervisor-1"))
    with pytest.raises(Denied):
        dispatch(OpenRoom(lot=lot.pk, kind=hall.KIND), actor=person, clock=CLOCK)
    assert Room.objects.count() == 0


def test_open_room_of_unknown_kind_is_refused() -> None:
    with pytest.raises(NotFound):
        dispatch(OpenRoom(lot=hall.make_lot().pk, kind="ballroom"), actor=PLATFORM, clock=CLOCK)


def test_close_room_puts_its_head_into_the_ledger(room: Room, speaker: User) -> None:
    say(room, speaker, "hello")
    result = dispatch(CloseRoom(room=room.pk), actor=PLATFORM, clock=CLOCK).result
    closed = rooms.get(room.pk)
    assert (closed.seq, closed.is_open, closed.ledgered_seq) == (2, False, 2)
    leaf = last_leaf()
    assert leaf["digests"] == {"chain": result["chain"]}
    assert leaf["context"]["seq"] == 2
    assert chain.follow(room.pk, rooms.transcript(room.pk)) == (2, bytes(closed.chain))
    assert rooms.live(room.lot_id, room.kind) is None


def test_close_room_twice_is_refused(room: Room) -> None:
    dispatch(CloseRoom(room=room.pk), actor=PLATFORM, clock=CLOCK)
    with pytest.raises(Refused) as refusal:
        dispatch(CloseRoom(room=room.pk), actor=PLATFORM, clock=CLOCK)
    assert refusal.value.code == "room-closed"
    assert rooms.head(room.pk)[0] == 1


def test_close_room_by_a_person_is_denied(room: Room, speaker: User) -> None:
    with pytest.raises(Denied):
        dispatch(CloseRoom(room=room.pk), actor=Actor.person(speaker), clock=CLOCK)
    assert rooms.get(room.pk).is_open is True


# --- the stream ----------------------------------------------------------------------------------


def test_events_are_numbered_and_chained(room: Room, speaker: User) -> None:
    assert say(room, speaker, "one") == 1
    assert say(room, speaker, "three", times=3) == 4
    events = list(rooms.events(room.pk))
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert {event.at for event in events} == {hall.AT}
    assert events[0].actor == speaker.urn
    assert chain.follow(room.pk, rooms.transcript(room.pk)) == rooms.head(room.pk)


def test_refused_command_leaves_the_stream_alone(room: Room, speaker: User) -> None:
    head = rooms.head(room.pk)
    with pytest.raises(ZeroDivisionError):
        dispatch(hall.Fail(room=room.pk), actor=Actor.person(speaker), clock=CLOCK)
    assert rooms.head(room.pk) == head
    assert RoomEvent.objects.count() == 0


def test_emit_to_no_audience_is_a_fault(room: Room) -> None:
    scene = Scene(command=Act(), actor=PLATFORM, now=hall.AT, subject=None)
    for audience in ("", "everybody", "one:", "one:user", "one:USER:x", "all "):
        with pytest.raises(RuntimeError, match="no audience"):
            rooms.emit(scene, room, "said", {}, audience)


def test_same_number_twice_is_refused_by_the_database(
    room: Room, speaker: User, arrange: None
) -> None:
    say(room, speaker, "one")
    row = RoomEvent.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError):
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_eight_writers_leave_no_gap(room: Room, speaker: User) -> None:
    ready = threading.Barrier(8)
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            ready.wait(timeout=10)
            for turn in range(10):
                say(room, speaker, f"{number}/{turn}", times=2)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    transcript = rooms.transcript(room.pk)
    assert [event["seq"] for event in transcript] == list(range(1, 161))
    assert chain.follow(room.pk, transcript) == rooms.head(room.pk)
    texts = [event["data"]["text"] for event in transcript]
    assert all(texts[index] == texts[index + 1] for index in range(0, 160, 2))


def test_enter_stage_ledgers_the_head(room: Room, speaker: User) -> None:
    say(room, speaker, "one")
    with guard.writes("test"):
        scene = Scene(command=LedgerRoom(room=room.pk), actor=PLATFORM, now=hall.AT, subject=None)
        stale = Room.objects.get(pk=room.pk)
        rooms.enter_stage(scene, stale, "reading")
    kept = rooms.get(room.pk)
    assert (kept.stage, kept.seq, kept.ledgered_seq) == ("reading", 2, 2)
    assert (stale.stage, stale.seq, bytes(stale.chain)) == ("reading", 2, bytes(kept.chain))
    assert scene.entries[0].entry["digests"] == {"chain": bytes(kept.chain).hex()}
    assert scene.entries[0].public is True


# --- the clock -----------------------------------------------------------------------------------


def tick(clock: FixedClock) -> list[str]:
    """One pass of the clock over what is due in rooms."""
    acts = due(clock.read())
    for act in acts:
        dispatch(act, actor=PLATFORM, clock=clock)
    return [act.name for act in acts]


def test_clock_asks_rooms_for_what_is_due() -> None:
    assert ("rooms", due) in registry.due_sources()


def test_tick_ledgers_a_live_head_once_a_minute(room: Room, speaker: User) -> None:
    say(room, speaker, "one")
    assert tick(FixedClock(hall.AT + timedelta(seconds=10))) == []
    before = log.size()
    assert tick(FixedClock(hall.AT + timedelta(seconds=50))) == ["bidding.ledger-room"]
    assert log.size() == before + 1
    assert last_leaf()["digests"]["chain"] == bytes(rooms.get(room.pk).chain).hex()
    # Nothing new, nothing to say.
    assert tick(FixedClock(hall.AT + timedelta(seconds=200))) == []
    say(room, speaker, "two")
    assert tick(FixedClock(hall.AT + timedelta(seconds=60))) == []
    assert tick(FixedClock(hall.AT + timedelta(seconds=100))) == ["bidding.ledger-room"]


def test_tick_leaves_closed_and_silent_rooms_alone(room: Room) -> None:
    hall.make_room("test-quiet")
    dispatch(CloseRoom(room=room.pk), actor=PLATFORM, clock=CLOCK)
    assert tick(FixedClock(hall.AT + timedelta(hours=1))) == []


def test_ledger_room_by_a_person_is_denied(room: Room, speaker: User) -> None:
    say(room, speaker, "one")
    with pytest.raises(Denied):
        dispatch(LedgerRoom(room=room.pk), actor=Actor.person(speaker), clock=CLOCK)
    assert log.size() == 0


def test_tick_lets_people_of_a_dead_process_leave(room: Room, speaker: User) -> None:
    from signatures.domain import clock

    join = JoinRoom(room=room.pk, socket=uuid.uuid4(), process="hub:one")
    dispatch(join, actor=Actor.person(speaker), clock=CLOCK)
    real = clock.look().real
    Heartbeat.objects.create(name="hub:one", kind="hub", beat_at=real)
    assert tick(CLOCK) == []
    Heartbeat.objects.update(beat_at=real - timedelta(seconds=31))
    assert tick(CLOCK) == ["bidding.leave-room"]
    assert RoomPresence.objects.count() == 0
    last = list(rooms.events(room.pk))[-1]
    assert (last.kind, last.actor, last.audience) == ("left", speaker.urn, "committee")


def test_join_room_as_stranger_is_denied(room: Room) -> None:
    join = JoinRoom(room=room.pk, socket=uuid.uuid4(), process="hub:one")
    with pytest.raises(Denied):
        dispatch(join, actor=Actor.person(hall.make_user("stranger-1")), clock=CLOCK)
    assert RoomPresence.objects.count() == 0


def test_leave_room_by_a_person_is_denied(room: Room, speaker: User) -> None:
    socket = uuid.uuid4()
    dispatch(
        JoinRoom(room=room.pk, socket=socket, process="hub:one"),
        actor=Actor.person(speaker),
        clock=CLOCK,
    )
    with pytest.raises(Denied):
        dispatch(LeaveRoom(room=room.pk, socket=socket), actor=Actor.person(speaker), clock=CLOCK)
    assert RoomPresence.objects.count() == 1


# --- what the stream adds up to ------------------------------------------------------------------


def test_fold_sees_only_its_audiences(room: Room, speaker: User) -> None:
    say(room, speaker, "open")
    say(room, speaker, "secret", "committee")
    assert fold(room)["words"] == ["open", "secret"]
    assert fold(room, "all")["words"] == ["open"]
    assert fold(room, "all", "committee")["words"] == ["open", "secret"]
    say(room, speaker, "more")
    assert fold(room, "all") == {"words": ["open", "more"], "count": 2, "last": "said"}
    assert fold(room)["count"] == 3


def test_fold_of_a_rolled_back_act_is_forgotten(room: Room, speaker: User) -> None:
    say(room, speaker, "one")
    assert fold(room)["count"] == 1
    seen = {}

    def perform(self: hall.Fail, scene: Scene, locked: Room) -> None:
        rooms.emit(scene, locked, "said", {"text": "phantom"})
        seen.update(room_state.state(locked))
        raise ZeroDivisionError

    act = type("Phantom", (hall.Fail,), {"perform": perform})(room=room.pk)
    with pytest.raises(ZeroDivisionError):
        dispatch(act, actor=Actor.person(speaker), clock=CLOCK)
    assert seen["words"] == ["one", "phantom"]
    assert fold(room)["words"] == ["one"]
    say(room, speaker, "two")
    assert fold(room)["words"] == ["one", "two"]


@pytest.mark.parametrize("kept", [True, False])
def test_room_read_again_after_a_block_within_the_act(
    room: Room, speaker: User, kept: bool
) -> None:
    with guard.writes("test"), transaction.atomic():
        scene = Scene(
            command=Act(), actor=Actor.person(speaker), now=hall.AT, subject=rooms.lock(room.pk)
        )
        rooms.emit(scene, scene.subject, "said", {"text": "one"})
        before = rooms.get(room.pk).seq
        with transaction.atomic():
            rooms.emit(scene, rooms.lock(room.pk), "said", {"text": "two"})
            transaction.set_rollback(not kept)
        assert rooms.get(room.pk).seq == before + kept
        rooms.emit(scene, rooms.lock(room.pk), "said", {"text": "three"})
    assert [event.seq for event in rooms.events(room.pk)] == list(range(1, before + kept + 2))
    chain.follow(room.pk, rooms.transcript(room.pk))


def test_audiences_without_all_are_none(room: Room) -> None:
    assert audiences(hall.make_user("stranger-1"), room) == frozenset()
    person = hall.make_user("evaluator-1")
    assert audiences(person, room) == {"all", "committee", f"one:{person.urn}"}


@pytest.mark.parametrize(
    ("events", "after", "expected"),
    [
        (0, 0, 0),
        (3, 0, 3),
        (3, 2, 1),
        (3, 3, 0),
        (16, 0, 16),
        (17, 0, 1),
        (40, 20, 1),
        (40, 30, 10),
    ],
)
def test_replay_gives_events_or_the_shorter_snapshot(
    room: Room, speaker: User, events: int, after: int, expected: int
) -> None:
    if events:
        say(room, speaker, "x", times=events)
    found = replay.replay(room.pk, speaker, after=after, write_snapshot=frames.snapshot)
    assert (found.seq, len(found.frames)) == (events, expected)
    if expected == 1 and events - after > 1:
        assert jcs.loads(found.frames[0])["snapshot"]["count"] == events


def test_replay_sends_events_where_the_snapshot_is_longer(
    room: Room, speaker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(room, speaker, "x", times=30)
    long = replay.replay(room.pk, speaker, after=0, write_snapshot=lambda state, seq: "x" * 100_000)
    assert len(long.frames) == 30
    monkeypatch.setattr(replay, "MANY", 20)
    many = replay.replay(room.pk, speaker, after=0, write_snapshot=lambda state, seq: "x" * 100_000)
    assert many.frames == ["x" * 100_000]


def test_replay_for_a_stranger_is_empty(room: Room, speaker: User) -> None:
    say(room, speaker, "x", times=30)
    found = replay.replay(
        room.pk, hall.make_user("stranger-1"), after=0, write_snapshot=frames.snapshot
    )
    assert (found.audiences, found.frames) == (frozenset(), [])
