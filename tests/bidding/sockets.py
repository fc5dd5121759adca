"""A scripted hand on one socket, in process, for tests.

It speaks ASGI through asgiref's communicator: Channels' own needs daphne, which is unfit here.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connections

from bidding.models import Room
from signatures.models import User
from tests.bidding import hall
from trading.asgi import application

T = TypeVar("T")

#: Long enough for a loaded machine, far below a test's limit.
PATIENCE = 8.0


async def off(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Run a query outside the event loop and leave no connection behind."""

    def run() -> T:
        try:
            return call(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


class Hand:
    """One person's socket. ``frames`` keeps all that ever came down."""

    def __init__(
        self, room: Room, session: str, *, kind: str = "", origin: str = "http://127.0.0.1:8000"
    ) -> None:
        headers = [(b"host", b"127.0.0.1:8000")]
        if origin:
            headers.append((b"origin", origin.encode()))
        if session:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": f"/ws/rooms/{kind or room.kind}/{room.pk}/",
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        self.session = session
        self.socket = ApplicationCommunicator(application, scope)
        self.user = User()
        self.frames: list[dict[str, Any]] = []

    @classmethod
    async def enter(cls, room: Room, username: str, last_seq: int = 0) -> Hand:
        """Connect as a new person of that name and say hello; nothing is read yet."""
        user = await off(hall.make_user, username)
        hand = cls(room, await off(hall.sign_in, user))
        hand.user = user
        await hand.connect()
        await hand.hello(last_seq)
        return hand

    async def connect(self) -> tuple[bool, Any]:
        """Whether the server accepts, and the code of a refusal."""
        await self.socket.send_input({"type": "websocket.connect"})
        answer = await self.socket.receive_output(timeout=PATIENCE)
        return answer["type"] == "websocket.accept", answer.get("code")

    async def hello(self, last_seq: int = 0) -> None:
        await self.send({"hello": {"last_seq": last_seq}})

    async def send(self, frame: Any) -> None:
        await self.raw(json.dumps(frame))

    async def raw(self, text: str | None = None, data: bytes | None = None) -> None:
        content = {"bytes": data} if text is None else {"text": text}
        await self.socket.send_input({"type": "websocket.receive", **content})

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        output = await self.socket.receive_output(timeout=PATIENCE)
        assert output["type"] == "websocket.send", output
        frame = json.loads(output["text"])
        self.frames.append(frame)
        return frame

    async def until(
        self, wanted: Callable[[dict[str, Any]], Any], *, after: int = 0
    ) -> dict[str, Any]:
        """The first frame, come (but for the first ``after``) or to come, that is wanted."""
        for frame in self.frames[after:]:
            if wanted(frame):
                return frame
        while not wanted(frame := await self.receive()):
            pass
        return frame

    async def do(self, name: str, *, id: str | None = None, **fields: Any) -> dict[str, Any]:
        """Send a command and return its ack or nack."""
        id = id or str(uuid.uuid4())
        before = len(self.frames)
        await self.send({"id": id, "do": name, "with": fields})
        return await self.until(
            lambda frame: id in (frame.get("ack"), frame.get("nack")), after=before
        )

    async def settle(self) -> list[dict[str, Any]]:
        """Wait until all that was committed before has come; returns every frame so far.

        The hub needs no more than one look: a marker is committed and waited for by the caller's
        own audience, so that what is missing then never comes. A socket whose rights changed may
        get the state with the marker already in it instead of the marker.
        """
        marker = uuid.uuid4().hex
        answer = await self.do("say", text=marker)
        assert "ack" in answer, answer
        await self.until(
            lambda frame: (
                frame.get("data", {}).get("text") == marker
                or ("snapshot" in frame and frame["seq"] >= answer["seq"])
            )
        )
        return self.frames

    def events(self) -> list[tuple[int, str]]:
        """``(seq, kind)`` of the events so far, without presence."""
        return [
            (frame["seq"], frame["event"])
            for frame in self.frames
            if "event" in frame and frame["event"] not in ("joined", "left")
        ]

    async def closed(self) -> int:
        """The code with which the server closes; frames before it are kept."""
        while True:
            output = await self.socket.receive_output(timeout=PATIENCE)
            if output["type"] == "websocket.close":
                return int(output["code"])
            self.frames.append(json.loads(output["text"]))

    async def leave(self) -> None:
        """Hang up and wait until the server is done with this socket."""
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(timeout=PATIENCE)
