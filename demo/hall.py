"""An actor in a live room, from a thread: the kit's socket client on an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from bidding.kit.room_client import Event, RoomClient
from demo.actors import Actor
from demo.run import Run

T = TypeVar("T")
ENTER_SECONDS = 30.0


class InRoom:
    """``with InRoom(run, actor, "opening") as room: room.do("attend", …)``.

    Comes back by itself after a dropped line or a restarted server; a command is answered once.
    """

    def __init__(self, run: Run, actor: Actor, kind: str) -> None:
        self.actor = actor
        self.line = room_of(run, actor, kind)
        self.client = RoomClient(
            f"{run.platform.origin}{self.line['url']}",
            cookies=actor.client.session_cookies,
            patience=60.0,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self.client.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wait(self.client.__aexit__(kind, error, trace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def id(self) -> str:
        return str(self.line["id"])

    @property
    def urn(self) -> str:
        return f"room:{self.id}"

    def do(self, name: str, **fields: Any) -> int:
        """One command; its refusal is raised with the room's own words."""
        return self._wait(self.client.do(name, timeout=60.0, **fields))

    def do_signed(self, name: str, purpose: str, **fields: Any) -> int:
        """A command that rests on a statement signed on the actor's device."""
        return self.do(name, **self.actor.client.sign(purpose, **fields).as_json())

    def until(self, wanted: Callable[[Event], bool], *, seconds: float = 60.0) -> Event:
        """The first event that ``wanted`` holds for, come or to come."""
        return self._wait(self.client.until(wanted, timeout=seconds))

    def drop(self) -> None:
        """Lose the line as a bad network would."""
        self._wait(self.client.drop())

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def room_of(run: Run, actor: Actor, kind: str) -> dict[str, Any]:
    """The lot's room of a kind, once it is there."""

    def found() -> dict[str, Any] | None:
        rooms = actor.client.get(f"/api/v1/lots/{run.lot}/rooms")["rooms"]
        return next((each for each in rooms if each["kind"] == kind), None)

    line: dict[str, Any] = run.wait(found, f"the {kind} room", seconds=ENTER_SECONDS)
    return line
