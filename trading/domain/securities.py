"""Bid and performance securities: received, returned in the days of the law, alarmed when late.

Who gave a bid security tells who bids, so it is recorded once the bids are open (TBL 22). By when
it goes back: :mod:`trading.domain.security_terms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import (
    calendar,
    contracts,
    messages,
    procedure,
    registry,
    reports,
    security_asked,
    security_terms,
)
from trading.domain.acts import LotAct, find_organisation, lock_lot
from trading.domain.registry import GuardScene
from trading.domain.security_terms import Term, is_overdue, term
from trading.enums import LotRole, LotState, SecurityForm, SecurityKind
from trading.models import Assignment, Award, Lot, Organisation, Security

RECORD, RETURN = "trading.record-security", "trading.return-security"
#: The procedure's limits of amounts, by what a security is for.
FIGURES = {
    SecurityKind.BID: security_asked.FIGURE,
    SecurityKind.PERFORMANCE: "performance-security",
}
CLOCK = "process:clock"
#: Who learns of every security.
WATCH = frozenset({LotRole.TENDEREE, LotRole.AGENCY, LotRole.SUPERVISOR, LotRole.INSPECTOR})


@command(RECORD)
@dataclass(frozen=True, kw_only=True)
class RecordSecurity(LotAct):
    """Record a security that a tenderer gave: amount in CNY and the day it was received.

    ``withdrawn_on`` is the day on which notice of a bid's withdrawal was received before the
    deadline.
    """

    organisation: UUID
    kind: str
    amount: str
    received_on: date
    withdrawn_on: date | None = None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        if self.kind not in SecurityKind.values:
            raise Malformed(_("It is a bid security or a performance security."), code="bad-kind")
        organisation, amount = find_organisation(self.organisation), contracts.amount(self.amount)
        kind, today = SecurityKind(self.kind), calendar.local_day(scene.now)
        self._check_giver(lot, kind)
        self._check_amount(lot, kind)
        if max(self.received_on, self.withdrawn_on or self.received_on) > today:
            raise Refused(_("This day has not come yet."), code="bad-date")
        given = Security.objects.filter(
            lot=lot, organisation=organisation, kind=kind, form=SecurityForm.DEPOSIT
        )
        if given.exists():
            raise Refused(
                _("This security of %(name)s is recorded already.") % {"name": organisation.name},
                code="recorded-already",
            )
        row = Security.objects.create(
            lot=lot,
            organisation=organisation,
            kind=kind,
            amount=amount,
            received_on=self.received_on,
            withdrawn_on=self.withdrawn_on,
            recorded_at=scene.now,
        )
        security_terms.settle(lot)
        scene.enter(
            subject=row.urn,
            context={"lot": lot.urn, "organisation": organisation.urn, "kind": kind.value},
            receipt_for=(organisation.urn, lot.project.tenderee.urn),
        )
        return {"security": str(row.pk)}

    def _check_giver(self, lot: Lot, kind: SecurityKind) -> None:
        held = Assignment.objects.filter(
            lot=lot, role=LotRole.TENDERER, organisation=self.organisation
        )
        if not held.exists():
            raise NotFound(_("This organisation is no tenderer of the lot."), code="no-tenderer")
        won = Award.objects.filter(lot=lot, winner=self.organisation, dropped_at__isnull=True)
        if kind is SecurityKind.PERFORMANCE and not won.exists():
            raise Refused(
                _("The winner of the award gives the performance security."), code="not-the-winner"
            )

    def _check_amount(self, lot: Lot, kind: SecurityKind) -> None:
        figure = procedure.of(lot).figures.get(FIGURES[kind])
        award = Award.objects.filter(lot=lot, winner=self.organisation).first()
        price = None if award is None else award.price
        base = lot.estimate if kind is SecurityKind.BID else price
        if figure is None or figure.most is None or base is None:
            return
        most = base * figure.most / 100
        if contracts.amount(self.amount) > most:
            raise Refused(
                _("A security of this kind is at most %(most)s.") % {"most": f"{most:,.2f}"},
                code="security-too-high",
                rule=figure.article,
            )


@command(RETURN)
@dataclass(frozen=True, kw_only=True)
class ReturnSecurity(LotAct):
    """Record that a security went back; later than its term it is recorded as late."""

    security: UUID
    returned_on: date

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = Security.objects.select_related("organisation", "lot").filter(
            pk=self.security, lot=lot
        ).first()
        if row is None:
            raise NotFound(_("There is no such security on this lot."), code="unknown-security")
        if row.returned_on is not None:
            raise Refused(_("It was returned already."), code="returned-already")
        if row.form == SecurityForm.GUARANTEE:
            raise Refused(
                _("A guarantee is released by a signed statement, on the page of guarantees."),
                code="released-by-signature",
            )
        if not row.received_on <= self.returned_on <= calendar.local_day(scene.now):
            raise Refused(
                _("It went back between the day it was received and today."), code="bad-date"
            )
        found = close(row, self.returned_on)
        scene.enter(
            subject=row.urn,
            context={
                "lot": lot.urn,
                "organisation": row.organisation.urn,
                "returned-on": self.returned_on.isoformat(),
                "late": [found.rule.name] if found is not None and row.late else [],
            },
            receipt_for=(row.organisation.urn, lot.project.tenderee.urn),
        )
        messages.send(
            scene,
            to=[row.organisation],
            template="security-returned",
            lot=lot,
            context={"amount": f"{row.amount:,.2f}"},
        )
        return {"security": str(row.pk), "late": row.late}


def close(row: Security, day: date) -> Term | None:
    """Put down that a security is held no more since ``day``, inside an act; the term that ran."""
    found = term(row)
    row.returned_on = day
    row.late = found is not None and day > found.last
    row.save(update_fields=["returned_on", "late"])
    return found


def hold_guarantee(
    scene: Scene, lot: Lot, organisation: Organisation, amount: Decimal
) -> Security:
    """Record a bid security that came as a guarantee with the bid, inside the act that found it."""
    row = Security.objects.create(
        lot=lot,
        organisation=organisation,
        kind=SecurityKind.BID,
        form=SecurityForm.GUARANTEE,
        amount=amount,
        received_on=calendar.local_day(scene.now),
        recorded_at=scene.now,
    )
    security_terms.settle(lot)
    return row


@command("trading.alarm-security")
@dataclass(frozen=True, kw_only=True)
class AlarmSecurity(Act):
    """Tell tenderee and supervisor that a security is overdue; the clock does it once.

    Where the calendar has moved the term meanwhile, the day to look at it is settled anew instead.
    Result: ``{"security": uuid, "alarmed": bool}``.
    """

    public: ClassVar[bool] = False

    security: UUID

    def permit(self, actor: Actor) -> None:
        if actor.urn != CLOCK:
            raise Denied(_("The clock raises this alarm."), code="wrong-role")

    def lock(self) -> Lot:
        return lock_lot(Security.objects.get(pk=self.security).lot_id)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = Security.objects.select_related("organisation", "lot").get(pk=self.security)
        found = term(row)
        late_from = security_terms.first_late_day(row)
        today = calendar.local_day(scene.now)
        if row.alarmed_at is not None or row.returned_on is not None:
            raise Refused(_("Nothing is overdue here."), code="not-overdue")
        if found is None or not is_overdue(row, today):
            return self._look_later(scene, row, late_from)
        row.alarmed_at = scene.now
        row.save(update_fields=["alarmed_at"])
        scene.enter(
            subject=row.urn, context={"lot": lot.urn, "overdue": found.rule.name},
            receipt_for=(lot.project.tenderee.urn,),
        )
        messages.send(
            scene,
            to=[lot.project.tenderee, *reports.supervisors(lot)],
            template="security-overdue",
            lot=lot,
            context={
                "name": row.organisation.name,
                "last": found.last.isoformat(),
                "rule": found.rule.article,
            },
            evidence=True,
        )
        return {"security": str(row.pk), "alarmed": True}

    def _look_later(self, scene: Scene, row: Security, day: date | None) -> Result:
        if row.look_from == day:
            raise Refused(_("Nothing is overdue here."), code="not-overdue")
        row.look_from = day
        row.save(update_fields=["look_from"])
        scene.enter(
            subject=row.urn,
            context={
                "lot": row.lot.urn,
                "look-from": None if day is None else day.isoformat(),
            },
        )
        return {"security": str(row.pk), "alarmed": False}


def visible(lot: Lot, *, viewer: User | None, at: datetime) -> list[Security]:
    """All for who tenders and supervises, one's own for a tenderer, in the order of recording."""
    rows = Security.objects.filter(lot=lot).select_related("organisation", "lot")
    if access.roles_of(viewer, lot, at).isdisjoint(WATCH):
        rows = rows.filter(organisation__in=access.organisations_of(viewer, at))
    return list(rows.order_by("recorded_at", "pk"))


def due(now: datetime) -> Iterator[Act]:
    """The alarms that are to be raised: one query by the day from which each is looked at."""
    rows = security_terms.waiting().filter(look_from__lte=calendar.local_day(now))
    rows = rows.exclude(lot__state=LotState.ARCHIVED).order_by("recorded_at", "pk")
    for pk in rows.values_list("pk", flat=True):
        yield AlarmSecurity(security=pk)


def security_recorded(scene: GuardScene) -> str | None:
    """A security of this lot is recorded; without one there is nothing to give back."""
    if Security.objects.filter(lot=scene.lot).exists():
        return None
    return _("No security of this lot is recorded.")


def register() -> None:
    """Make the commands nameable and raise alarms; called when the app is ready."""
    registry.register_command(RecordSecurity.name, RecordSecurity)
    registry.register_command(ReturnSecurity.name, ReturnSecurity)
    registry.register_guard("security-recorded", security_recorded)
    registry.register_due("trading.securities", due)
