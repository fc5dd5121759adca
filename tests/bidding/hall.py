"""A small kind of room for tests, its commands, and the rows that a room stands on."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from bidding.domain import room_commands, room_kinds, rooms
from bidding.domain.room_acts import RoomAct
from bidding.domain.room_kinds import COMMITTEE, Event, RoomKind, State
from bidding.models import Room
from signatures.domain import guard, jcs
from signatures.domain.act import Actor, Scene, command
from signatures.domain.errors import Malformed, Refused
from signatures.models import User
from trading.models import Lot, Organisation, Project

AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
KIND = "test-hall"

#: Opened by a test to let a ``test-hall`` command go on that was told to wait.
gate = threading.Event()


def _audiences(user: User, room: Room) -> frozenset[str]:
    """By the person's name: ``evaluator-1`` sees what the committee sees, strangers nothing."""
    role = User.objects.values_list("username", flat=True).get(pk=user.pk).partition("-")[0]
    own = {"all", room_kinds.only(user.urn)}
    return {
        "evaluator": frozenset(own | {"committee"}),
        "tenderer": frozenset(own | {"tenderers"}),
        "supervisor": frozenset(own | {"supervisors", "committee"}),
        "public": frozenset({"all"}),
    }.get(role, frozenset())


def _reduce(state: State, event: Event) -> State:
    words = [*state["words"], event.data["text"]] if "text" in event.data else state["words"]
    return {"words": words[-5:], "count": state["count"] + 1, "last": event.kind}


kind = room_kinds.register(
    RoomKind(
        name=KIND,
        audiences=_audiences,
        initial=lambda: {"words": [], "count": 0, "last": ""},
        reduce=_reduce,
        presence="committee",
    )
)
quiet = room_kinds.register(
    RoomKind(name="test-quiet", audiences=_audiences, initial=dict, reduce=lambda state, _e: state)
)


@command("test.say")
@dataclass(frozen=True, kw_only=True)
class Say(RoomAct):
    """Says something to an audience."""

    text: str
    to: str = "all"
    times: int = 1

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor)

    def perform(self, scene: Scene, room: Room) -> dict[str, Any]:
        if not room_kinds.is_audience(self.to):
            raise Refused("There is no such audience.", code="no-such-audience", rule="test 1")
        for _ in range(self.times):
            event = rooms.emit(scene, room, "said", {"text": self.text}, self.to)
        return {"said": event.seq}


@command("test.score")
@dataclass(frozen=True, kw_only=True)
class Score(RoomAct):
    """A blind score: the committee learns that there is one, its author and supervisors which."""

    points: Decimal
    sheet: uuid.UUID | None = None
    remarks: tuple[str, ...] = ()
    proof: bytes = b""
    more: dict[str, Any] | None = None

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor, COMMITTEE)

    def perform(self, scene: Scene, room: Room) -> None:
        data = {"points": str(self.points)}
        rooms.emit(scene, room, "scored", data, room_kinds.only(scene.actor.urn))
        rooms.emit(scene, room, "progress", {}, COMMITTEE, by="member:1")


@command("test.expel")
@dataclass(frozen=True, kw_only=True)
class Expel(RoomAct):
    """Takes somebody's right away, then says something that they must not hear."""

    username: str

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor)

    def perform(self, scene: Scene, room: Room) -> None:
        User.objects.filter(username=self.username).update(username=f"public-{uuid.uuid4()}")
        rooms.audiences_changed(scene, room)
        rooms.emit(scene, room, "said", {"text": "behind closed doors"}, COMMITTEE)


@command("test.fail")
@dataclass(frozen=True, kw_only=True)
class Fail(RoomAct):
    """Emits, then fails by a fault of the code."""

    def permit(self, actor: Actor) -> None:
        self.require_audience(actor)

    def perform(self, scene: Scene, room: Room) -> None:
        rooms.emit(scene, room, "said", {"text": "never happened"})
        raise ZeroDivisionError


def _wait(call: room_commands.Call) -> Say:
    """Slow work before the act, until the test opens the gate."""
    if not gate.wait(timeout=10):
        raise Malformed("The gate stayed shut.")
    return Say(room=call.room.pk, text="waited")


for name in (KIND, "test-quiet"):
    room_commands.register(name, "say", Say)
    room_commands.register(name, "score", Score)
    room_commands.register(name, "expel", Expel)
    room_commands.register(name, "fail", Fail)
    room_commands.register(name, "wait", Say, prepare=_wait)


# --- rows ----------------------------------------------------------------------------------------


def make_lot() -> Lot:
    """A lot to hang a room on."""
    with guard.writes("test"):
        mark = uuid.uuid4().hex
        tenderee = Organisation.objects.create(
            name="Tenderee", credit_code=mark[:18].upper(), kinds=["tenderee"], registered_at=AT
        )
        project = Project.objects.create(
            code=f"GC-{mark[:12]}",
            title="Road",
            category="construction",
            tenderee=tenderee,
            created_at=AT,
        )
        return Lot.objects.create(
            project=project, number=1, title="Road", stage="opening", stage_since=AT
        )


def make_room(kind: str = KIND) -> Room:
    """An open room with an empty stream."""
    with guard.writes("test"):
        return Room.objects.create(kind=kind, lot=make_lot(), opened_at=AT)


def make_user(username: str, *, language: str = "en") -> User:
    """A person whose name says what they are."""
    with guard.writes("test"):
        return User.objects.create(
            username=username, full_name=username, language=language, password="!"
        )


def sign_in(user: User) -> str:
    """A session of this person; returns its key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def sign_out(session: str) -> None:
    import_module(settings.SESSION_ENGINE).SessionStore(session).delete()


def parsed(at: str) -> datetime:
    return jcs.parse_timestamp(at)
