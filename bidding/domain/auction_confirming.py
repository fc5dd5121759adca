"""A sale on the floor is confirmed (成交确认书): signed by both sides, then it is the award.

From the confirmation on everybody may know who the bidders were. What follows, contract and
performance, is as after any other award.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import auction, auction_entry, auction_rules, rooms
from bidding.models import FloorApplication, Room
from signatures.domain import jcs, signing_documents
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, NotFound, Refused
from signatures.domain.signing_documents import Plan
from signatures.enums import SigningState
from signatures.models import SigningDocument
from trading import access
from trading.domain import dossier, lifecycle, messages, planning, security_terms, signatories
from trading.domain.acts import LotAct, lock_lot
from trading.domain.award import AWARD
from trading.domain.notices import PDF
from trading.enums import PUBLIC, LotRole
from trading.models import Award, Exhibit, Lot

PURPOSE = "floor-confirmation"
TITLE = "成交确认书"
CONFIRM = "bidding.confirm-sale"
RECORD = "floor-record"
RECORD_TITLE = "竞价大厅记录.json"
JSON = "application/json"
TENDEREE_FIELD, BUYER_FIELD = "Tenderee", "Buyer"
PARTIES = frozenset({LotRole.TENDEREE.value, LotRole.TENDERER.value})
READERS = (
    LotRole.TENDEREE,
    LotRole.AGENCY,
    LotRole.SUPERVISOR,
    LotRole.INSPECTOR,
    LotRole.ARCHIVIST,
)


def winner(room: Room) -> FloorApplication:
    """Whose price it was that fell; raises :class:`Refused` where nothing was sold."""
    result = auction.whole(room)["result"]
    if result is None or not result["sold"]:
        raise Refused(_("Nothing was sold on this floor."), code="not-sold")
    rows = FloorApplication.objects.select_related("organisation")
    return rows.get(lot_id=room.lot_id, number=result["number"])


def offered(lot: Lot) -> SigningDocument | None:
    """The confirmation of the lot's sale, if it was laid out already."""
    return SigningDocument.objects.filter(purpose=PURPOSE, subject=lot.urn).first()


@command("bidding.offer-confirmation")
@dataclass(frozen=True, kw_only=True)
class OfferConfirmation(Act):
    """Put the laid-out confirmation up for both sides' signatures; the queue does this, once."""

    room: UUID
    plan: Plan

    def permit(self, actor: Actor) -> None:
        if not actor.is_process:
            raise Denied(_("The platform lays the confirmation out."))

    def lock(self) -> Room:
        return rooms.lock(self.room)

    def decide(self, scene: Scene) -> Result:
        room: Room = scene.subject
        lot = Lot.objects.select_related("project__tenderee").get(pk=room.lot_id)
        buyer = winner(room)
        if offered(lot) is not None:
            raise Refused(_("The confirmation is laid out already."), code="already-offered")
        document = signing_documents.open_document(
            scene,
            plan=self.plan,
            purpose=PURPOSE,
            title=f"{TITLE} {lot.project.code}-{lot.number}",
            subject=lot.urn,
            facts={"room": room.urn, "chain": bytes(room.chain).hex(), "seq": room.seq},
        )
        messages.send(
            scene,
            to=[buyer.organisation, lot.project.tenderee],
            template="floor-confirmation",
            lot=lot,
            context={"price": f"{Decimal(auction.whole(room)['result']['price']):,.2f}"},
            evidence=True,
        )
        return {"document": str(document.pk)}


def signatories_of(lot: Lot, buyer: FloorApplication) -> tuple[Any, Any]:
    """Both sides' places under the confirmation."""
    return (
        signatories.of_organisation(lot.project.tenderee, TENDEREE_FIELD),
        signatories.of_organisation(buyer.organisation, BUYER_FIELD),
    )


@command(CONFIRM)
@dataclass(frozen=True, kw_only=True)
class ConfirmSale(LotAct):
    """Take the confirmation that both sides signed and the platform sealed as the award.

    The platform does so itself with the last signature; a party may ask for it where that was
    refused, such as while the lot was suspended.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        document = offered(lot)
        if document is None:
            raise NotFound(_("No confirmation is laid out yet."), code="no-confirmation")
        if document.state not in (SigningState.SEALED, SigningState.CONCLUDED):
            raise Refused(_("Not everybody has signed yet."), code="not-signed-by-all")
        roles = access.actor_roles(scene.actor, lot, scene.now)
        return _conclude(scene, lot, document, roles=roles)


def complete(scene: Scene, document: SigningDocument) -> None:
    """What follows when both have signed; called once the platform's seal is on it."""
    lot = lock_lot(UUID(document.subject.partition(":")[2]))
    if not Award.objects.filter(lot=lot).exists():
        _conclude(scene, lot, document, roles=PARTIES)


def _conclude(
    scene: Scene, lot: Lot, document: SigningDocument, *, roles: frozenset[str]
) -> Result:
    lifecycle.apply(scene, lot, CONFIRM, actor_roles=roles)
    room = rooms.lock(UUID(document.facts["room"].partition(":")[2]))
    buyer = winner(room)
    price = Decimal(auction.whole(room)["result"]["price"])
    award = Award(
        lot=lot,
        winner=buyer.organisation,
        rank=1,
        price=price,
        terms={},
        decided_by=scene.actor.urn,
        decided_at=scene.now,
    )
    award.report = _file(scene, lot, document, award)
    award.save(force_insert=True)
    security_terms.settle(lot)
    scene.enter(
        subject=award.urn,
        act=CONFIRM,
        public=True,
        digests={"confirmation": document.digest},
        context={"lot": lot.urn, "winner": buyer.organisation.urn, "room": room.urn},
        receipt_for=(lot.project.tenderee.urn, buyer.organisation.urn),
    )
    rooms.emit(
        scene, room, "named", {"bidders": auction.names(auction_entry.qualified(lot))}
    )
    auction.close(scene, room)
    _tell_all(scene, lot, award)
    return {"award": str(award.pk), "stage": lot.stage, "dates": lot.dates}


def _file(scene: Scene, lot: Lot, document: SigningDocument, award: Award) -> Exhibit:
    """The signed confirmation as the lot's award, for everybody to read."""
    return dossier.file(
        scene,
        lot=lot,
        kind=AWARD,
        name=document.title,
        digest=document.digest,
        size=document.size,
        media_type=PDF,
        facts={
            **document.facts,
            "award": award.urn,
            "winner": award.winner.urn,
            "rank": award.rank,
            "price": auction_rules.shown(award.price),
            "terms": {},
            "reasons": "",
        },
        audience=[PUBLIC],
        seal={"assessment": document.assessment},
    )


def _tell_all(scene: Scene, lot: Lot, award: Award) -> None:
    """The buyer, and every other bidder, that the lot is sold, to whom and at what price."""
    until = planning.shown_end(jcs.parse_timestamp(lot.dates["contract-until"]))
    context = {"winner": award.winner.name, "price": f"{award.price:,.2f}", "until": until}
    for one in auction_entry.qualified(lot):
        won = one.organisation_id == award.winner_id
        messages.send(
            scene,
            to=[one.organisation],
            template="floor-won" if won else "floor-lost",
            lot=lot,
            context=context,
            evidence=True,
        )


# --- the floor's record --------------------------------------------------------------------------


@command("bidding.file-floor-record")
@dataclass(frozen=True, kw_only=True)
class FileFloorRecord(Act):
    """File a closed floor's whole stream, as it lies in the store; the queue does this, once."""

    room: UUID
    digest: str
    size: int

    def permit(self, actor: Actor) -> None:
        if not actor.is_process:
            raise Denied(_("The platform files the record of a floor."))

    def lock(self) -> Room:
        return rooms.lock(self.room)

    def decide(self, scene: Scene) -> Result:
        room: Room = scene.subject
        lot = Lot.objects.get(pk=room.lot_id)
        if room.is_open:
            raise Refused(_("The floor is still open."), code="room-open")
        if recorded(lot):
            raise Refused(_("The record of this floor is filed."), code="already-filed")
        state = auction.whole(room)
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=RECORD,
            name=RECORD_TITLE,
            digest=self.digest,
            size=self.size,
            media_type=JSON,
            facts={
                "room": room.urn,
                "chain": bytes(room.chain).hex(),
                "seq": room.seq,
                "asks": state["count"],
                "result": state["result"],
            },
            audience=READERS,
        )
        return {"exhibit": str(exhibit.pk)}


def recorded(lot: Lot) -> bool:
    """Whether the dossier holds the record of the lot's floor."""
    return Exhibit.objects.filter(lot=lot, kind=RECORD).exists()
