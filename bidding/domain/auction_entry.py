"""Who may ask a price on a lot's floor: applications, deposits, qualification, deposits back.

Who applied is known to those who decide on it and record the money, to supervision and, of its own
application, to the applicant; nobody else learns of it before the sale is confirmed, so that
bidders cannot agree among themselves.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bidding.domain import auction_rules, statement_rows
from bidding.domain.auction_rules import Format
from bidding.models import FloorApplication
from bidding.models.floor import MAX_REASON, MAX_REFERENCE
from signatures.domain import clock, jcs, statements
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import invitations, messages, planning, procedure
from trading.domain.acts import LotAct, find_lot, find_organisation
from trading.domain.notices import evaluation_digest
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole
from trading.models import Award, Lot, Organisation

PURPOSE = "sunlit.application/1"
FIELDS = frozenset({"lot", "organisation", "floor"})
APPLY, DEPOSIT, DECIDE, RETURN = (
    "bidding.apply-for-floor",
    "bidding.record-deposit",
    "bidding.decide-application",
    "bidding.return-deposit",
)
#: Who learns of every application before the sale is confirmed.
READERS = frozenset(
    {LotRole.TENDEREE.value, LotRole.AGENCY.value, LotRole.OPERATOR.value,
     LotRole.SUPERVISOR.value}
)  # fmt: skip
#: Bidders' numbers have three digits, so that they do not tell how many there are.
_NUMBERS = range(101, 1000)
#: The date by which losers' deposits are back, where the procedure has one.
BACK = "deposits-back-until"


def format_of(lot: Lot) -> Format:
    """The format of the lot's floor; raises :class:`Malformed` where none was stated."""
    return auction_rules.read(lot.parameters)


def has_floor(lot: Lot) -> bool:
    """Whether prices are asked on a floor by this lot's procedure."""
    return APPLY in procedure.of(lot).commands


# --- applying ------------------------------------------------------------------------------------


def fields(lot: Lot, organisation: Organisation) -> dict[str, str]:
    """What an application says: for which lot, who applies, by which published format."""
    return {
        "lot": lot.urn,
        "organisation": organisation.urn,
        "floor": evaluation_digest(lot),
    }


def statement(lot: Lot, organisation: Organisation) -> bytes:
    """The application to be signed, of this moment."""
    return statements.build(
        PURPOSE, origin=settings.ORIGIN, at=clock.now(), **fields(lot, organisation)
    )


def prepare(person: User, lot: UUID, signed: Signed) -> ApplyForFloor:
    """The act of a signed application; checks all that needs no lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    kind, _colon, identifier = str(accepted.value["organisation"]).partition(":")
    try:
        organisation = UUID(identifier)
    except ValueError:
        kind = ""
        organisation = lot
    if kind != "org":
        raise Malformed(_("An application names an organisation."), code="bad-application")
    return ApplyForFloor(lot=lot, organisation=organisation, signed=accepted)


@command(APPLY)
@dataclass(frozen=True, kw_only=True)
class ApplyForFloor(LotAct):
    """Apply to bid, once for each organisation, signed by somebody who acts for it.

    The statement is ``sunlit.application/1`` ``{lot, organisation, floor}``: URNs, and the digest
    of the published format.

    Result: ``{"application": uuid}``.
    """

    organisation: UUID
    signed: Accepted

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        if not access.acts_for(actor.user, self.organisation):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        organisation = find_organisation(self.organisation)
        if not access.acts_for(scene.actor.user, organisation.pk, scene.now):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")
        if {name: self.signed.value[name] for name in FIELDS} != fields(lot, organisation):
            raise Refused(
                _("The application is for another lot, or for another format of the floor than"
                  " the published one. Sign a new one."),
                code="other-floor",
            )
        invitations.require_invitable(lot, organisation, now=scene.now)
        if FloorApplication.objects.filter(lot=lot, organisation=organisation).exists():
            raise Refused(
                _("%(name)s has applied already.") % {"name": organisation.name},
                code="already-applied",
            )
        row = FloorApplication.objects.create(
            lot=lot, organisation=organisation, **statement_rows.columns(self.signed, scene)
        )
        entry = scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "organisation": organisation.urn},
            receipt_for=(organisation.urn,),
        )
        statement_rows.place(entry, row)
        _tell(scene, row, "floor-applied", {"deposit": f"{format_of(lot).deposit:,.2f}"})
        return {"application": str(row.pk)}


# --- deposits ------------------------------------------------------------------------------------


def deposit_until(lot: Lot) -> datetime:
    """The last moment at which a deposit counts as paid in time: when applications end."""
    step = procedure.of(lot).command(APPLY)
    return jcs.parse_timestamp(lot.dates[step.not_after or "deadline"])


def _application(lot: Lot, identifier: UUID) -> FloorApplication:
    rows = FloorApplication.objects.select_related("organisation", "lot__project")
    row = rows.filter(pk=identifier, lot=lot).first()
    if row is None:
        raise NotFound(_("There is no such application for this lot."), code="no-such-application")
    return row


@command(DEPOSIT)
@dataclass(frozen=True, kw_only=True)
class RecordDeposit(LotAct):
    """Put down that an applicant's deposit has come, at the bank's own time and reference.

    It counts where it was paid in full after the application and before applications end.
    """

    application: UUID
    amount: Decimal
    paid_at: datetime
    reference: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = _application(lot, self.application)
        if row.recorded_at is not None:
            raise Refused(_("This deposit is recorded already."), code="already-recorded")
        self._check(scene, lot)
        reference = self.reference.strip()
        row.deposit, row.paid_at = self.amount, self.paid_at
        row.reference, row.recorded_at = reference, scene.now
        row.save(update_fields=["deposit", "paid_at", "reference", "recorded_at"])
        scene.enter(
            subject=row.urn,
            digests={"payment": jcs.digest([str(self.amount), reference]).hex()},
            context={"lot": lot.urn, "paid-at": jcs.timestamp(self.paid_at)},
            receipt_for=(row.organisation.urn,),
        )
        _tell(scene, row, "floor-deposit", {"deposit": f"{self.amount:,.2f}"})
        return {"application": str(row.pk)}

    def _check(self, scene: Scene, lot: Lot) -> None:
        wanted, until = format_of(lot).deposit, deposit_until(lot)
        rule = procedure.of(lot).cite(procedure.of(lot).command(DEPOSIT))
        if not auction_rules.is_amount(self.amount) or self.amount < wanted:
            raise Refused(
                _("The deposit is %(wanted)s CNY; record it when it has come in full.")
                % {"wanted": f"{wanted:,.2f}"},
                code="deposit-too-low",
                rule=rule,
            )
        if self.paid_at > scene.now:
            raise Refused(
                _("This time of payment lies in the future."), code="paid-in-the-future"
            )
        if self.paid_at >= until:
            raise Refused(
                _("The deposit had to be there by %(until)s; it was paid at %(paid)s.")
                % {"until": planning.shown(until), "paid": planning.shown(self.paid_at)},
                code="paid-too-late",
                rule=rule,
            )
        if not 1 <= len(self.reference.strip()) <= MAX_REFERENCE:
            raise Malformed(
                _("The bank's reference has 1 to %(most)d characters.") % {"most": MAX_REFERENCE},
                code="bad-reference",
            )


@command(RETURN)
@dataclass(frozen=True, kw_only=True)
class ReturnDeposit(LotAct):
    """Put down that a deposit went back to an applicant that did not win, and whether in time."""

    application: UUID

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = _application(lot, self.application)
        if row.recorded_at is None:
            raise Refused(_("No deposit of this applicant is recorded."), code="no-deposit")
        if row.returned_at is not None:
            raise Refused(_("This deposit went back already."), code="already-returned")
        if Award.objects.filter(lot=lot, winner=row.organisation).exists():
            raise Refused(
                _("The winner's deposit counts towards the price; it does not go back."),
                code="winners-deposit",
            )
        due = lot.dates.get(BACK)
        late = due is not None and scene.now > jcs.parse_timestamp(due)
        row.returned_at = scene.now
        row.save(update_fields=["returned_at"])
        scene.enter(
            subject=row.urn,
            context={"lot": lot.urn, "late": [BACK] if late else []},
            receipt_for=(row.organisation.urn,),
        )
        _tell(scene, row, "floor-deposit-back", {"deposit": f"{row.deposit:,.2f}"})
        return {"application": str(row.pk), "late": late}


# --- qualification -------------------------------------------------------------------------------


@command(DECIDE)
@dataclass(frozen=True, kw_only=True)
class DecideApplication(LotAct):
    """Confirm an applicant's qualification, which gives it a number, or refuse it with a reason.

    Nobody is confirmed without a deposit. Result: ``{"qualified", "number"}``.
    """

    public: ClassVar[bool] = False

    application: UUID
    qualified: bool
    reason: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = _application(lot, self.application)
        if row.qualified is not None:
            raise Refused(_("This application is decided already."), code="already-decided")
        reason = "" if self.qualified else _checked_reason(self.reason)
        if self.qualified:
            if row.recorded_at is None:
                raise Refused(
                    _("No deposit of this applicant is recorded; nobody bids without one."),
                    code="no-deposit",
                    rule=procedure.of(lot).cite(procedure.of(lot).command(DECIDE)),
                )
            invitations.require_invitable(lot, row.organisation, now=scene.now)
            row.number = _free_number(lot)
        row.qualified, row.reason, row.decided_at = self.qualified, reason, scene.now
        row.save(update_fields=["qualified", "reason", "decided_at", "number"])
        scene.enter(
            subject=row.urn,
            digests={"reason": jcs.digest(reason).hex()} if reason else {},
            context={"lot": lot.urn, "qualified": self.qualified},
            receipt_for=(row.organisation.urn,),
        )
        told = {"number": str(row.number)} if self.qualified else {"reason": reason}
        _tell(scene, row, "floor-qualified" if self.qualified else "floor-unqualified", told)
        return {"qualified": self.qualified, "number": row.number}


def _checked_reason(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= MAX_REASON:
        raise Malformed(
            _("Say in 1 to %(most)d characters why the applicant is not qualified.")
            % {"most": MAX_REASON},
            code="bad-reason",
        )
    return text


def _free_number(lot: Lot) -> int:
    """A number that says nothing of the order in which bidders applied."""
    taken = set(
        FloorApplication.objects.filter(lot=lot, number__isnull=False).values_list(
            "number", flat=True
        )
    )
    return secrets.choice([one for one in _NUMBERS if one not in taken])


def qualified(lot: Lot) -> list[FloorApplication]:
    """Everybody who may ask a price on this lot's floor, by number."""
    rows = FloorApplication.objects.filter(lot=lot, qualified=True).select_related("organisation")
    return list(rows.order_by("number"))


def bidders_of(lot: UUID, user: User | None, at: datetime) -> list[FloorApplication]:
    """The qualified applications of the organisations for which this person acts."""
    mine = access.organisations_of(user, at)
    rows = FloorApplication.objects.filter(lot_id=lot, qualified=True, organisation__in=mine)
    return list(rows.select_related("organisation").order_by("number"))


def may_read(lot: Lot, viewer: User | None, at: datetime) -> bool:
    """Whether this viewer learns of every application."""
    return not access.roles_of(viewer, lot, at).isdisjoint(READERS)


def visible(lot: UUID, *, viewer: User | None, at: datetime) -> list[FloorApplication]:
    """The applications that this viewer may know of, in the order in which they came."""
    rows = FloorApplication.objects.filter(lot_id=lot)
    if not may_read(find_lot(lot), viewer, at):
        rows = rows.filter(organisation__in=access.organisations_of(viewer, at))
    return list(rows.select_related("organisation").order_by("at", "pk"))


def _tell(scene: Scene, row: FloorApplication, template: str, context: dict[str, str]) -> None:
    messages.send(
        scene,
        to=[row.organisation],
        template=template,
        lot=row.lot,
        context={"name": row.organisation.name, **context},
        evidence=True,
    )
