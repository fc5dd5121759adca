"""What applicants for prequalification are told: each its own result; too few end it (TBR 19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bidding.domain import examination
from signatures.domain.act import Result, Scene, command
from trading.domain import prequalification, procedure, registry
from trading.domain.acts import LotAct
from trading.enums import LotRole
from trading.models import Assignment, Lot

NOTIFY = "bidding.notify-prequalification"
#: How many must qualify where the procedure file does not say.
LEAST = 3


def least(lot: Lot) -> int:
    """How many applicants must qualify."""
    figure = procedure.of(lot).figures.get("qualified")
    return LEAST if figure is None or figure.least is None else figure.least


@command(NOTIFY)
@dataclass(frozen=True, kw_only=True)
class NotifyPrequalification(LotAct):
    """Tell every applicant its result. With fewer than the law asks for the lot fails (TBR 19)."""

    public: ClassVar[bool] = False

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        report = examination.reported(lot)
        said = {} if report is None else {
            one["application"]: one for one in report.facts["results"]
        }
        outcomes = [
            prequalification.Outcome(
                organisation=bid.tenderer,
                qualified=said[bid.urn]["qualified"],
                reasons=tuple(said[bid.urn]["reasons"]),
            )
            for bid in examination.applications(lot)
            if bid.urn in said
        ]
        enough = sum(one.qualified for one in outcomes) >= least(lot)
        # Without a report the guard of the one step refuses, and of the other as well.
        move = self.proceed(scene, step=self._step(lot, enough=enough))
        prequalification.tell(scene, lot, outcomes, goes_on=enough)
        Assignment.objects.filter(
            lot=lot, role=LotRole.EVALUATOR, until__isnull=True
        ).update(until=scene.now)
        scene.enter(subject=lot.urn, context={"goes-on": enough})
        return {"stage": move.after.stage, "state": move.after.state, "goes_on": enough}

    def _step(self, lot: Lot, *, enough: bool) -> str:
        rules = procedure.of(lot)
        steps = (
            one.name
            for one in rules.commands.values()
            if one.act == NOTIFY and lot.stage in one.from_ and (one.to in rules.exits) != enough
        )
        return next(steps, NOTIFY)


def register() -> None:
    """Make the act nameable; called when the app is ready."""
    registry.register_command(NotifyPrequalification.name, NotifyPrequalification)
