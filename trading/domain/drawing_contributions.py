"""What the parties put into a draw: first a commitment, then the reveal behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused, Unavailable
from trading.domain import drawing_parties
from trading.domain.draw_record import commitment_of
from trading.domain.drawing_opening import enter_phase
from trading.domain.drawing_state import DrawAct, deadline, missing, published
from trading.domain.draws import phase_digests
from trading.domain.signed import Accepted
from trading.enums import DrawPhase
from trading.models import Draw, DrawContribution

COMMIT = "sunlit.commit/1"
COMMIT_FIELDS = frozenset({"draw", "party", "record", "commitment"})
REVEAL = "sunlit.reveal/1"
REVEAL_FIELDS = frozenset({"draw", "party", "record", "reveal"})
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Contribute(DrawAct):
    """What one party puts in: signed by a member of an organisation, or the platform's own.

    ``value`` is given by the platform's party alone, whose word needs no signature.
    """

    phase: ClassVar[DrawPhase]
    purpose: ClassVar[str]
    name_of_value: ClassVar[str]

    signed: Accepted | None = None
    value: str = field(default="", repr=False)

    def contribution(self, scene: Scene) -> tuple[str, str, dict[str, str]]:
        """The party, its value and the digests of its statement, once all of that is in order."""
        draw: Draw = scene.subject
        if draw.phase != self.phase:
            raise Refused(
                _("The draw does not take this now: %(phase)s.")
                % {"phase": DrawPhase(draw.phase).label},
                code="wrong-phase",
            )
        party, value, digests = self._given(scene, draw)
        until = deadline(draw)
        if until is None:
            raise Unavailable(
                _("The ledger entry before this one is not timestamped yet. Try again shortly."),
                code="awaiting-timestamp",
            )
        if scene.now > until:
            raise Refused(_("The time for this phase of the draw is over."), code="too-late")
        if not _HASH.fullmatch(value):
            raise Malformed(
                _("A commitment or a reveal is 32 bytes in small hexadecimal letters."),
                code="bad-contribution",
            )
        return party, value, digests

    def _given(self, scene: Scene, draw: Draw) -> tuple[str, str, dict[str, str]]:
        if self.signed is None:
            party = drawing_parties.require(
                scene.actor, draw, drawing_parties.CENTRE, scene.now
            )
            if not scene.actor.is_process:
                raise Denied(_("People sign what they contribute."), code="signature-missing")
            return party, self.value, {}
        self.signed.require_bound(scene.actor)
        said = self.signed.value
        if said["purpose"] != self.purpose:
            raise Malformed(_("The statement is for something else."), code="wrong-purpose")
        party = drawing_parties.require(scene.actor, draw, said["party"], scene.now)
        if said["draw"] != draw.urn or said["record"] != draw.record_digest:
            raise Refused(_("The statement is about another draw."), code="wrong-draw")
        value = said[self.name_of_value]
        return party, value if isinstance(value, str) else "", self.signed.digests()

    def enter(self, scene: Scene, party: str, digests: dict[str, str]) -> None:
        draw: Draw = scene.subject
        owners = () if party == drawing_parties.CENTRE else (party,)
        scene.enter(
            subject=draw.urn, digests=digests, context={"party": party}, receipt_for=owners
        )


@command("trading.commit-draw")
@dataclass(frozen=True, kw_only=True)
class CommitDraw(Contribute):
    """A party commits itself: ``sunlit.commit/1`` with ``draw``, ``party``, ``record`` (the
    record's digest) and ``commitment``. Result: ``{"party", "missing": [parties]}``."""

    phase = DrawPhase.RECORD
    purpose = COMMIT
    name_of_value = "commitment"

    def decide(self, scene: Scene) -> Result:
        draw: Draw = scene.subject
        party, commitment, digests = self.contribution(scene)
        if draw.contributions.filter(party=party).exists():
            raise Refused(
                _("%(party)s has committed already.") % {"party": party}, code="committed-already"
            )
        DrawContribution.objects.create(
            draw=draw,
            party=party,
            commitment=commitment,
            commit_digests=digests,
            committed_at=scene.now,
        )
        self.enter(scene, party, {"commitment": commitment, **digests})
        return {"party": party, "missing": missing(draw)}


@command("trading.reveal-draw")
@dataclass(frozen=True, kw_only=True)
class RevealDraw(Contribute):
    """A party reveals: ``sunlit.reveal/1`` with ``draw``, ``party``, ``record`` and ``reveal``.

    What is not behind the party's commitment is refused and changes nothing. The last reveal
    closes the phase. Result: ``{"party", "missing": [parties]}``.
    """

    phase = DrawPhase.COMMITMENTS
    purpose = REVEAL
    name_of_value = "reveal"

    def decide(self, scene: Scene) -> Result:
        draw: Draw = scene.subject
        party, reveal, digests = self.contribution(scene)
        row = draw.contributions.get(party=party)
        if row.reveal:
            raise Refused(
                _("%(party)s has revealed already.") % {"party": party}, code="revealed-already"
            )
        record = bytes.fromhex(draw.record_digest)
        if commitment_of(record, party, bytes.fromhex(reveal)).hex() != row.commitment:
            raise Refused(
                _("This is not what %(party)s committed to.") % {"party": party},
                code="wrong-reveal",
            )
        row.reveal, row.reveal_digests, row.revealed_at = reveal, digests, scene.now
        row.save(update_fields=["reveal", "reveal_digests", "revealed_at"])
        self.enter(scene, party, digests)
        absent = missing(draw)
        if not absent:
            draw.phase = DrawPhase.REVEALS
            draw.save(update_fields=["phase"])
            enter_phase(
                scene,
                draw,
                "reveals",
                digests=phase_digests("reveals", draw.record, published(draw, "reveals")),
            )
        return {"party": party, "missing": absent}
