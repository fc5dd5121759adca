"""The frames of the room protocol: what comes up is read strictly, what goes down is written here.

JSON text, one object a frame. Up: ``hello``, a command, ``ping``, ``pong``. Down: an event, a
snapshot, ``ack``, ``nack``, ``ping``, ``pong``.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import Malformed, SunlitError

#: The largest frame that is read, in bytes of UTF-8.
MAX_FRAME = 64 * 1024
_MAX_NAME = 60
_MAX_STAMP = 64


class BadFrame(Malformed):
    """A frame that is none of the protocol's; ``id`` is the command's own where it has one."""

    default_code = "malformed-frame"

    def __init__(self, message: str, *, code: str | None = None, id: str | None = None) -> None:
        super().__init__(message, code=code)
        self.id = id


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of a connection: what the client has seen already."""

    last_seq: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command; ``id`` is a UUID that the client drew, and its idempotency key."""

    id: str
    name: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """A question for the time; ``stamp`` comes back as it is."""

    stamp: int | str


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to the server's own ping."""


Frame: TypeAlias = Hello | Command | Ping | Pong


def read(text: str | None) -> Frame:
    """The frame in ``text`` (None for a binary one); raises :class:`BadFrame`."""
    if text is None:
        raise BadFrame(_("Frames are text, not binary."), code="binary-frame")
    if len(text) > MAX_FRAME or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME:
        raise BadFrame(_("A frame holds at most 64 KiB."), code="frame-too-large")
    try:
        value = jcs.loads(text)
    except SunlitError as error:
        raise BadFrame(str(error)) from None
    if not isinstance(value, dict):
        raise BadFrame(_("A frame is one JSON object."))
    if "hello" in value:
        return _hello(value)
    if "do" in value or "id" in value:
        return _command(value, text)
    if set(value) == {"ping"}:
        return _ping(value["ping"])
    if set(value) == {"pong"} or set(value) == {"pong", "server"}:
        return Pong()
    raise BadFrame(_("This frame is neither hello, a command nor a ping."))


def _hello(value: dict[str, Any]) -> Hello:
    body = value["hello"]
    if set(value) == {"hello"} and isinstance(body, dict) and set(body) == {"last_seq"}:
        last = body["last_seq"]
        if type(last) is int and last >= 0:
            return Hello(last)
    raise BadFrame(_('The first frame is {"hello": {"last_seq": n}} with n from 0.'))


def _command(value: dict[str, Any], text: str) -> Command:
    id_ = value.get("id")
    if not isinstance(id_, str) or not _is_uuid(id_):
        raise BadFrame(_("A command's id is a UUID in lower case with hyphens."))
    name = value.get("do")
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME:
        raise BadFrame(_('A command\'s name is a short text under "do".'), id=id_)
    fields = value.get("with", {})
    if not isinstance(fields, dict) or not set(value) <= {"id", "do", "with"}:
        raise BadFrame(_('A command is {"id", "do", "with"}, "with" an object.'), id=id_)
    if "\\u0000" in text and _has_nul(fields):
        raise BadFrame(_("Text may not hold the character NUL."), id=id_)
    return Command(id=id_, name=name, fields=fields)


def _ping(stamp: Any) -> Ping:
    if type(stamp) is int or (isinstance(stamp, str) and len(stamp) <= _MAX_STAMP):
        return Ping(stamp)
    raise BadFrame(_("A ping holds a whole number or a short text."))


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _has_nul(value: Any) -> bool:
    """Whether any text in it holds NUL, which PostgreSQL cannot store."""
    if isinstance(value, dict):
        return any(map(_has_nul, value)) or any(map(_has_nul, value.values()))
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


# --- down ----------------------------------------------------------------------------------------


def _write(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def snapshot(state: dict[str, Any], seq: int) -> str:
    """The state as of event ``seq``."""
    return _write({"snapshot": state, "seq": seq})


def ack(id_: str, seq: int) -> str:
    """The command stands; ``seq`` is the room's head after it."""
    return _write({"ack": id_, "seq": seq})


def nack(id_: str | None, code: str, message: str) -> str:
    """The command was refused; ``message`` is shown to the person as it stands."""
    return _write({"nack": id_, "code": code, "message": message})


def refusal(id_: str | None, error: SunlitError) -> str:
    """A nack that says what the error says, with its rule."""
    return nack(id_, error.code, str(error))


def pong(stamp: int | str, server: str, push: str) -> str:
    """The answer to a ping: the official time, and how events come (``live``, ``polling``)."""
    return _write({"pong": stamp, "server": server, "push": push})


def ping(server: str, push: str) -> str:
    """The server's own ping; it sets the page's clock."""
    return _write({"ping": server, "push": push})
