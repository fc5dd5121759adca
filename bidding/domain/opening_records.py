"""The record of an opening: laid out when the hall is closed, signed by several, then filed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import hall, rooms
from bidding.models import Room
from signatures.domain import signing_documents
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Refused
from signatures.domain.signing_documents import Plan, Signatory
from signatures.models import SigningDocument
from trading.domain import dossier, signatories
from trading.enums import PUBLIC, LotRole, OrganisationKind
from trading.models import Assignment, Lot, Organisation

PURPOSE = "opening-record"
TITLE = "开标记录"
PDF = "application/pdf"
#: Who signs for what: the field's name and the role in Chinese and English.
TENDEREE = ("Tenderee", "招标人", "Tenderee")
SUPERVISOR = ("Supervisor", "监督部门", "Supervisor")
NOTARY = ("Notary", "公证机构 / 第二平台", "Notary or second platform")
CENTRE = ("Centre", "交易中心", "Trading centre")


@dataclass(frozen=True)
class Place:
    """A place for a signature under the record: who signs there and in which capacity."""

    signatory: Signatory
    title: tuple[str, str]


def places(room: Room) -> list[Place]:
    """Who signs the record: tenderee and supervisors always, notaries and the centre if present.

    Present is who signed in at the opening or holds a share of the seal.
    """
    lot = room.lot
    present = {each["organisation"] for each in hall.whole(room)["attended"]}
    found = [_place(lot.project.tenderee, TENDEREE)]
    for number, one in enumerate(_assigned(lot, LotRole.SUPERVISOR), start=1):
        found.append(_place(one, SUPERVISOR, number))
    for number, one in enumerate(_assigned(lot, LotRole.NOTARY), start=1):
        found.append(_place(one, NOTARY, number, required=one.urn in present))
    centre = _centre(lot)
    if centre is not None:
        found.append(_place(centre, CENTRE, required=centre.urn in present))
    return found


def _place(
    organisation: Organisation,
    what: tuple[str, str, str],
    number: int = 1,
    *,
    required: bool = True,
) -> Place:
    field = what[0] if number == 1 else f"{what[0]}-{number}"
    return Place(
        signatory=signatories.of_organisation(organisation, field, required=required),
        title=(what[1], what[2]),
    )


def _assigned(lot: Lot, role: LotRole) -> list[Organisation]:
    rows = Assignment.objects.filter(
        lot=lot, role=role, organisation__isnull=False, recused_at__isnull=True
    )
    return list(
        Organisation.objects.filter(pk__in=rows.values("organisation_id")).order_by("name", "pk")
    )


def _centre(lot: Lot) -> Organisation | None:
    """The centre among the trustees of the lot's seal."""
    for one in _assigned(lot, LotRole.TRUSTEE):
        if OrganisationKind.CENTRE.value in one.kinds:
            return one
    return None


def offered(lot: Lot) -> SigningDocument | None:
    """The lot's opening record, if it was laid out already."""
    return SigningDocument.objects.filter(purpose=PURPOSE, subject=lot.urn).first()


@command("bidding.offer-opening-record")
@dataclass(frozen=True, kw_only=True)
class OfferOpeningRecord(Act):
    """Put the laid-out record of a closed hall up for signature; the queue does this, once.

    Result: ``{"document": uuid}``.
    """

    room: UUID
    plan: Plan

    def permit(self, actor: Actor) -> None:
        if not actor.is_process:
            raise Denied(_("The platform lays the record out."))

    def lock(self) -> Room:
        return rooms.lock(self.room)

    def decide(self, scene: Scene) -> Result:
        room: Room = scene.subject
        if room.is_open:
            raise Refused(_("The hall is still open."), code="room-open")
        if offered(room.lot) is not None:
            raise Refused(_("The record is laid out already."), code="already-offered")
        document = signing_documents.open_document(
            scene,
            plan=self.plan,
            purpose=PURPOSE,
            title=f"{TITLE} {room.lot.project.code}-{room.lot.number}",
            subject=room.lot.urn,
            facts={"room": room.urn, "chain": bytes(room.chain).hex(), "seq": room.seq},
        )
        return {"document": str(document.pk)}


def complete(scene: Scene, document: SigningDocument) -> None:
    """File the record that everybody has signed."""
    lot = Lot.objects.select_related("project").get(pk=document.subject.partition(":")[2])
    room = Room.objects.get(pk=document.facts["room"].partition(":")[2])
    state = hall.whole(room)
    dossier.file(
        scene,
        lot=lot,
        kind=PURPOSE,
        name=f"{document.title}.pdf",
        digest=document.digest,
        size=document.size,
        media_type=PDF,
        facts={
            **document.facts,
            "tenderers": [each["organisation"] for each in state["tenderers"]],
            "opened": sorted(state["sheets"]),
            "lost": sorted(state["lost"]),
            "objections": len(state["objections"]),
            "closed": state["closed"],
        },
        audience=[PUBLIC],
        seal={"signing": document.urn, "assessment": document.assessment},
    )

