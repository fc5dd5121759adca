"""The socket of a room: who may hold it, what comes up, what goes down.

The consumer decides nothing. It reads frames, asks on every command whether the session still
stands, has the command run as an act in the room's queue, and sends what the hub hands it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import OperationalError
from django.utils import translation
from django.utils.translation import gettext as _

from bidding.domain import hub, room_queues, rooms, visitors
from bidding.domain.outbox import Message, Outbox
from bidding.domain.replay import Replay, replay
from bidding.domain.room_acts import JoinRoom, LeaveRoom
from bidding.domain.room_kinds import audiences, find
from bidding.domain.visitors import Visitor
from bidding.interfaces import frames
from bidding.interfaces.room_jobs import Presence, Said, fault
from bidding.models import Room
from signatures.domain import clock, jcs
from signatures.domain.act import Actor
from signatures.domain.errors import Denied, NotFound, SunlitError

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Close codes: signed out, not (or no longer) in this room, no such room.
SIGNED_OUT, NOT_ALLOWED, NO_ROOM = 4401, 4403, 4404

#: Seconds between pings; each also asks again who this is and what they may see.
PULSE = 15.0
#: Commands a second and socket, and frames of any kind, which are counted before they are read.
COMMANDS, FRAMES = 20, 60

_edge = ThreadPoolExecutor(max_workers=4, thread_name_prefix="room-edge")


class Allowance:
    """So many a second, and as many at once."""

    def __init__(self, rate: int) -> None:
        self._rate = float(rate)
        self._left = self._rate
        self._at = asyncio.get_running_loop().time()

    def take(self) -> bool:
        """Whether one more is allowed now."""
        now = asyncio.get_running_loop().time()
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RoomConsumer(AsyncConsumer):  # type: ignore[misc]
    """One socket in one room.

    It runs the ASGI conversation by itself: Channels' own loop crosses to a single shared thread
    for every message, so one slow command would hold up every socket of the process.
    """

    visitor: Visitor
    room: Room
    feed: hub.Feed

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.scope, self._send = scope, send
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        try:
            await self._enter()
        except SunlitError as error:
            code = {"signed-out": SIGNED_OUT, "no-such-room": NO_ROOM}.get(error.code, NOT_ALLOWED)
            await send({"type": "websocket.close", "code": code})
            return
        # For this task and those it starts: refusals are in the person's language.
        translation.activate(self.visitor.user.language)
        self.outbox = Outbox(send, self._lost)
        self.socket = uuid.uuid4()
        self.commands, self.frames = Allowance(COMMANDS), Allowance(FRAMES)
        self.greeted = self.present = False
        self.catching_up = asyncio.Lock()
        self.tasks: set[asyncio.Task[None]] = set()
        self.subscription = hub.Subscription(
            outbox=self.outbox, audiences=frozenset(), resync=self._resync
        )
        self.hub = hub.current()
        self.feed = await self.hub.subscribe(self.room.pk, self.subscription)
        try:
            self._spawn(self.outbox.run())
            self._spawn(self._pulse())
            self.conversation = self._spawn(self._converse(receive))
            await asyncio.wait([self.conversation])
        finally:
            for task in self.tasks:
                task.cancel()
            if self.present:
                gone = LeaveRoom(room=self.room.pk, socket=self.socket)
                self._tell(gone, Actor.process(self.hub.process))
            await self.hub.unsubscribe(self.room.pk, self.subscription)

    def _lost(self) -> None:
        """The peer does not even take the close: end without it."""
        self.conversation.cancel()

    async def _enter(self) -> None:
        cookies = self.scope.get("cookies", {})
        address = self.scope["url_route"]["kwargs"]
        self.visitor, self.room = await self._ask(
            partial(
                _admit,
                cookies.get(settings.SESSION_COOKIE_NAME, ""),
                address["kind"],
                UUID(address["room"]),
            )
        )

    async def _converse(self, receive: Callable[[], Awaitable[Message]]) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if self.outbox.closing:
                continue
            try:
                await self._frame(message.get("text"))
            except frames.BadFrame as error:
                self.outbox.put(frames.refusal(error.id, error))
            except SunlitError as error:
                self.fail(None, error)
            except Exception as error:
                self.outbox.put(frames.refusal(None, fault("A frame", error)))

    # --- frames that come up ---------------------------------------------------------------------

    async def _frame(self, text: str | None) -> None:
        if not self.frames.take():
            raise frames.BadFrame(_("Too many frames; slow down."), code="too-fast")
        match frames.read(text):
            case frames.Hello() as frame:
                await self._hello(frame)
            case frames.Command() as frame:
                self._command(frame)
            case frames.Ping() as frame:
                server = await self._ask_again()
                self.outbox.put(frames.pong(frame.stamp, server, self.hub.push))
            case frames.Pong():
                pass

    async def _hello(self, frame: frames.Hello) -> None:
        await self._catch_up(frame.last_seq)
        if not self.greeted:
            self.greeted = True
            if find(self.room.kind).presence:
                self.present = True
                here = JoinRoom(room=self.room.pk, socket=self.socket, process=self.hub.process)
                self._tell(here, Actor.person(self.visitor.user))

    def _command(self, frame: frames.Command) -> None:
        if not self.commands.take():
            raise frames.BadFrame(
                _("At most 20 commands a second; try again in a moment."),
                code="too-many-commands",
                id=frame.id,
            )
        if not self.greeted:
            raise frames.BadFrame(
                _("Say hello before the first command."), code="hello-first", id=frame.id
            )
        try:
            room_queues.pool().submit(self.room.pk, Said(self, frame))
        except room_queues.QueueFull:
            raise frames.BadFrame(
                _("Too many commands wait in this room; try again in a moment."),
                code="room-busy",
                id=frame.id,
            ) from None

    def _tell(self, act: JoinRoom | LeaveRoom, actor: Actor) -> None:
        room_queues.pool().submit(self.room.pk, Presence(act, actor), always=True)

    # --- what jobs in the room's queue ask of the socket ------------------------------------------

    def soon(self, what: Callable[[], None]) -> None:
        """Back to the event loop, from any thread, unless it is gone."""
        try:
            self.hub.call_soon(what)
        except RuntimeError:
            log.debug("A socket's loop has ended before its answer.")

    def send(self, text: str) -> None:
        """Queue one frame."""
        self.outbox.put(text)

    def fail(self, id_: str | None, error: SunlitError) -> None:
        """Answer a refusal; close where the person is signed out or out of the room."""
        self.outbox.put(frames.refusal(id_, error))
        if error.code == "signed-out":
            self.outbox.close(SIGNED_OUT)
        elif id_ is None and isinstance(error, Denied):
            self.outbox.close(NOT_ALLOWED)

    # --- rights and catching up ------------------------------------------------------------------

    async def _catch_up(self, last_seq: int | None = None) -> None:
        """Bring the socket to the present, then let the hub go on.

        It goes on from where it stands, or from the ``last_seq`` that a hello names.
        """
        async with self.catching_up:
            self.subscription.live = False
            after = self.subscription.seq if last_seq is None else last_seq
            shown = self.subscription.audiences if last_seq is None else None
            while True:
                self.visitor, found = await self._ask(
                    partial(_replay, self.visitor, self.room.pk, after, shown)
                )
                if not found.audiences:
                    raise Denied(_("You are no longer in this room."))
                self.subscription.audiences = shown = found.audiences
                await self.outbox.feed(found.frames)
                self.subscription.seq = after = found.seq
                if self.feed.seq <= found.seq:
                    self.subscription.live = True
                    return

    async def _ask_again(self) -> str:
        """Ask whether the person is still signed in and what they may see; the official time."""
        self.visitor, granted, now = await self._ask(partial(_ask_again, self.visitor, self.room))
        if not granted:
            raise Denied(_("You are no longer in this room."))
        if self.subscription.live and granted != self.subscription.audiences:
            await self._catch_up()
        return now

    def _resync(self) -> None:
        """The hub says that rights changed: ask, and go on from where the socket stands."""
        if self.greeted:
            self._spawn(self._asked_anew())

    async def _asked_anew(self) -> None:
        try:
            await self._catch_up()
        except SunlitError as error:
            self.fail(None, error)

    async def _pulse(self) -> None:
        # Spread out from the first, so that a thousand sockets that came together do not ask
        # together ever after.
        wait = PULSE * random.uniform(0.1, 1.0)  # noqa: S311
        while True:
            await asyncio.sleep(wait)
            wait = PULSE * random.uniform(0.8, 1.0)  # noqa: S311
            try:
                if self.greeted:
                    self.outbox.put(frames.ping(await self._ask_again(), self.hub.push))
            except SunlitError as error:
                self.fail(None, error)
            except OperationalError:
                log.warning("A socket's rights could not be asked.", exc_info=True)

    # --- small things ----------------------------------------------------------------------------

    async def _ask(self, question: Callable[[], T]) -> T:
        """Put a question to the database outside the event loop."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        return await loop.run_in_executor(_edge, context.run, _asking, question)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


def _asking(question: Callable[[], T]) -> T:
    room_queues.refresh_connection()
    return question()


def _admit(session: str, kind: str, room: UUID) -> tuple[Visitor, Room]:
    visitor = visitors.admit(session)
    found = rooms.get(room)
    if found.kind != kind:
        raise NotFound(_("There is no such room."), code="no-such-room")
    if not audiences(visitor.user, found):
        raise Denied(_("You may not be in this room."))
    return visitor, found


def _replay(
    visitor: Visitor, room: UUID, after: int, shown: frozenset[str] | None
) -> tuple[Visitor, Replay]:
    visitor = visitors.readmit(visitor)
    found = replay(room, visitor.user, after=after, write_snapshot=frames.snapshot, shown=shown)
    return visitor, found


def _ask_again(visitor: Visitor, room: Room) -> tuple[Visitor, frozenset[str], str]:
    visitor = visitors.readmit(visitor)
    return visitor, audiences(visitor.user, room), jcs.timestamp(clock.now())


class NoRoom(AsyncConsumer):  # type: ignore[misc]
    """Every other address: refused before it is accepted."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close", "code": NO_ROOM})
