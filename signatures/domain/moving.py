"""Moving a demonstration's clock towards the present. In production it is never moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain.act import Act, Actor, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.models import ClockOffset

#: The clock stays this far behind the real one, so that nothing is ever signed in the future.
MARGIN = timedelta(seconds=5)


@command("signatures.move-clock")
@dataclass(frozen=True, kw_only=True)
class MoveClock(Act):
    """Move the official time forward to ``to``; never back, never past the real present."""

    public: ClassVar[bool] = True
    to: datetime

    def permit(self, actor: Actor) -> None:
        if settings.PRODUCTION:
            raise Denied(_("The official clock is the real one; it is never moved."))

    def lock(self) -> ClockOffset:
        return ClockOffset.objects.select_for_update().get(pk=1)

    def decide(self, scene: Scene) -> dict[str, Any]:
        reading = clock.look()
        if self.to <= reading.official:
            raise Refused(_("Time only moves forward."), code="clock-backwards")
        if self.to > reading.real - MARGIN:
            raise Refused(_("The clock cannot be moved past the present."), code="clock-ahead")
        row: ClockOffset = scene.subject
        # Rounded down, so that the official time never passes what was asked for.
        row.seconds = int((self.to - reading.real).total_seconds() // 1)
        row.save(update_fields=["seconds"])
        moved = jcs.timestamp(reading.real + timedelta(seconds=row.seconds))
        scene.enter(subject="clock:official", context={"to": moved})
        return {"now": moved}


@command("signatures.start-clock")
@dataclass(frozen=True, kw_only=True)
class StartClock(Act):
    """Begin a demonstration in the past; once, while the ledger is empty."""

    public: ClassVar[bool] = True

    def permit(self, actor: Actor) -> None:
        if settings.PRODUCTION or actor.urn != "process:founder":
            raise Denied(_("The official clock is the real one; it is never moved."))

    def lock(self) -> ClockOffset:
        return ClockOffset.objects.select_for_update().get(pk=1)

    def decide(self, scene: Scene) -> dict[str, Any]:
        from signatures.domain import log

        if log.size() > 0:
            raise Refused(_("Time only moves forward."), code="clock-backwards")
        row: ClockOffset = scene.subject
        row.seconds = int(clock.DEMONSTRATION_START.total_seconds())
        row.save(update_fields=["seconds"])
        scene.enter(subject="clock:official", context={"offset": str(row.seconds)})
        return {"offset": row.seconds}
