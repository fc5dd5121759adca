"""Rooms over a real server: other processes, dropped lines, slow sockets, a killed server."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from bidding.domain import rooms
from bidding.kit.room_client import RoomClient
from bidding.models import Room, RoomEvent
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, Refused, Unavailable
from signatures.models import User
from tests.bidding import hall, server
from tests.bidding.server import Server, Writer
from tests.bidding.sockets import off

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> Room:
    return hall.make_room("test-quiet")


@pytest.fixture
def speaker() -> User:
    return hall.make_user("supervisor-outside")


@pytest.fixture(scope="module")
def house(django_db_setup: None) -> Iterator[Server]:
    """One server for all; the tables are emptied under it between tests."""
    with server.running() as running:
        yield running


def cookies(user: User) -> dict[str, str]:
    return {settings.SESSION_COOKIE_NAME: hall.sign_in(user)}


def client(house: Server, room: Room, username: str, **more: Any) -> RoomClient:
    """A client of a new person."""
    return RoomClient(
        house.url(room.pk, room.kind), cookies=cookies(hall.make_user(username)), **more
    )


def say(room: Room, speaker: User, text: str, times: int = 1, to: str = "all") -> None:
    act = hall.Say(room=room.pk, text=text, times=times, to=to)
    dispatch(act, actor=Actor.person(speaker))


# --- delivery ------------------------------------------------------------------------------------


#: The delay that is looked at, of thirty in order: a suite's other processes may take their turn.
USUAL = 24


async def _delays(house: Server, room: str, session: str, writer: Writer) -> list[float]:
    """Seconds from right after another process's commit to the client's handler, 30 times."""
    arrived: list[float] = []
    delays: list[float] = []
    async with RoomClient(
        house.url(room, "test-quiet"),
        cookies={settings.SESSION_COOKIE_NAME: session},
        on_event=lambda event: arrived.append(time.monotonic()),
    ) as visitor:
        for turn in range(30):
            done = await asyncio.to_thread(writer.ask, say=str(turn), room=room)
            await visitor.until(lambda event, turn=turn: event.data["text"] == str(turn))
            delays.append(arrived[-1] - done["at"])
        # Asked anew: a greeting that came while the server's hub was starting said otherwise.
        await visitor.settled()
        assert visitor.push == "live"
    assert len(arrived) == 30
    return sorted(delays)


async def test_event_of_another_process_arrives_within_200_ms(
    house: Server, room: Room, speaker: User
) -> None:
    session = await off(lambda: hall.sign_in(hall.make_user("tenderer-1")))
    with Writer() as writer:
        delays = await _delays(house, str(room.pk), session, writer)
    assert delays[USUAL] < 0.2


async def test_two_servers_on_one_database_share_a_room(room: Room, house: Server) -> None:
    with server.running() as second:
        async with (
            await off(client, house, room, "tenderer-1") as one,
            await off(client, second, room, "tenderer-2") as two,
        ):
            for turn in range(5):
                await one.do("say", text=f"one {turn}")
                await two.do("say", text=f"two {turn}")
            await one.until(lambda event: event.seq == 10)
            await two.until(lambda event: event.seq == 10)
            assert one.events == two.events
            assert [event.seq for event in one.events] == list(range(1, 11))


async def test_secrets_stay_with_their_audience_over_the_wire(
    house: Server, room: Room, speaker: User
) -> None:
    """Everything that comes down a real socket is kept, byte for byte, and searched."""
    wire: list[str] = []

    async def listen(key: str, ready: asyncio.Event) -> None:
        from websockets.asyncio.client import connect

        async with connect(
            house.url(room.pk, room.kind),
            origin=f"http://127.0.0.1:{house.port}",
            additional_headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"},
        ) as line:
            await line.send(json.dumps({"hello": {"last_seq": 0}}))
            ready.set()
            async for text in line:
                wire.append(text)
                if "the end" in text:
                    return

    await off(say, room, speaker, "canary early", to="committee")
    key = await off(lambda: hall.sign_in(hall.make_user("tenderer-1")))
    ready = asyncio.Event()
    listening = asyncio.create_task(listen(key, ready))
    await ready.wait()
    async with await off(client, house, room, "evaluator-1") as evaluator:
        await evaluator.do("score", points="77.25")
        await evaluator.do("say", text="canary late", to="committee")
        await evaluator.do("say", text="the end")
        await evaluator.until(lambda event: event.data.get("text") == "canary late")
        await asyncio.wait_for(listening, 8)
    assert "the end" in wire[-1]
    assert "canary" not in "".join(wire)
    assert "77.25" not in "".join(wire)
    assert "member:1" not in "".join(wire)


# --- lines that drop -----------------------------------------------------------------------------


async def test_client_comes_back_and_misses_nothing(
    house: Server, room: Room, speaker: User
) -> None:
    seen: list[int] = []
    async with await off(
        client, house, room, "tenderer-1", on_event=lambda event: seen.append(event.seq)
    ) as visitor:
        for turn in range(4):
            await visitor.drop()
            await off(say, room, speaker, f"{turn}", times=3)
            await visitor.until(lambda event, turn=turn: event.seq == 3 * turn + 3)
    assert seen == list(range(1, 13))


async def test_command_in_a_dropped_line_is_done_once(house: Server, room: Room) -> None:
    async with await off(client, house, room, "tenderer-1") as visitor:
        for turn in range(6):
            sending = asyncio.create_task(visitor.do("say", text=f"{turn}"))
            # Cut at another point of the command's way each time.
            await asyncio.sleep(turn * 0.002)
            await visitor.drop()
            await asyncio.wait_for(sending, 10)
    texts = await off(
        lambda: [row.data["text"] for row in RoomEvent.objects.filter(room=room).order_by("seq")]
    )
    assert texts == [str(turn) for turn in range(6)]


async def test_client_survives_a_killed_server(room: Room, speaker: User) -> None:
    seen: list[int] = []
    house = await off(server.start, "tests.bidding.hall_app:application")
    async with await off(
        client, house, room, "tenderer-1", on_event=lambda event: seen.append(event.seq)
    ) as visitor:
        await visitor.do("say", text="before")
        await off(house.kill)
        await off(say, room, speaker, "meanwhile")
        again = await off(server.start, "tests.bidding.hall_app:application", port=house.port)
        try:
            assert await visitor.do("say", text="after") == 3
            await visitor.until(lambda event: event.seq == 3)
        finally:
            await off(again.kill)
    assert seen == [1, 2, 3]


# --- refusals the client passes on ---------------------------------------------------------------


async def test_client_raises_what_the_room_refuses(house: Server, room: Room) -> None:
    async with await off(client, house, room, "tenderer-1") as visitor:
        with pytest.raises(Denied):
            await visitor.do("score", points="1")
        with pytest.raises(Refused) as refusal:
            await visitor.do("say", text="x", to="everybody")
        assert refusal.value.code == "no-such-audience"
        with pytest.raises(Malformed):
            await visitor.do("say", text="x" * 70_000)
        with pytest.raises(Unavailable):
            await visitor.until(lambda event: False, timeout=0.1)
        assert await visitor.do("say", text="still here") == 1


async def test_client_is_told_why_it_may_not_enter(house: Server, room: Room) -> None:
    stranger = await off(client, house, room, "stranger-1")
    with pytest.raises(Denied):
        await stranger.__aenter__()
    nobody = RoomClient(house.url(room.pk, room.kind), cookies={})
    with pytest.raises(Denied) as refusal:
        await nobody.__aenter__()
    assert refusal.value.code == "signed-out"
    lost = RoomClient(
        house.url("00000000-0000-4000-8000-000000000000", "test-quiet"),
        cookies=await off(lambda: cookies(hall.make_user("tenderer-1"))),
    )
    with pytest.raises(NotFound):
        await lost.__aenter__()
    empty = RoomClient(
        f"ws://127.0.0.1:{server.free_port()}/ws/rooms/x/y/", cookies={}, patience=0.5
    )
    with pytest.raises(Unavailable):
        await empty.__aenter__()
    with pytest.raises(Malformed):
        RoomClient("ftp://127.0.0.1/", cookies={})


async def test_client_of_a_revoked_session_ends(house: Server, room: Room) -> None:
    user = await off(hall.make_user, "tenderer-1")
    key = await off(hall.sign_in, user)
    async with RoomClient(
        house.url(room.pk, room.kind), cookies={settings.SESSION_COOKIE_NAME: key}
    ) as visitor:
        await visitor.do("say", text="one")
        await off(hall.sign_out, key)
        with pytest.raises(Refused) as refusal:
            await visitor.do("say", text="two")
        assert refusal.value.code == "signed-out"
        with pytest.raises(Denied):
            await visitor.until(lambda event: False)
    assert (await off(rooms.head, room.pk))[0] == 1


# --- slow sockets --------------------------------------------------------------------------------


def _slow_socket(house: Server, room: Room, key: str) -> socket.socket:
    """A socket that says hello and then reads nothing, with a small buffer."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(15)
    line.connect(("127.0.0.1", house.port))
    path = house.url(room.pk, room.kind).partition(str(house.port))[2]
    line.sendall(
        (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nOrigin: http://127.0.0.1:{house.port}\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {settings.SESSION_COOKIE_NAME}={key}\r\n\r\n"
        ).encode()
    )
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += line.recv(1)
    assert reply.startswith(b"HTTP/1.1 101")
    body = json.dumps({"hello": {"last_seq": 0}}).encode()
    line.sendall(bytes([0x81, 0x80 | len(body)]) + bytes(4) + body)
    return line


async def test_slow_socket_is_closed_and_delays_nobody(
    house: Server, room: Room, speaker: User
) -> None:
    key = await off(lambda: hall.sign_in(hall.make_user("tenderer-slow")))
    slow = await off(_slow_socket, house, room, key)
    async with await off(client, house, room, "tenderer-quick") as quick:
        for _ in range(18):
            await off(say, room, speaker, "x" * 20_000, times=30)
            await quick.settled()
        assert quick.last_seq == 540
    received = b""
    while chunk := await asyncio.to_thread(slow.recv, 1 << 20):
        received += chunk
    slow.close()
    # The last frame is a close frame (0x88) of two bytes: 4408.
    assert received[-4:] == bytes([0x88, 2]) + (4408).to_bytes(2, "big")
    assert len(received) < 540 * 20_000


# --- grown up: PostgreSQL and Valkey -------------------------------------------------------------


@pytest.mark.postgresql
async def test_event_reaches_a_socket_over_postgresql(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LISTEN/NOTIFY wakes the hub; losing it costs speed only."""
    with (
        server.running(SUNLIT_DATABASE_URL=postgresql_url) as house,
        Writer(SUNLIT_DATABASE_URL=postgresql_url) as writer,
    ):
        writer.ask(session="supervisor-outside")
        room = writer.ask(room="test-quiet")["room"]
        session = writer.ask(session="tenderer-1")["session"]
        delays = await _delays(house, room, session, writer)
        assert delays[USUAL] < 0.2
        import psycopg

        async with RoomClient(
            house.url(room, "test-quiet"), cookies={settings.SESSION_COOKIE_NAME: session}
        ) as visitor:
            with psycopg.connect(postgresql_url, autocommit=True) as control:
                cut = control.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
                ).fetchone()
            assert cut == (1,)
            await asyncio.to_thread(writer.ask, say="unheard", room=room)
            await visitor.until(lambda event: event.data["text"] == "unheard", timeout=5)
            # Commands on connections that a server keeps for long still work.
            assert await visitor.do("say", text="heard") == 32


@pytest.mark.postgresql
async def test_event_reaches_a_socket_over_valkey(
    postgresql_url: str, valkey: tuple[str, Any]
) -> None:
    """Pub/sub wakes the hub of another process; without Valkey the hubs look by themselves."""
    url, stop = valkey
    more = {"SUNLIT_DATABASE_URL": postgresql_url, "SUNLIT_VALKEY_URL": url}
    with server.running(**more) as house, Writer(**more) as writer:
        writer.ask(session="supervisor-outside")
        room = writer.ask(room="test-quiet")["room"]
        session = writer.ask(session="tenderer-1")["session"]
        delays = await _delays(house, room, session, writer)
        assert delays[USUAL] < 0.2
        async with RoomClient(
            house.url(room, "test-quiet"), cookies={settings.SESSION_COOKIE_NAME: session}
        ) as visitor:
            stop()
            await asyncio.to_thread(writer.ask, say="unheard", room=room)
            await visitor.until(lambda event: event.data["text"] == "unheard", timeout=8)
            assert await visitor.do("say", text="heard") == 32
            await visitor.settled()
            assert visitor.push == "polling"
