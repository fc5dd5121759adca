"""The award by a weighted draw among the candidates, which anybody can run again.

The record is of version SUNLIT-DRAW-1 (:mod:`trading.domain.draw_record`): one stratum, the
candidates by their URN, each with the weight that the documents state for its place in the order of
price from the lowest; equal prices have equal weights, the higher of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Refused
from trading.domain import candidates, deciding, drawing, registry
from trading.domain.acts import LotAct
from trading.domain.candidates import Ranked
from trading.domain.draw_record import VERSION
from trading.domain.signed import Accepted
from trading.enums import LotRole
from trading.models import Assignment, AwardDecision, Draw, Lot, Organisation

OPEN = "trading.open-award-draw"
PURPOSE = "award"
STRATUM = "candidate"
#: How long a party gets for each phase unless the opener says otherwise, in seconds.
USUAL = 3600


def weights(rows: tuple[Ranked, ...], stated: list[int]) -> dict[str, int]:
    """Each candidate's weight by its price; who has no stated place has the last one's."""
    prices = sorted(one.price for one in rows)
    return {
        one.organisation.urn: stated[min(prices.index(one.price), len(stated) - 1)] for one in rows
    }


def usual_parties(lot: Lot) -> tuple[str, ...]:
    """The tenderee, the platform, and the supervisors and notaries assigned to the lot."""
    rows = Assignment.objects.filter(
        lot=lot,
        role__in=(LotRole.SUPERVISOR, LotRole.NOTARY),
        organisation__isnull=False,
        recused_at__isnull=True,
    )
    assigned = Organisation.objects.filter(pk__in=rows.values("organisation_id"))
    return (lot.project.tenderee.urn, drawing.CENTRE, *(one.urn for one in assigned))


def drawn_among(row: AwardDecision) -> dict[str, int]:
    """Who is drawn among, with weights; raises :class:`Refused` where no draw decides."""
    rows = candidates.first(row.lot)
    if row.method["by"] == deciding.DRAW:
        return weights(rows, row.method["weights"])
    tied = row.grounds.get("tied") if row.method["by"] == deciding.PRICE else None
    if not tied:
        raise Refused(_("This award is not decided by a draw."), code="no-draw")
    return dict.fromkeys(tied, 1)


@command(OPEN)
@dataclass(frozen=True, kw_only=True)
class OpenAwardDraw(LotAct):
    """Open the draw among the candidates, or, after one that came to nothing, the next.

    ``parties`` are by default the tenderee, the platform and the lot's supervisors and notaries;
    ``before`` and ``reason`` (``sunlit.redraw/1``) name the draw that is repeated. Result: that of
    ``trading.open-draw``.
    """

    public: ClassVar[bool] = True

    parties: tuple[str, ...] = ()
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: Accepted | None = None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = deciding.decision_of(lot)
        if row.chosen is not None:
            raise Refused(_("The draw has decided already."), code="drawn-already")
        before = drawing.find_draw(self.before) if self.before is not None else None
        draw = drawing.open_draw(
            scene,
            purpose=PURPOSE,
            subject=lot.urn,
            lot=lot,
            record=_record(drawn_among(row), self.parties or usual_parties(lot), before),
            commit_seconds=self.commit_seconds,
            reveal_seconds=self.reveal_seconds,
            before=before,
            reason=self.reason,
        )
        scene.enter(
            subject=row.urn,
            digests={"record": draw.record_digest},
            context={"lot": lot.urn, "draw": draw.urn},
        )
        return drawing.opened(draw)


def _record(
    among: dict[str, int], parties: tuple[str, ...], before: Draw | None
) -> dict[str, Any]:
    return {
        "id": drawing.new_id(),
        "version": VERSION,
        "purpose": drawing.purpose_of(PURPOSE, before),
        "parties": sorted(set(parties)),
        "candidates": [
            {"id": urn, "weight": weight, "stratum": STRATUM, "organisation": None}
            for urn, weight in sorted(among.items())
        ],
        "avoid": {"candidates": [], "organisations": []},
        "reasons": {},
        "quota": {STRATUM: 1},
        "alternates": {STRATUM: 0},
        "max_per_organisation": None,
        "once": True,
        "assign": None,
    }


def on_result(scene: Scene, draw: Draw, result: dict[str, Any]) -> None:
    """Choose whom the draw gives; inside the act that concludes it."""
    assert draw.lot is not None  # the draw of an award is opened on a lot only
    row = deciding.decision_of(draw.lot)
    among = {one["id"]: one["weight"] for one in draw.record["candidates"]}
    grounds = {**row.grounds, "draw": draw.urn, "weights": among}
    deciding.choose(scene, row, result["drawn"][STRATUM][0], grounds)


def check(scene: Scene, draw: Draw) -> None:
    """Only this module's act opens such a draw: a record of one's own making is refused."""
    if not isinstance(scene.command, OpenAwardDraw):
        raise Refused(
            _("An award is drawn by its own act, among the published candidates."),
            code="wrong-act",
        )


def _nothing_yet(scene: Scene, row: AwardDecision, rows: tuple[Ranked, ...]) -> None:
    """The draw is opened by an act of its own, so that it can be repeated."""


def register() -> None:
    """Make the command nameable and wait for results; called when the app is ready."""
    registry.register_command(OpenAwardDraw.name, OpenAwardDraw)
    drawing.on_result(PURPOSE, on_result, check=check)
    deciding.register_method(deciding.DRAW, _nothing_yet)
