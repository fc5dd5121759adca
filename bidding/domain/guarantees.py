"""Guarantees: held from the opening on, until they go back, are paid or run out.

What their sides say of them meanwhile: :mod:`bidding.domain.guarantee_messages`. By when a
guarantee goes back are the days of any bid security (:mod:`trading.domain.security_terms`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from bidding.domain import sealing_events, statement_rows
from bidding.domain.guarantee_checks import Found
from bidding.enums import GuaranteeState
from bidding.models import Envelope, Guarantee, GuaranteeMessage
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.models import User
from trading import access
from trading.domain import calendar, messages, securities
from trading.domain.acts import lock_lot
from trading.enums import LotRole
from trading.models import Lot, Organisation

CLOCK = "process:clock"
#: Who learns of every guarantee of a lot.
WATCH = frozenset(
    {LotRole.TENDEREE, LotRole.AGENCY, LotRole.SUPERVISOR, LotRole.INSPECTOR, LotRole.ARCHIVIST}
)


# --- at the opening ------------------------------------------------------------------------------


def hold(scene: Scene, lot: Lot, row: Envelope, found: Found) -> Guarantee:
    """Keep what the opening found, inside its act; a sound guarantee is a bid security from now."""
    bid, given = row.version.bid, found.guarantee
    guarantor = None
    if found.guarantor is not None:
        guarantor = Organisation.objects.get(pk=found.guarantor)
    kept = Guarantee.objects.create(
        bid=bid,
        guarantor=guarantor,
        guarantor_name=given.guarantor.name,
        security=securities.hold_guarantee(scene, lot, bid.tenderer, given.amount)
        if found.is_sound
        else None,
        number=given.number,
        amount=given.amount,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        terms=given.terms,
        findings=[{"check": check, "holds": holds} for check, holds in found.findings],
        state=GuaranteeState.HELD if found.is_sound else GuaranteeState.UNSOUND,
        since=scene.now,
        statement=found.statement,
        signature=found.signature,
        assessment=found.assessment,
    )
    parties = [bid.tenderer.urn] + ([] if guarantor is None else [guarantor.urn])
    entry = scene.enter(
        subject=kept.urn,
        act="bidding.hold-guarantee",
        digests={
            "statement": found.statement,
            "statement-signature": found.signature,
            "statement-assessment": found.assessment,
        },
        context={"lot": lot.urn, "bid": bid.urn, "state": kept.state},
        receipt_for=tuple(parties),
    )
    statement_rows.place(entry, kept)
    sealing_events.tell(
        scene,
        lot,
        sealing_events.GUARANTEE,
        {
            "bid": str(bid.pk),
            "amount": f"{given.amount:.2f}",
            "guarantor": given.guarantor.name,
            "sound": found.is_sound,
            "failed": [check for check, holds in found.findings if holds is not True],
        },
    )
    if guarantor is not None and found.is_sound:
        messages.send(
            scene, to=[guarantor], template="guarantee-held", lot=lot, context=about(kept)
        )
    return kept


def about(row: Guarantee) -> dict[str, str]:
    """What every message about a guarantee names."""
    return {
        "number": row.number, "name": row.bid.tenderer.name, "amount": f"{row.amount:,.2f}"
    }


# --- who sees what -------------------------------------------------------------------------------


def visible(lot: Lot, *, viewer: User | None, at: datetime) -> list[Guarantee]:
    """All for who tenders and watches; one's own for a tenderer and a guarantor."""
    rows = Guarantee.objects.filter(bid__lot=lot).select_related(
        "bid__tenderer", "bid__lot__project__tenderee", "guarantor", "security__lot__project",
        "security__organisation",
    ).prefetch_related(
        Prefetch(
            "messages",
            queryset=GuaranteeMessage.objects.select_related("by").order_by("at", "leaf"),
        )
    )
    if access.roles_of(viewer, lot, at).isdisjoint(WATCH):
        offices = access.organisations_of(viewer, at)
        rows = rows.filter(bid__tenderer__in=offices) | rows.filter(guarantor__in=offices)
    return list(rows.order_by("bid__tenderer__name", "pk"))


# --- the end of its days -------------------------------------------------------------------------


@command("bidding.end-guarantee")
@dataclass(frozen=True, kw_only=True)
class EndGuarantee(Act):
    """The guarantee's last day is over and nothing was claimed: it is held no more."""

    public: ClassVar[bool] = False

    guarantee: UUID

    def permit(self, actor: Actor) -> None:
        if actor.urn != CLOCK:
            raise Denied(_("The clock ends what has run out."), code="wrong-role")

    def lock(self) -> Lot:
        return lock_lot(Guarantee.objects.get(pk=self.guarantee).bid.lot_id, share=True)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = Guarantee.objects.select_for_update().get(pk=self.guarantee)
        if row.state != GuaranteeState.HELD or calendar.local_day(scene.now) <= row.valid_until:
            raise Refused(_("This guarantee has not run out."), code="not-over")
        row.state, row.since = GuaranteeState.EXPIRED, scene.now
        row.save(update_fields=["state", "since"])
        if row.security is not None:
            securities.close(row.security, row.valid_until)
        sides = [one for one in (row.bid.tenderer, row.guarantor, lot.project.tenderee) if one]
        scene.enter(
            subject=row.urn,
            context={"lot": lot.urn, "state": row.state},
            receipt_for=tuple(one.urn for one in sides),
        )
        messages.send(
            scene, to=sides, template="guarantee-expired", lot=lot, context=about(row)
        )
        return {"guarantee": str(row.pk), "state": row.state}


def due(now: datetime) -> Iterator[Act]:
    """The guarantees that have run out."""
    rows = Guarantee.objects.filter(
        state=GuaranteeState.HELD, valid_until__lt=calendar.local_day(now)
    )
    for pk in rows.order_by("valid_until", "pk").values_list("pk", flat=True):
        yield EndGuarantee(guarantee=pk)
