"""A hand in a live room: what keepers and scripted actors hold instead of a page.

It says hello, replays what it missed, sends commands and waits for their answers, answers pings,
and comes back by itself after a dropped connection: commands without an answer are sent again
under their own ids, so each is done once.

Example::

    async with RoomClient(url, cookies={"sessionid": key}, on_event=show) as room:
        await room.do("say", text="present")
        await room.until(lambda event: event.kind == "closed", timeout=60)
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from signatures.domain.errors import Denied, Malformed, NotFound, Refused, Unavailable

__all__ = ["Event", "RoomClient", "Snapshot"]

log = logging.getLogger(__name__)

#: Seconds between pings, and how long the server may be silent before the line counts as dead.
PING_EVERY, SILENCE = 15.0, 40.0
#: Seconds before the first and between later attempts to come back.
BACK_SOON, BACK_LATER = 0.2, 5.0
#: Events kept for :meth:`RoomClient.until`.
KEPT = 5000

#: Frames above this are refused by the server without being read.
MAX_FRAME = 64 * 1024

#: Close codes that coming back does not cure.
_FINAL: dict[int, tuple[type[Refused], str, str]] = {
    4401: (Denied, "You are signed out. Sign in again.", "signed-out"),
    4403: (Denied, "You are not, or no longer, in this room.", "denied"),
    4404: (NotFound, "There is no such room.", "no-such-room"),
}
_TRY_LATER = frozenset({"busy", "internal-error", "room-busy", "too-fast", "too-many-commands"})


@dataclass(frozen=True, slots=True)
class Event:
    """A committed event of the room; ``at`` is the canonical timestamp, ``by`` a URN."""

    seq: int
    at: str
    kind: str
    by: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The room's state as of event ``seq``, in place of the events up to there."""

    seq: int
    state: dict[str, Any]


Told: TypeAlias = Callable[[Any], None]


class RoomClient:
    """One person's presence in one room. Use as an asynchronous context manager.

    ``url`` is ``ws://host/ws/rooms/<kind>/<uuid>/`` (``http`` is read as ``ws``); ``cookies`` are
    those of a sign-in session, asked for anew on every connection where a function is given.
    ``on_event`` and ``on_snapshot`` are called in order, each event once. ``last_seq`` is what
    was seen before. Entering raises :class:`Denied` or :class:`NotFound` where the room refuses,
    and :class:`Unavailable` where nothing answers within ``patience`` seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        cookies: Mapping[str, str] | Callable[[], Mapping[str, str]],
        on_event: Callable[[Event], None] | None = None,
        on_snapshot: Callable[[Snapshot], None] | None = None,
        last_seq: int = 0,
        patience: float = 30.0,
    ) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        if scheme not in {"ws", "wss"} or not parts.hostname:
            raise Malformed(f"{url} is no address of a room; it begins with ws:// or wss://.")
        self.url = parts._replace(scheme=scheme).geturl()
        self._origin = f"{'https' if scheme == 'wss' else 'http'}://{parts.netloc}"
        # The platform on this machine is never behind a proxy.
        local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        self._proxy: bool | None = None if local else True
        self._cookies = cookies if callable(cookies) else lambda: cookies
        self._on_event = on_event
        self._on_snapshot = on_snapshot
        self._patience = patience
        self.last_seq = last_seq
        #: The last snapshot that came, if any.
        self.snapshot: Snapshot | None = None
        #: The latest events, oldest first.
        self.events: list[Event] = []
        #: The server's official time when it last said so, and whether events are pushed.
        self.server_time = ""
        self.push = ""
        self._line: ClientConnection | None = None
        self._greeted = asyncio.Event()
        self._news = asyncio.Event()
        self._pending: dict[str, tuple[str, asyncio.Future[int]]] = {}
        self._pings: dict[int, asyncio.Future[None]] = {}
        self._pinged = 0
        self._failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    # --- coming and going ------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay())
        try:
            await self.settled(timeout=self._patience)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._fail(Unavailable("The connection to the room was closed.", code="closed"))

    async def drop(self) -> None:
        """Cut the line as a bad network would; the client comes back by itself."""
        if self._line is not None:
            self._line.transport.abort()

    # --- commands --------------------------------------------------------------------------------

    async def do(
        self, name: str, *, id: uuid.UUID | None = None, timeout: float = 30.0, **fields: Any
    ) -> int:
        """Send a command and wait for its answer; returns the room's ``seq`` after it.

        Raises :class:`Refused` with the code and the message of a nack, :class:`Unavailable`
        where the platform asks to try later or gives no answer in ``timeout`` seconds. Sending
        again with the same ``id`` is safe.
        """
        key = str(id or uuid.uuid4())
        text = json.dumps({"id": key, "do": name, "with": fields}, ensure_ascii=False)
        if len(text.encode()) > MAX_FRAME:
            raise Malformed("A command takes at most 64 KiB; send files by upload.")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pending[key] = (text, answer)
        try:
            if self._failure is not None:
                raise self._failure
            if self._greeted.is_set():
                await self._send(text)
            return await asyncio.wait_for(answer, timeout)
        except TimeoutError:
            raise Unavailable(f"No answer to {name} within {timeout:g} seconds.") from None
        finally:
            self._pending.pop(key, None)

    async def settled(self, *, timeout: float = 30.0) -> None:
        """Wait until everything committed before this call has been handed to the handlers."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pinged += 1
        self._pings[self._pinged] = answer
        try:
            if self._failure is not None:
                raise self._failure
            if self._greeted.is_set():
                # Hello once more: its answer is read from the database, not from the hub.
                await self._say_hello(self._pinged)
            await asyncio.wait_for(answer, timeout)
        except TimeoutError:
            raise Unavailable(f"The room did not answer within {timeout:g} seconds.") from None
        finally:
            self._pings = {n: item for n, item in self._pings.items() if item is not answer}

    async def until(self, wanted: Callable[[Event], bool], *, timeout: float = 30.0) -> Event:
        """The first event, come or to come, that ``wanted`` holds for.

        Raises :class:`Unavailable` after ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                seen = 0
                while True:
                    news = self._news
                    for event in self.events:
                        if event.seq > seen and wanted(event):
                            return event
                    seen = self.events[-1].seq if self.events else seen
                    if self._failure is not None:
                        raise self._failure
                    await news.wait()
        except TimeoutError:
            raise Unavailable(f"No such event within {timeout:g} seconds.") from None

    # --- the line --------------------------------------------------------------------------------

    async def _stay(self) -> None:
        wait = BACK_SOON
        while True:
            try:
                await self._hold()
                wait = BACK_SOON
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else 1006
                if code in _FINAL:
                    kind, message, name = _FINAL[code]
                    self._fail(kind(message, code=name))
                    return
                wait = BACK_SOON if self._greeted.is_set() else wait
            except InvalidStatus as refused:
                if refused.response.status_code in {401, 403, 404}:
                    self._fail(Denied("The platform refused the connection to the room."))
                    return
            except (OSError, TimeoutError, InvalidHandshake) as error:
                log.debug("The room cannot be reached: %s", error)
            except Exception as error:  # a handler's own fault ends the visit, with its reason
                self._fail(error)
                return
            finally:
                self._line = None
                self._greeted.clear()
            await asyncio.sleep(wait)
            wait = min(wait * 2, BACK_LATER)

    async def _hold(self) -> None:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies().items())
        async with connect(
            self.url,
            origin=self._origin,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookies},
            proxy=self._proxy,  # type: ignore[arg-type]
            compression=None,
            ping_interval=None,
            max_size=64 * 1024 * 1024,
            open_timeout=10,
            close_timeout=2,
        ) as line:
            self._line = line
            self._pinged += 1
            await self._say_hello(self._pinged)
            self._greeted.set()
            for text, _answer in list(self._pending.values()):
                await self._send(text)
            beat = asyncio.create_task(self._beat())
            try:
                while True:
                    async with asyncio.timeout(SILENCE):
                        frame = await line.recv()
                    await self._take(json.loads(frame))
            finally:
                beat.cancel()

    async def _say_hello(self, mark: int) -> None:
        """Frames are answered in order: a pong to this mark comes after hello's answer."""
        await self._send(json.dumps({"hello": {"last_seq": self.last_seq}}))
        await self._send(json.dumps({"ping": mark}))

    async def _send(self, text: str) -> None:
        """Send if there is a line; what is lost with it is sent again on the next one."""
        if self._line is not None:
            try:
                await self._line.send(text)
            except ConnectionClosed:
                return

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY)
            self._pinged += 1
            await self._send(json.dumps({"ping": self._pinged}))

    # --- frames that come down -------------------------------------------------------------------

    async def _take(self, frame: dict[str, Any]) -> None:
        if "event" in frame:
            self._take_event(frame)
        elif "snapshot" in frame:
            self.last_seq = max(self.last_seq, frame["seq"])
            self.snapshot = Snapshot(frame["seq"], frame["snapshot"])
            if self._on_snapshot is not None:
                self._on_snapshot(self.snapshot)
        elif "ack" in frame:
            if answer := self._answer(frame["ack"]):
                answer.set_result(frame["seq"])
        elif "nack" in frame:
            self._take_nack(frame)
        elif "pong" in frame:
            self.server_time, self.push = frame["server"], frame["push"]
            for mark, waiting in self._pings.items():
                if mark <= frame["pong"] and not waiting.done():
                    waiting.set_result(None)
        elif "ping" in frame:
            self.server_time, self.push = frame["ping"], frame["push"]
            await self._send(json.dumps({"pong": frame["ping"]}))

    def _take_event(self, frame: dict[str, Any]) -> None:
        if frame["seq"] <= self.last_seq:
            return
        self.last_seq = frame["seq"]
        event = Event(frame["seq"], frame["at"], frame["event"], frame["by"], frame["data"])
        self.events.append(event)
        del self.events[:-KEPT]
        self._tell()
        if self._on_event is not None:
            self._on_event(event)

    def _take_nack(self, frame: dict[str, Any]) -> None:
        code, message = frame["code"], frame["message"]
        if answer := self._answer(frame["nack"]):
            kind = Unavailable if code in _TRY_LATER else Denied if code == "denied" else Refused
            answer.set_exception(kind(message, code=code))
        elif frame["nack"] is None:
            log.info("The room refused a frame: %s", message)

    def _answer(self, key: str | None) -> asyncio.Future[int] | None:
        _text, answer = self._pending.get(key or "", ("", None))
        return None if answer is None or answer.done() else answer

    def _fail(self, error: Exception) -> None:
        """Everybody who waits learns why there is nothing more to wait for."""
        self._failure = self._failure or error
        for _text, answer in self._pending.values():
            if not answer.done():
                answer.set_exception(self._failure)
        for waiting in self._pings.values():
            if not waiting.done():
                waiting.set_exception(self._failure)
        self._tell()

    def _tell(self) -> None:
        """Wake everybody in :meth:`until`."""
        news, self._news = self._news, asyncio.Event()
        news.set()
