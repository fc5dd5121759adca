"""Merits and risks of each candidate, where the committee names candidates without ranking them.

Award separated from evaluation 评定分离 (MOHURD 2019 No. 11): whoever decides among the candidates
reads what speaks for and against each, and neither totals nor an order. The chair puts it on the
record while the committee confers; every member signs it with the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import evaluation, room_state, rooms
from bidding.domain.evaluation_acts import MemberAct, require_chair, words
from bidding.domain.room_kinds import State
from bidding.models import Bid, Evaluation, Room
from signatures.domain.act import Scene, command
from signatures.domain.errors import NotFound, Refused
from trading.domain import candidates, procedure


def named(row: Evaluation) -> dict[str, Bid]:
    """The bids that become unranked candidates, by code, in the neutral order of credit codes.

    Empty where the procedure ranks its candidates.
    """
    if candidates.are_ranked(row.committee.lot):
        return {}
    bids = evaluation.coded(row.committee)
    best = [each["code"] for each in row.ranking[: candidates.most(row.committee.lot)]]
    best.sort(key=lambda code: bids[code].tenderer.credit_code)
    return {code: bids[code] for code in best}


def missing(row: Evaluation, state: State) -> list[str]:
    """The codes of candidates whose merits and risks are not on the record, in that order."""
    return [code for code in named(row) if code not in state["appraisals"]]


def require_settled(row: Evaluation, room: Room) -> None:
    """Every unranked candidate is appraised; raises :class:`Refused` (``not-appraised``)."""
    left = missing(row, room_state.state(room))
    if left:
        raise Refused(
            _("State the merits and risks of these candidates first: %(codes)s.")
            % {"codes": ", ".join(left)},
            code="not-appraised",
            rule=procedure.of(row.committee.lot).flags[candidates.RANKED].article,
        )


def facts(row: Evaluation, state: State) -> list[dict[str, str]]:
    """What the report says of the unranked candidates: ``{"org", "merits", "risks"}`` each."""
    said = state["appraisals"]
    return [
        {
            "org": bid.tenderer.urn,
            "merits": said[code]["merits"],
            "risks": said[code]["risks"],
        }
        for code, bid in named(row).items()
        if code in said
    ]


@command("bidding.appraise-candidate")
@dataclass(frozen=True, kw_only=True)
class AppraiseCandidate(MemberAct):
    """The chair states what speaks for and against a candidate; ``bid`` is its code.

    It may be stated anew until the report is laid out; the last words count.
    """

    phase = "computed"
    bid: str
    merits: str
    risks: str

    def perform(self, scene: Scene, room: Room) -> None:
        row, _seat = self.enter_room(scene, room)
        require_chair(room, scene.actor)
        if candidates.are_ranked(row.committee.lot):
            raise Refused(
                _("This procedure ranks its candidates; their scores stand in the report."),
                code="candidates-ranked",
            )
        if self.bid not in named(row):
            raise NotFound(_("There is no candidate of this code."), code="no-such-candidate")
        data: dict[str, Any] = {
            "bid": self.bid, "merits": words(self.merits), "risks": words(self.risks)
        }
        rooms.emit(scene, room, "appraisal", data)
