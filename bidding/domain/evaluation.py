"""The evaluation room: who may see what in it, how it begins, what is known of the bids.

It opens by itself when the opening is closed and the committee complete. Only the committee and
supervisors are in it (TBL 38). While the committee scores, bids have codes and no names; a
member's points are seen by that member alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import codes, committee, rooms, scoring, sealed_rounds
from bidding.domain.evaluation_state import initial, reduce
from bidding.domain.room_kinds import (
    ALL,
    COMMITTEE,
    SUPERVISORS,
    RoomKind,
    only,
    register,
)
from bidding.domain.scoring import Scheme
from bidding.enums import BidState
from bidding.models import (
    Bid,
    BidCode,
    Committee,
    Envelope,
    Evaluation,
    Room,
    ScoreSheet,
    Seat,
)
from signatures.domain.act import Scene
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.domain import dossier, procedure
from trading.enums import LotRole
from trading.models import Exhibit, Lot

KIND = "evaluation"
STAGE = "EVALUATION"
RANK = "bidding.compute-scores"
DOCUMENT = "technical-document"
#: The slot whose files the committee reads under codes.
TECHNICAL_SLOT = 3
_READERS = (LotRole.EVALUATOR, LotRole.SUPERVISOR)


def audiences(user: User, room: Room) -> frozenset[str]:
    """Members of the complete committee, and supervisors; nobody else is in the room."""
    if not user.is_active:
        return frozenset()
    found: set[str] = set()
    if committee.is_member(room.lot, user):
        found |= {ALL, COMMITTEE, only(user.urn)}
    if LotRole.SUPERVISOR in access.roles_of(user, room.lot_id):
        found |= {ALL, SUPERVISORS}
    return frozenset(found)


kind = register(
    RoomKind(name=KIND, audiences=audiences, reduce=reduce, initial=initial, presence=ALL)
)


# --- finding -------------------------------------------------------------------------------------


def find(lot: Lot) -> Evaluation | None:
    """The lot's evaluation, once it has begun."""
    rows = Evaluation.objects.filter(committee__lot=lot)
    return rows.select_related("committee__lot__project").first()


def get(lot: Lot) -> Evaluation:
    """The lot's evaluation; raises :class:`NotFound`."""
    row = find(lot)
    if row is None:
        raise NotFound(_("The evaluation of this lot has not begun."), code="not-begun")
    return row


def scheme_of(lot: Lot) -> Scheme:
    """The lot's method of evaluation."""
    return scoring.read(lot.parameters)


def coded(row: Committee) -> dict[str, Bid]:
    """The bids by their codes, in the order of the codes."""
    rows = BidCode.objects.filter(committee=row).select_related("bid__tenderer")
    return {each.code: each.bid for each in rows.order_by("code")}


def rejected_codes(row: Evaluation) -> set[str]:
    """The codes of the bids that the committee rejected."""
    return {each["code"] for each in row.rejected}


def admitted(lot: Lot) -> list[UUID]:
    """The bids that the evaluation goes on with, sorted: opened, and not rejected."""
    row = get(lot)
    out = rejected_codes(row)
    return sorted(
        bid.pk
        for code, bid in coded(row.committee).items()
        if code not in out and bid.state == BidState.FROZEN
    )


def stages(lot: Lot) -> frozenset[str]:
    """The stages at which the committee works: until its scores stand, and until its ranking."""
    rules = procedure.of(lot)
    works = (rules.commands.get(name) for name in ("bidding.freeze-scores", RANK))
    return frozenset({STAGE, *(stage for one in works if one is not None for stage in one.from_)})


def live_room(lot: UUID) -> Room | None:
    """The lot's evaluation room while it is open."""
    return rooms.live(lot, KIND)


def last_room(lot: Lot) -> Room:
    """The lot's newest evaluation room, open or closed; raises :class:`NotFound`."""
    found = Room.objects.filter(lot=lot, kind=KIND).order_by("opened_at").last()
    if found is None:
        raise NotFound(_("The evaluation of this lot has not begun."), code="not-begun")
    return found


# --- beginning -----------------------------------------------------------------------------------


def begin(scene: Scene, lot: Lot) -> None:
    """Open the evaluation when the opening is closed and the committee complete, inside an act.

    Called by both of these acts. Where the evaluation has begun already, a new member gets a
    score sheet.
    """
    row = committee.find(lot)
    if lot.stage != STAGE or row is None or row.complete_at is None:
        return
    members = committee.members(row)
    if len(members) != row.size:
        return
    if find(lot) is not None:
        _join_late(scene, lot, members)
        return
    read = sealed_rounds.bids(lot, round_=sealed_rounds.main(lot))
    bids = read.filter(state=BidState.FROZEN).select_related("tenderer")
    known = {bid.pk: bid for bid in bids}
    seed, draw_seed = bytes.fromhex(row.code_seed), bytes.fromhex(row.draw_seed)
    assigned = codes.assign(seed, draw_seed, known)
    BidCode.objects.bulk_create(
        BidCode(committee=row, bid=known[pk], code=code) for pk, code in assigned.items()
    )
    labels = codes.label(seed, [seat.user.urn for seat in members])
    ScoreSheet.objects.bulk_create(
        ScoreSheet(seat=seat, label=labels[seat.user.urn]) for seat in members
    )
    Evaluation.objects.create(committee=row)
    room = rooms.open_room(scene, kind=KIND, lot=lot.pk)
    scheme = scheme_of(lot)
    rooms.emit(
        scene,
        room,
        "bids",
        {
            "codes": sorted(assigned.values()),
            "criteria": [
                {
                    "id": each.id,
                    "title": each.title,
                    "title_en": each.title_en,
                    "full": str(each.full),
                    "objective": each.objective,
                }
                for each in scheme.criteria
            ],
        },
        by=room.urn,
    )
    _announce_members(scene, room, members)
    rooms.enter_stage(scene, room, "scoring")
    _file_technical(scene, lot, assigned)
    scene.enter(
        subject=lot.urn,
        act="bidding.begin-evaluation",
        public=True,
        context={"room": room.urn, "members": len(members), "bids": len(assigned)},
    )


def _join_late(scene: Scene, lot: Lot, members: Sequence[Seat]) -> None:
    known = ScoreSheet.objects.filter(seat__committee__lot=lot)
    number = known.count()
    new = [seat for seat in members if not known.filter(seat=seat).exists()]
    for place, seat in enumerate(new, start=1):
        ScoreSheet.objects.create(seat=seat, label=f"E{number + place}")
    room = live_room(lot.pk)
    if room is not None and new:
        _announce_members(scene, room, members)
        rooms.audiences_changed(scene, room)


def _announce_members(scene: Scene, room: Room, members: Sequence[Seat]) -> None:
    """Who sits on the committee: for those in the room, who all may know."""
    rooms.emit(
        scene,
        room,
        "members",
        {"members": [{"user": seat.user.urn, "name": seat.user.full_name} for seat in members]},
        by=room.urn,
    )


def _file_technical(scene: Scene, lot: Lot, assigned: dict[UUID, str]) -> None:
    """File the technical documents again, under codes and in their order, for the committee."""
    found: list[tuple[str, int, Exhibit]] = []
    owner = {
        envelope.urn: envelope.version.bid_id
        for envelope in Envelope.objects.filter(
            version__bid__in=list(assigned), slot=TECHNICAL_SLOT
        ).select_related("version")
    }
    for exhibit in Exhibit.objects.filter(lot=lot, kind="bid-document"):
        bid = owner.get(exhibit.facts.get("envelope", ""))
        if bid is not None and exhibit.facts.get("slot") == TECHNICAL_SLOT:
            found.append((assigned[bid], exhibit.facts["number"], exhibit))
    for code, number, exhibit in sorted(found, key=lambda each: each[:2]):
        suffix = PurePosixPath(exhibit.name).suffix.lower()
        dossier.file(
            scene,
            lot=lot,
            kind=DOCUMENT,
            name=f"{code}-{number}{suffix if suffix.isascii() and len(suffix) <= 6 else ''}",
            digest=exhibit.digest,
            size=exhibit.size,
            media_type=exhibit.media_type,
            facts={"code": code, "number": number},
            audience=_READERS,
        )


def member_left(scene: Scene, lot: Lot) -> None:
    """Have the room ask again who may be in it: somebody left the committee."""
    room = live_room(lot.pk)
    if room is not None:
        rooms.audiences_changed(scene, room)


def hear(kind_: str) -> Any:
    """A listener that passes what sealing says on to the evaluation room (shares, prices)."""

    def listener(scene: Scene, lot: Lot, data: dict[str, Any]) -> None:
        row = find(lot)
        room = live_room(lot.pk)
        if room is not None and row is not None and row.frozen_at is not None:
            rooms.emit(scene, room, kind_, data)

    return listener


def new_salt() -> str:
    """32 random bytes in hex: what is published of scores is salted, for they can be guessed."""
    return secrets.token_hex(32)
