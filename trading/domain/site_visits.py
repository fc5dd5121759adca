"""Visits of the site: one for all, never for some of the tenderers (TBL 21, TBR 28).

A visit is public and is told, with evidence, to each organisation that fetched the documents, in an
entry of its own: nobody learns from it who else did (TBL 22). Who comes is not asked beforehand.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from trading.domain import messages, planning, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.registry import GuardScene
from trading.models import Lot, SiteVisit
from trading.models.visit import MAX_NOTE, MAX_PLACE

ANNOUNCE, CALL_OFF = "trading.announce-visit", "trading.call-off-visit"
#: The last moment of the lot by which a visit must lie.
LAST = "deadline"
#: How long before it a visit is announced at the least: somebody must be able to come.
SHORTEST = timedelta(days=1)


def checked(text: str, most: int, *, least: int = 1) -> str:
    """The text with plain line ends and no blanks around it; raises :class:`Malformed`."""
    text = text.replace("\r\n", "\n").strip()
    if not least <= len(text) <= most:
        raise Malformed(
            _("Write %(least)d to %(most)d characters; these are %(count)d.")
            % {"least": least, "most": most, "count": len(text)},
            code="bad-length",
        )
    return text


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


@command(ANNOUNCE)
@dataclass(frozen=True, kw_only=True)
class AnnounceVisit(LotAct):
    """Announce when and where the site may be seen, at least a day ahead, by the deadline."""

    public: ClassVar[bool] = True

    at: datetime
    place: str
    note: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        place, note = checked(self.place, MAX_PLACE), checked(self.note, MAX_NOTE, least=0)
        self._check_time(lot, scene.now)
        row = SiteVisit.objects.create(
            lot=lot, at=self.at, place=place, note=note, announced_at=scene.now
        )
        scene.enter(
            subject=row.urn,
            digests={"words": _digest(place, note)},
            context={"lot": lot.urn, "at": jcs.timestamp(self.at)},
        )
        _tell(scene, lot, "site-visit-announced", {"at": planning.shown(self.at), "place": place})
        return {"visit": str(row.pk), "at": jcs.timestamp(self.at)}

    def _check_time(self, lot: Lot, now: datetime) -> None:
        text = lot.dates.get(LAST)
        last = jcs.parse_timestamp(text) if text else None
        if self.at - now < SHORTEST or (last is not None and self.at >= last):
            raise Refused(
                _("A visit is announced at least one day ahead, and lies before %(last)s.")
                % {"last": planning.shown(last) if last is not None else "—"},
                code="bad-time",
                rule=_rule(lot, ANNOUNCE),
            )


@command(CALL_OFF)
@dataclass(frozen=True, kw_only=True)
class CallOffVisit(LotAct):
    """Say that an announced visit does not take place, and why."""

    public: ClassVar[bool] = True

    visit: UUID
    reason: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        reason = checked(self.reason, MAX_NOTE)
        row = SiteVisit.objects.select_for_update().filter(pk=self.visit, lot=lot).first()
        if row is None:
            raise NotFound(_("There is no such visit of this lot’s site."), code="unknown-visit")
        if row.called_off_at is not None:
            raise Refused(_("This visit was called off already."), code="called-off-already")
        if row.at <= scene.now:
            raise Refused(
                _("This visit’s time has come; it is not called off any more."), code="too-late"
            )
        row.called_off_at, row.reason = scene.now, reason
        row.save(update_fields=["called_off_at", "reason"])
        scene.enter(
            subject=row.urn, digests={"words": _digest(reason)}, context={"lot": lot.urn}
        )
        _tell(
            scene, lot, "site-visit-called-off",
            {"at": planning.shown(row.at), "place": row.place, "reason": reason},
        )
        return {"visit": str(row.pk)}


def _tell(scene: Scene, lot: Lot, template: str, context: dict[str, str]) -> None:
    messages.send(
        scene,
        to=messages.participants(lot),
        template=template,
        lot=lot,
        context=context,
        evidence=True,
    )


def _rule(lot: Lot, step: str) -> str | None:
    rules = procedure.of(lot)
    return rules.cite(rules.commands[step]) if step in rules.commands else None


def of(lot: Lot) -> list[SiteVisit]:
    """The lot's visits in the order of their times."""
    return list(SiteVisit.objects.filter(lot=lot).order_by("at", "pk"))


def visit_announced(scene: GuardScene) -> str | None:
    """A visit of the lot's site was announced; without one there is nothing to call off."""
    if SiteVisit.objects.filter(lot=scene.lot).exists():
        return None
    return _("No visit of the site is announced.")


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(ANNOUNCE, AnnounceVisit)
    registry.register_command(CALL_OFF, CallOffVisit)
    registry.register_guard("visit-announced", visit_announced)
