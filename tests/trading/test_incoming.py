"""Bodies that are read while they come in: in order, bounded, and never waited for without end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from django.http import HttpResponse
from django.urls import path

from trading import incoming
from trading.incoming import HELD, Incoming, IncomingHandler, Stalled

PIECE = 65_536


def piece(number: int, size: int = PIECE) -> bytes:
    return bytes([number % 251]) * size


class Client:
    """A server's side of one request: gives its messages one by one, and counts them."""

    def __init__(self, *messages: dict, ends: bool = True) -> None:
        self.messages, self.ends, self.asked = list(messages), ends, 0
        self.sent: list[dict] = []
        #: Set once the view has said that it reads.
        self.begun = threading.Event()

    async def receive(self) -> dict:
        self.asked += 1
        if self.messages:
            await asyncio.sleep(0)
            return self.messages.pop(0)
        if not self.ends:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        self.sent.append(message)


def body(*pieces: bytes, more: bool = False) -> list[dict]:
    last = len(pieces) - 1
    return [
        {"type": "http.request", "body": data, "more_body": more or number < last}
        for number, data in enumerate(pieces)
    ]


def read_all(stream: Incoming, size: int) -> bytes:
    found = []
    while data := stream.read(size):
        assert len(data) <= size
        found.append(bytes(data))
    return b"".join(found)


def pumped(client: Client, work):
    """What ``work(incoming)`` gives in a thread while the loop takes the body in."""

    async def run():
        stream = Incoming(client.receive)
        pump = asyncio.create_task(stream.pump())
        try:
            return await asyncio.to_thread(work, stream)
        finally:
            pump.cancel()

    return asyncio.run(run())


@pytest.mark.parametrize("size", [1000, PIECE - 1, PIECE, PIECE + 1, 10**6])
def test_body_is_read_whole_and_in_order(size):
    sent = [piece(number) for number in range(200)]
    assert pumped(Client(*body(*sent)), lambda stream: read_all(stream, size)) == b"".join(sent)


def test_body_without_a_byte_ends_at_once():
    assert pumped(Client(*body(b"")), lambda stream: read_all(stream, 10)) == b""


def test_no_more_than_a_few_mib_wait_for_a_view_that_does_not_read():
    client = Client(*body(*[piece(number) for number in range(400)]))

    def linger(stream: Incoming) -> int:
        while client.asked * PIECE <= HELD:
            time.sleep(0.001)
        time.sleep(0.05)
        held = client.asked
        assert len(read_all(stream, PIECE)) == 400 * PIECE
        return held

    assert pumped(client, linger) == HELD // PIECE + 1


def test_client_that_goes_away_ends_the_body():
    client = Client(*body(piece(1), more=True))
    assert pumped(client, lambda stream: read_all(stream, PIECE)) == piece(1)


def test_line_that_brings_nothing_more_is_given_up(monkeypatch):
    monkeypatch.setattr(incoming, "STALLED", 0.05)
    with pytest.raises(Stalled) as caught:
        pumped(
            Client(*body(piece(1), more=True), ends=False), lambda stream: read_all(stream, PIECE)
        )
    assert caught.value.code == "stalled"


def test_line_that_brings_a_little_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(incoming, "LONGEST", 0.2)
    client = Client(ends=False)

    async def drip() -> dict:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    client.receive = drip
    with pytest.raises(Stalled):
        pumped(client, lambda stream: read_all(stream, PIECE))


def test_closed_body_lets_its_reader_go():
    def close_and_read(stream: Incoming) -> bytes:
        closing = threading.Timer(0.05, stream.close)
        closing.start()
        found = read_all(stream, PIECE)
        closing.join()
        return found

    assert pumped(Client(ends=False), close_and_read) == b""


# --- behind Django's handler ---------------------------------------------------------------------

_clients: list[Client] = []


def reading(request):
    """Says that it reads before the end of the body is there, and answers with what it read."""
    first = request.read(PIECE)
    _clients[-1].begun.set()
    return HttpResponse(bytes(first)[:1] + str(len(first) + len(rest(request))).encode())


def rest(request) -> bytes:
    return read_all(request, 10**6)


def refusing(request):
    return HttpResponse("no", status=403)


urlpatterns = [path("reading", reading), path("refusing", refusing)]


def asked(client: Client, address: str) -> list[dict]:
    scope = {
        "type": "http", "method": "PATCH", "path": address, "headers": [(b"host", b"localhost")],
        "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    _clients.append(client)
    asyncio.run(IncomingHandler()(scope, client.receive, client.send))
    return client.sent


@pytest.fixture
def views(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]


def test_view_begins_before_the_body_has_ended(views):
    client = Client()
    left = body(piece(65), piece(66, 100))

    async def receive() -> dict:
        if len(left) == 1:
            # The second half is sent only once the view has read the first.
            await asyncio.to_thread(client.begun.wait, 10)
            assert client.begun.is_set()
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    client.receive = receive
    start, said = asked(client, "/reading")
    assert (start["status"], said["body"]) == (200, b"A65636")
    assert (b"X-Content-Type-Options", b"nosniff") in start["headers"]


def test_view_that_refuses_answers_without_the_rest_of_the_body(views):
    client = Client(*body(*[piece(number) for number in range(400)]), ends=False)
    start, said = asked(client, "/refusing")
    assert (start["status"], said["body"]) == (403, b"no")
    assert client.asked * PIECE <= HELD + 2 * PIECE


def test_client_that_goes_away_gets_no_answer_and_the_view_ends(views):
    client = Client(*body(piece(1), more=True))
    before = threading.active_count()
    assert asked(client, "/reading") == []
    assert threading.active_count() == before
