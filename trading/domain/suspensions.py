"""A lot stands still, goes on, or ends before its time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed
from trading.domain import messages
from trading.domain.acts import LotAct
from trading.domain.lifecycle import Move
from trading.enums import GrievanceAbout, GrievanceKind
from trading.models import Lot

MAX_REASON = 500

#: What is told that a lot goes on, and since when it stood still: terms of single cases that ran
#: then go on as well.
Resumed = Callable[[Scene, Lot, datetime], None]
_listeners: list[Resumed] = []
#: What is told that a lot ends before its time: what still ran then ends with it.
Ended = Callable[[Scene, Lot], None]
_enders: list[Ended] = []


def on_resume(listener: Resumed) -> None:
    """Have ``listener`` called inside every act that resumes a lot."""
    if listener not in _listeners:
        _listeners.append(listener)


def on_terminate(listener: Ended) -> None:
    """Have ``listener`` called inside every act that terminates a lot."""
    if listener not in _enders:
        _enders.append(listener)


def resumed(scene: Scene, lot: Lot, since: datetime | None) -> None:
    """Tell whoever listens that a lot which stood still ``since`` then goes on."""
    if since is None:
        return
    for listener in _listeners:
        listener(scene, lot, since)


def halting(kind: str, about: str) -> str:
    """Why a lot stands still for a grievance, as its row keeps it: a text in every language."""
    return f"{kind}:{about}"


def halted_about(halted_for: str) -> str:
    """What the grievance is about for which a lot stands still; empty for another reason."""
    kind, _colon, about = halted_for.partition(":")
    known = kind in GrievanceKind.values and about in GrievanceAbout.values
    return about if known else ""


def reason_told(halted_for: str) -> str:
    """Why a lot stands still, for people; what somebody wrote is told as it was written."""
    about = halted_about(halted_for)
    if not about:
        return halted_for
    kind = halted_for.partition(":")[0]
    return _("%(kind)s about %(about)s; the procedure stands still until it is answered") % {
        "kind": _capital(str(GrievanceKind(kind).label)),
        "about": GrievanceAbout(about).label,
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, kw_only=True)
class _Halt(LotAct):
    """What the three have in common: a reason, a public entry, a message to the tenderers."""

    public: ClassVar[bool] = True
    template: ClassVar[str] = ""
    #: Whether the reason stands on the lot's page afterwards.
    halts: ClassVar[bool] = True

    reason: str

    def decide(self, scene: Scene) -> Result:
        reason = self.reason.strip()
        if not 1 <= len(reason) <= MAX_REASON:
            raise Malformed(
                _("Give the reason in 1 to %(most)d characters.") % {"most": MAX_REASON},
                code="bad-reason",
            )
        move = self.proceed(scene)
        self.follow(scene, move)
        if self.halts:
            scene.subject.halted_for = reason
            scene.subject.save(update_fields=["halted_for"])
        scene.enter(
            subject=scene.subject.urn,
            digests={"reason": hashlib.sha256(reason.encode()).hexdigest()},
        )
        messages.send(
            scene,
            to=[*messages.participants(scene.subject), *messages.invitees(scene.subject)],
            template=self.template,
            lot=scene.subject,
            context={"reason": reason},
            evidence=True,
        )
        return {
            "stage": move.after.stage,
            "state": move.after.state,
            "dates": scene.subject.dates,
        }


    def follow(self, scene: Scene, move: Move) -> None:
        """What the move means for what runs beside the stages."""


@command("trading.suspend")
@dataclass(frozen=True, kw_only=True)
class Suspend(_Halt):
    """Let the lot stand still; nothing falls due until it resumes."""

    template: ClassVar[str] = "lot-suspended"


@command("trading.resume")
@dataclass(frozen=True, kw_only=True)
class Resume(_Halt):
    """Go on. What lay ahead moves by as many whole days as the lot stood still."""

    template: ClassVar[str] = "lot-resumed"
    halts: ClassVar[bool] = False

    def follow(self, scene: Scene, move: Move) -> None:
        resumed(scene, scene.subject, move.before.suspended_at)


@command("trading.terminate")
@dataclass(frozen=True, kw_only=True)
class Terminate(_Halt):
    """End the procedure without a result."""

    template: ClassVar[str] = "lot-terminated"

    def follow(self, scene: Scene, move: Move) -> None:
        for listener in _enders:
            listener(scene, scene.subject)
