"""Who attends an opening, and who confirms what was read out: signed, on the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import hall, rooms
from bidding.domain.hall_acts import OPENING, HallAct
from bidding.domain.room_commands import Call
from bidding.models import Room
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused
from trading import access
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole
from trading.models import Assignment, Organisation

ATTEND, CONFIRM = "sunlit.attendance/1", "sunlit.confirm/1"
ATTEND_FIELDS = frozenset({"lot", "room", "organisation"})
CONFIRM_FIELDS = frozenset({"lot", "room", "organisation", "bid", "sheet"})

#: Who takes part in an opening beside those who bid.
PARTICIPANTS = frozenset(
    {
        LotRole.TENDEREE.value,
        LotRole.AGENCY.value,
        LotRole.TRUSTEE.value,
        LotRole.SUPERVISOR.value,
        LotRole.NOTARY.value,
    }
)


def signed_frame(call: Call, purpose: str, fields: frozenset[str]) -> Accepted:
    """The signed statement of a frame ``{"statement": base64, "signature": base64}``.

    Checked and judged outside any transaction. Raises :class:`Malformed`, :class:`Refused`.
    """
    strange = sorted(set(call.fields) - {"statement", "signature"})
    texts = [call.fields.get(name) for name in ("statement", "signature")]
    if strange or not all(isinstance(text, str) for text in texts) or call.actor.user is None:
        raise Malformed(
            _("The command takes a statement and its signature, both in base64."),
            code="bad-field",
        )
    signed = Signed.from_base64(str(texts[0]), str(texts[1]))
    return accept(call.actor.user, signed, purpose=purpose, fields=fields)


def require_about(accepted: Accepted, room: Room) -> None:
    """The statement names this lot and this room; raises :class:`Refused`."""
    said = accepted.value
    if (said["lot"], said["room"]) != (room.lot.urn, room.urn):
        raise Refused(_("The statement is about another room."), code="wrong-room")


@dataclass(frozen=True, kw_only=True)
class SignedHallAct(HallAct):
    """An act in the hall that rests on a signed statement of an organisation's member."""

    signed: Accepted

    def organisation(self, scene: Scene, room: Room) -> Organisation:
        """The organisation that the statement speaks for; the actor must act for it."""
        self.signed.require_bound(scene.actor)
        require_about(self.signed, room)
        wanted = self.signed.value["organisation"]
        mine = access.organisations_of(scene.actor.user, scene.now)
        found = next((each for each in mine if each.urn == wanted), None)
        if found is None:
            raise Denied(
                _("You do not act for this organisation."), code="not-your-organisation"
            )
        return found

    def enter(self, scene: Scene, room: Room, organisation: Organisation) -> None:
        scene.enter(
            subject=room.urn,
            digests=self.signed.digests(),
            context={"organisation": organisation.urn},
            receipt_for=(organisation.urn,),
        )


@command("bidding.attend-opening")
@dataclass(frozen=True, kw_only=True)
class AttendOpening(SignedHallAct):
    """Sign in at the opening: ``sunlit.attendance/1`` ``{lot, room, organisation}`` (URNs).

    For those who bid and those whom the lot knows otherwise, once a person.
    """

    def perform(self, scene: Scene, room: Room) -> Result:
        self.lot(room)
        organisation = self.organisation(scene, room)
        roles = roles_in(room.lot_id, organisation)
        if not roles:
            raise Denied(
                _("%(name)s has no part in this opening; it may watch.")
                % {"name": organisation.name},
                code="no-part",
            )
        here = hall.whole(room)["attended"]
        if any(each["person"] == scene.actor.urn for each in here):
            raise Refused(_("You have signed in already."), code="already-attended")
        data: dict[str, Any] = {
            "organisation": organisation.urn,
            "name": organisation.name,
            "roles": roles,
            "person": scene.actor.urn,
            "statement": self.signed.statement,
        }
        rooms.emit(scene, room, "attended", data)
        self.enter(scene, room, organisation)
        return {"roles": roles}


def roles_in(lot: UUID, organisation: Organisation) -> list[str]:
    """What an organisation is to an opening: bidding, or known to the lot otherwise; sorted."""
    assigned = Assignment.objects.filter(
        lot=lot, organisation=organisation, until__isnull=True, recused_at__isnull=True
    )
    roles = PARTICIPANTS.intersection(assigned.values_list("role", flat=True))
    if hall.frozen_bids(lot).filter(tenderer=organisation).exists():
        roles |= {LotRole.TENDERER.value}
    return sorted(roles)


@command("bidding.confirm-opening")
@dataclass(frozen=True, kw_only=True)
class ConfirmOpening(SignedHallAct):
    """A tenderer confirms that its bid was opened and read out as it stands.

    ``sunlit.confirm/1`` ``{lot, room, organisation, bid, sheet}``: ``bid`` is the bid's URN,
    ``sheet`` the SHA-256 of the opening sheet in hex. Once for each bid.
    """

    def perform(self, scene: Scene, room: Room) -> None:
        self.lot(room)
        organisation = self.organisation(scene, room)
        state = self.started(room)
        bid = hall.frozen_bids(room.lot_id).filter(tenderer=organisation).first()
        if bid is None:
            raise Denied(_("This organisation has no bid here."), code="not-a-tenderer")
        if organisation.urn not in {each["organisation"] for each in state["attended"]}:
            raise Refused(_("Sign in at the opening first."), code="not-attended")
        said = self.signed.value
        if said["bid"] != bid.urn:
            raise Refused(_("The statement is about another bid."), code="wrong-bid")
        if str(bid.pk) not in state["read"]:
            raise Refused(
                _("Your bid was not read out yet."), code="not-read", rule=OPENING.of(room.lot)
            )
        if said["sheet"] != state["sheets"][str(bid.pk)]["digest"]:
            raise Refused(
                _("The statement confirms another sheet than the one that was read out. Object"
                  " if the sheet is not yours."),
                code="other-sheet",
            )
        if any(each["bid"] == str(bid.pk) for each in state["confirmed"]):
            raise Refused(_("This bid was confirmed already."), code="already-confirmed")
        rooms.emit(
            scene,
            room,
            "confirmed",
            {"organisation": organisation.urn, "bid": str(bid.pk)},
        )
        self.enter(scene, room, organisation)


def prepare_attendance(call: Call) -> AttendOpening:
    """The act of a frame ``attend``."""
    return AttendOpening(room=call.room.pk, signed=signed_frame(call, ATTEND, ATTEND_FIELDS))


def prepare_confirmation(call: Call) -> ConfirmOpening:
    """The act of a frame ``confirm``."""
    return ConfirmOpening(room=call.room.pk, signed=signed_frame(call, CONFIRM, CONFIRM_FIELDS))
