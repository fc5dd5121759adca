"""Trustees offer the public keys under which the shares of a lot's bids are wrapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import sealed_rounds, statement_rows
from bidding.kit.trustee import PURPOSE, KeyOffer
from bidding.models import TrusteeKey
from signatures import store
from signatures.domain import platform
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.models import User
from trading import access
from trading.domain.acts import LotAct, find_lot
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole
from trading.models import Assignment, Lot, Organisation

FIELDS = ("project", "lot", "trustee", "rehearsal", "keys")


def latest(lot: Lot) -> dict[str, TrusteeKey]:
    """The offer in force of each trustee of the lot's round, by the trustee's URN."""
    found: dict[str, TrusteeKey] = {}
    rows = TrusteeKey.objects.filter(lot=lot, round=sealed_rounds.number(lot))
    rows = rows.select_related("trustee")
    for row in rows.order_by("at", "leaf"):
        found[row.trustee.urn] = row
    return found


def offer_of(row: TrusteeKey) -> KeyOffer:
    """The offer as the kit reads it."""
    return KeyOffer.parse(store.read(row.statement), origin=platform.origin())


def is_trustee(organisation: Organisation, lot: Lot) -> bool:
    """Whether the organisation holds a share of this lot's bids."""
    return Assignment.objects.filter(
        lot=lot, organisation=organisation, role=LotRole.TRUSTEE, until__isnull=True
    ).exists()


def prepare(person: User, lot: UUID, signed: Signed) -> PublishTrusteeKey:
    """The command that publishes this offer; checks everything that needs no lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    offer = KeyOffer.parse(signed.statement, origin=platform.origin())
    where = find_lot(lot)
    if offer.rehearsal:
        raise Refused(
            _("These keys are for a rehearsal; offer keys of the tender itself."), code="rehearsal"
        )
    if (offer.lot, offer.project) != (where.urn, where.project.urn):
        raise Malformed(_("These keys were made for another lot."), code="wrong-lot")
    kind, _colon, identifier = offer.trustee.partition(":")
    try:
        trustee = UUID(identifier) if kind == "org" else None
    except ValueError:
        trustee = None
    if trustee is None:
        raise Malformed(_("A trustee is an organisation, org:<uuid>."), code="bad-trustee")
    keys = {str(slot): key.hex() for slot, key in offer.keys.items()}
    return PublishTrusteeKey(lot=lot, trustee=trustee, keys=keys, offer=accepted)


@command("bidding.publish-trustee-key")
@dataclass(frozen=True, kw_only=True)
class PublishTrusteeKey(LotAct):
    """A trustee publishes its slot keys, signed; until the policy stands it may offer others."""

    public: ClassVar[bool] = True

    trustee: UUID
    keys: dict[str, str]
    offer: Accepted

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.offer.require_bound(scene.actor)
        if not access.acts_for(scene.actor.user, self.trustee, scene.now):
            raise Denied(_("You do not act for this trustee."), code="not-your-organisation")
        trustee = Organisation.objects.get(pk=self.trustee)
        if not is_trustee(trustee, lot):
            raise Denied(_("This organisation is no trustee of the lot."), code="not-a-trustee")
        if sealed_rounds.policy(lot) is not None:
            raise Refused(
                _("The sealing policy stands already; its keys are the ones that count."),
                code="policy-stands",
            )
        if TrusteeKey.objects.filter(lot=lot, statement=self.offer.statement).exists():
            raise Refused(_("These keys were published already."), code="already-published")
        row = TrusteeKey.objects.create(
            lot=lot,
            round=sealed_rounds.number(lot),
            trustee=trustee,
            keys=self.keys,
            **statement_rows.columns(self.offer, scene),
        )
        entry = scene.enter(
            subject=lot.urn,
            digests=self.offer.digests(),
            context={"trustee": trustee.urn, "keys": self.keys},
        )
        statement_rows.place(entry, row)
        return {"trustee": trustee.urn, "trustee_key": str(row.pk)}
