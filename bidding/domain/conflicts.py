"""Every evaluator declares, signed, whether anything ties them to the parties (TBL 37, TBR 46)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import committee, evaluation
from bidding.models import Seat
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.models import User
from trading.domain import grounds
from trading.domain.acts import LotAct
from trading.domain.signed import Accepted, Signed, accept
from trading.models import Lot

PURPOSE = "sunlit.conflict/1"
DECLARE = "bidding.declare-conflict"
AFTER_FREEZE = grounds.declare("conflict-after-freeze", step=DECLARE)
FIELDS = frozenset({"lot", "committee", "conflict", "reason"})
MOST = 500


def prepare(person: User, lot: UUID, signed: Signed) -> DeclareConflict:
    """The act of a signed declaration; checks all that needs no lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    said = accepted.value
    if type(said["conflict"]) is not bool or not isinstance(said["reason"], str):
        raise Malformed(
            _("A declaration says conflict: true or false, and a reason."),
            code="bad-declaration",
        )
    if len(said["reason"]) > MOST or said["conflict"] != bool(said["reason"].strip()):
        raise Malformed(
            _("A conflict has a reason of 1 to %(most)d characters; no conflict has none.")
            % {"most": MOST},
            code="bad-declaration",
        )
    return DeclareConflict(lot=lot, signed=accepted)


@command(DECLARE)
@dataclass(frozen=True, kw_only=True)
class DeclareConflict(LotAct):
    """Declare a conflict, or that there is none: ``sunlit.conflict/1`` ``{lot, committee,
    conflict, reason}`` (URNs, boolean, text).

    A conflict takes the seat away and calls the next alternate. With the last seat free of
    conflict the committee is complete. Result: ``{"conflict", "complete", "vacant"}``.
    """

    public: ClassVar[bool] = False

    signed: Accepted

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        if actor.user is None:
            raise Denied(_("People declare."), code="wrong-role")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        row = committee.get(lot)
        seat = committee.seat_of(row, scene.actor.user)
        if seat is None:
            raise Denied(_("You do not sit on this committee."), code="no-seat")
        said = self.signed.value
        if (said["lot"], said["committee"]) != (lot.urn, row.urn):
            raise Refused(_("The declaration is about another committee."), code="wrong-committee")
        if seat.declared_at is not None and not said["conflict"]:
            raise Refused(_("You have declared already."), code="already-declared")
        found = evaluation.find(lot)
        if found is not None and found.frozen_at is not None:
            raise Refused(
                _("The scores are frozen; a conflict found now goes to the supervisor."),
                code="scores-frozen",
                rule=AFTER_FREEZE.of(lot),
            )
        self._note(scene, seat)
        if said["conflict"]:
            self._replace(scene, seat)
        scene.enter(
            subject=lot.urn,
            digests=self.signed.digests(),
            context={"committee": row.urn, "conflict": said["conflict"]},
            receipt_for=(seat.user.urn,),
        )
        complete = committee.settle(scene, row)
        evaluation.begin(scene, lot)
        return {
            "conflict": said["conflict"],
            "complete": complete,
            "vacant": sum(committee.vacant(row).values()),
        }

    def _note(self, scene: Scene, seat: Seat) -> None:
        said = self.signed.value
        seat.declared_at, seat.conflict, seat.reason = (
            scene.now,
            said["conflict"],
            said["reason"].strip(),
        )
        seat.statement, seat.signature = self.signed.statement, self.signed.signature
        seat.assessment = self.signed.assessment_digest
        seat.save()

    def _replace(self, scene: Scene, seat: Seat) -> None:
        committee.leave(scene, seat, "conflict declared")
        successor = committee.next_alternate(seat.committee, seat.stratum)
        if successor is not None:
            committee.call(scene, successor)
        evaluation.member_left(scene, seat.committee.lot)

