"""A lot whose committee has reported: three tenderers ranked, one rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from signatures.domain import guard, jcs
from signatures.models import User
from tests.factories import floor
from tests.factories.floor import House, beijing, sha
from trading.domain import procedure
from trading.models import Exhibit, Lot, Organisation

#: Friday 3 April 2026, 15:00 in Beijing: the report is signed.
REPORTED = beijing(2026, 4, 3, 15, 0)
TERMS = {"duration_days": "180", "quality": "合格", "manager": "陈蜀"}


@dataclass
class Evaluated:
    """The house, its tenderers by rank (the last one rejected), and their people."""

    house: House
    tenderers: list[Organisation]
    people: list[User]
    report: Exhibit

    @property
    def lot(self) -> Lot:
        return self.house.refresh()

    @property
    def winner(self) -> Organisation:
        return self.tenderers[0]


def facts(tenderers: list[Organisation]) -> dict[str, Any]:
    """What bidding says of its report."""
    ranked, rejected = tenderers[:-1], tenderers[-1]
    return {
        "ranking": [
            {
                "org": one.urn, "rank": rank, "price": f"{4_700_000 + rank * 100_000}.00",
                "score": f"{97 - rank}.50", "terms": TERMS,
            }
            for rank, one in enumerate(ranked, start=1)
        ],
        "rejected": [{"org": rejected.urn, "reason": "投标函未按要求签署"}],
    }


def exhibit(lot: Lot, kind: str, at: datetime, **values: Any) -> Exhibit:
    """An exhibit that somebody filed before."""
    with guard.writes("test arrangement"):
        made = Exhibit(
            lot=lot, kind=kind, stage=lot.stage, name=kind, digest=sha(f"{kind}{at}"), size=1,
            media_type="application/pdf", audience=["tenderee"], filed_at=at, **values,
        )
        made.save(force_insert=True)
    return made


def evaluated(
    at: datetime = REPORTED, *, ranked: int = 3, name: str = "construction"
) -> Evaluated:
    """A lot at the stage CANDIDATES whose report was signed at ``at``."""
    house = floor.house()
    names = ("泰和建设", "华岳市政", "西川建工", "蜀西交通", "东岳路桥")
    tenderers = [floor.organisation(name, "tenderer") for name in names[: ranked + 1]]
    people = [floor.person(f"{one.name}职员", one) for one in tenderers]
    lot = house.lot
    for one in tenderers:
        floor.assignment(lot, "tenderer", organisation=one)
    with guard.writes("test arrangement"):
        lot.stage, lot.stage_since = "CANDIDATES", at
        lot.procedure = procedure.load(name).frozen()
        lot.published_at = at - timedelta(days=30)
        dates = {"notice": lot.published_at, "deadline": at - timedelta(days=3), "report": at}
        lot.dates = {name: jcs.timestamp(when) for name, when in dates.items()}
        lot.save()
    report = exhibit(lot, "evaluation-report", at, facts=facts(tenderers))
    return Evaluated(house=house, tenderers=tenderers, people=people, report=report)
