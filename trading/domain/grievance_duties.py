"""What the clock does about grievances: reminds a day before a term ends, raises the alarm when it
has passed, and ends suspensions whose time is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Act, Result, Scene, command
from signatures.domain.errors import NotFound, Refused
from trading.domain import grievance_terms, grievances, messages, planning, registry
from trading.domain.acts import LotAct
from trading.domain.grievance_decisions import EndSuspension
from trading.enums import LotRole
from trading.models import Grievance, Lot, Organisation


@dataclass(frozen=True, kw_only=True)
class _Warn(LotAct):
    """A message about a term, once for each term."""

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = frozenset({LotRole.CLOCK.value})
    mark: ClassVar[str] = ""
    template: ClassVar[str] = ""

    grievance: UUID

    def begins(self, due: datetime) -> datetime:
        raise NotImplementedError  # pragma: no cover - both have their own

    def recipients(self, row: Grievance) -> list[Organisation]:
        raise NotImplementedError  # pragma: no cover - both have their own

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = Grievance.objects.filter(pk=self.grievance, lot=lot).first()
        if row is None:
            raise NotFound(_("There is no such objection or complaint here."))
        if (
            row.due_at is None
            or getattr(row, self.mark) is not None
            or scene.now < self.begins(row.due_at)
        ):
            raise Refused(_("Nothing is to be told now."), code="nothing-due")
        setattr(row, self.mark, scene.now)
        row.save(update_fields=[self.mark])
        rule = grievance_terms.due_rule(row)
        scene.enter(
            subject=row.urn, context={"lot": lot.urn, "rule": rule.name if rule else None}
        )
        messages.send(
            scene,
            to=self.recipients(row),
            template=f"{row.kind}-{self.template}",
            lot=lot,
            context={"number": str(row.number), "until": planning.shown_end(row.due_at)},
            evidence=True,
        )
        return {"grievance": str(row.pk)}


@command("trading.remind-of-grievance")
@dataclass(frozen=True, kw_only=True)
class Remind(_Warn):
    """A day before a term ends, whoever has to act is told."""

    mark: ClassVar[str] = "reminded_at"
    template: ClassVar[str] = "due-soon"

    def begins(self, due: datetime) -> datetime:
        return grievance_terms.soon(due)

    def recipients(self, row: Grievance) -> list[Organisation]:
        return grievances.supervisors() if row.is_complaint else grievances.respondents(row.lot)


@command("trading.alarm-about-grievance")
@dataclass(frozen=True, kw_only=True)
class Alarm(_Warn):
    """A term has passed: supervision is told, and whoever should have acted."""

    mark: ClassVar[str] = "alarmed_at"
    template: ClassVar[str] = "overdue"

    def begins(self, due: datetime) -> datetime:
        return due

    def recipients(self, row: Grievance) -> list[Organisation]:
        parties = [] if row.is_complaint else grievances.respondents(row.lot)
        return [*grievances.supervisors(), *parties]


def due(now: datetime) -> Iterator[Act]:
    """Terms that end within a day or have passed, and suspensions that are over."""
    rows = Grievance.objects.filter(closed_at__isnull=True).order_by("due_at", "pk")
    day = now + timedelta(days=1)
    for row in rows.filter(due_at__gt=now, due_at__lte=day, reminded_at__isnull=True):
        yield Remind(lot=row.lot_id, grievance=row.pk)
    for row in rows.filter(due_at__lte=now, alarmed_at__isnull=True):
        yield Alarm(lot=row.lot_id, grievance=row.pk)
    for row in rows.filter(suspended_until__lte=now):
        yield EndSuspension(lot=row.lot_id, grievance=row.pk)


def register() -> None:
    """Give the clock these to do; called when the app is ready."""
    registry.register_due("grievances", due)
