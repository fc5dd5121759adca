"""Threads that stand: each serves one request at a time, and nothing of one reaches the next."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper as DatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import get_language

from signatures.models import User
from trading import threads
from trading.threads import STANDING, StandingHandler, Threads

_meeting = threading.Barrier(STANDING + 2, timeout=10)


def here(request):
    return HttpResponse(str(threading.get_ident()))


def meeting(request):
    """Answers once as many requests as may meet are being served at once."""
    _meeting.wait()
    return here(request)


def failing(request):
    raise RuntimeError("as a view may")


def language(request):
    return HttpResponse(get_language())


def counting(request):
    return HttpResponse(str(User.objects.count()))


def counting_together(request):
    found = counting(request)
    _meeting.wait()
    return found


def counting_for_long(request):
    found = counting(request)
    _meeting.wait()
    _meeting.wait()
    return found


def closing(request):
    connections.close_all()
    return HttpResponse()


urlpatterns = [
    path(view.__name__, view)
    for view in (
        here, meeting, failing, language, counting, counting_together, counting_for_long, closing,
    )
]  # fmt: skip


@pytest.fixture(autouse=True)
def standing(settings, monkeypatch) -> Iterator[Threads]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware"]
    found = Threads()
    monkeypatch.setattr(threads, "_threads", found)
    yield found
    for thread in found._free:
        thread.shutdown()


class Handler(StandingHandler):
    """Without bodies: Django leaves their files to the collector when it is cancelled."""

    async def read_body(self, receive):
        return io.BytesIO()


async def asked(address: str, language: str = "en") -> str:
    said: list[dict] = []

    async def receive() -> dict:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict) -> None:
        said.append(message)

    scope = {
        "type": "http", "method": "GET", "path": address, "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept-language", language.encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await Handler()(scope, receive, send)
    start, body = said[0], said[1]
    return body["body"].decode() if start["status"] == 200 else str(start["status"])


async def in_turn(*addresses: str) -> list[str]:
    return [await asked(address) for address in addresses]


async def at_once(*addresses: str) -> list[str]:
    return await asyncio.gather(*map(asked, addresses))


def test_one_thread_serves_one_request_after_another():
    assert len(set(asyncio.run(in_turn("/here", "/here", "/here")))) == 1


def test_requests_at_once_have_threads_of_their_own_and_few_of_them_stand(standing):
    found = asyncio.run(at_once(*["/meeting"] * (STANDING + 2)))
    assert len(set(found)) == STANDING + 2
    assert len(standing._free) == STANDING
    after = asyncio.run(in_turn("/here", "/here"))
    assert set(after) < set(found)


def test_view_that_fails_gives_its_thread_back(standing):
    before, failed, after = asyncio.run(in_turn("/here", "/failing", "/here"))
    assert (failed, before) == ("500", after)
    assert len(standing._free) == 1


def test_thread_whose_request_is_cancelled_serves_nobody_else(standing):
    async def cancelled() -> list[str]:
        task = asyncio.create_task(asked("/meeting"))
        while _meeting.n_waiting == 0:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        # The view still works in its thread; it has as much time as it needs.
        return await at_once("/here", *["/meeting"] * (STANDING + 1))

    assert "500" not in asyncio.run(cancelled())
    assert len(standing._free) == STANDING


def test_language_of_one_request_is_not_the_next_ones(standing):
    async def both() -> list[str]:
        return [await asked("/language", each) for each in ("en", "zh-hans", "en")]

    assert asyncio.run(both()) == ["en", "zh-hans", "en"]


@pytest.mark.django_db(transaction=True)
def test_thread_keeps_its_connection(standing):
    opened: list[object] = []

    def note(connection, **more):
        opened.append(connection)

    connection_created.connect(note)
    try:
        asyncio.run(in_turn("/counting", "/counting", "/closing"))
    finally:
        connection_created.disconnect(note)
    assert len(opened) == 1


@pytest.fixture
def still_open() -> Iterator[Callable[[], int]]:
    """How many of the connections that this test's requests opened are open, collector aside."""
    opened: list[DatabaseWrapper] = []

    def note(connection, **more):
        opened.append(connection)

    connection_created.connect(note)
    yield lambda: sum(one.connection is not None for one in opened)
    connection_created.disconnect(note)
    for one in opened:
        one.inc_thread_sharing()
        one.close()


def settled(still_open: Callable[[], int], wanted: int) -> int:
    """How many are open, once that is as many as wanted, or after some seconds."""
    until = time.monotonic() + 10
    while (found := still_open()) != wanted and time.monotonic() < until:
        time.sleep(0.01)
    return found


@pytest.mark.django_db(transaction=True)
def test_thread_that_ends_closes_its_connection(still_open):
    asyncio.run(at_once(*["/counting_together"] * (STANDING + 2)))
    assert settled(still_open, STANDING) == STANDING


@pytest.mark.django_db(transaction=True)
def test_thread_whose_request_was_cancelled_closes_its_connection_once_the_view_is_done(still_open):
    async def cancelled() -> int:
        task = asyncio.create_task(asked("/counting_for_long"))
        others = [asyncio.create_task(asked("/meeting")) for _ in range(STANDING + 1)]
        await asyncio.wait(others)
        task.cancel()
        await asyncio.wait([task])
        at_work = still_open()
        await at_once(*["/meeting"] * (STANDING + 1))
        return at_work

    assert asyncio.run(cancelled()) == 1
    assert settled(still_open, 0) == 0
