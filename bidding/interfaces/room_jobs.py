"""What a socket has its room's queue do: commands, and that a person came or left.

A job is built on the event loop, runs in the pool's threads and answers back on the loop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from django.db import OperationalError
from django.utils.translation import gettext as _

from bidding.domain import room_commands, rooms, visitors
from bidding.domain.visitors import Visitor
from bidding.interfaces import frames
from bidding.models import Room
from signatures.domain.act import Act, Actor, Outcome
from signatures.domain.errors import SunlitError, Unavailable
from signatures.domain.together import Fate, Order, speaking

log = logging.getLogger(__name__)


class Socket(Protocol):
    """What a job needs of the socket that it came from."""

    room: Room
    visitor: Visitor

    def soon(self, what: Callable[[], None]) -> None:
        """Do this on the event loop; nothing happens where the socket's loop is gone."""

    def send(self, text: str) -> None:
        """Queue one frame; on the loop."""

    def fail(self, id_: str | None, error: SunlitError) -> None:
        """Answer a refusal; on the loop."""


@dataclass(frozen=True, slots=True)
class Said:
    """One command of a person: the session asked again, the act, its answer."""

    socket: Socket
    frame: frames.Command

    @property
    def apart(self) -> bool:
        return room_commands.is_prepared(self.socket.room.kind, self.frame.name)

    def order(self) -> Order | None:
        language = self.socket.visitor.user.language
        with speaking(language):
            try:
                visitor = self.socket.visitor = visitors.readmit(self.socket.visitor)
                actor = Actor.person(visitor.user)
                call = room_commands.Call(
                    room=self.socket.room, actor=actor, fields=self.frame.fields
                )
                act = room_commands.build(self.frame.name, call)
            except Exception as error:
                self._refuse(error)
                return None
        return Order(act, actor, key=self.frame.id, language=language)

    def answer(self, fate: Fate) -> None:
        if isinstance(fate, Outcome):
            seq = fate.result.get("seq")
            if seq is None:
                seq = rooms.head(self.socket.room.pk)[0]
            self.socket.soon(partial(self.socket.send, frames.ack(self.frame.id, seq)))
        else:
            with speaking(self.socket.visitor.user.language):
                self._refuse(fate)

    def _refuse(self, error: Exception) -> None:
        if not isinstance(error, SunlitError):
            error = fault(f"The command {self.frame.name}", error)
        self.socket.soon(partial(self.socket.fail, self.frame.id, error))


@dataclass(frozen=True, slots=True)
class Presence:
    """A person's coming or going, as the platform's own act."""

    act: Act
    actor: Actor

    apart = False

    def order(self) -> Order:
        return Order(self.act, self.actor)

    def answer(self, fate: Fate) -> None:
        if isinstance(fate, SunlitError):
            log.info("%s: %s", self.act.name, fate)
        elif isinstance(fate, Exception):
            fault(self.act.name, fate)


def fault(what: str, error: Exception) -> Unavailable:
    """What the person is told where something failed that is not theirs; the log gets the rest."""
    if isinstance(error, OperationalError):
        log.warning("%s: the database did not take it.", what, exc_info=error)
        return Unavailable(_("The platform is busy; try again in a moment."), code="busy")
    log.error("%s failed.", what, exc_info=error)
    return Unavailable(
        _("The platform failed; nothing was changed. Try again, then tell the centre."),
        code="internal-error",
    )
