"""What is tendered, by whom, and what each tenderer offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.documents import OFFERS, SITE, WORKS, Offer, Plan


@dataclass(frozen=True)
class Tender:
    """One tender of a demonstration; amounts are in CNY, written with two decimals.

    ``offers`` is tenderer -> offer, in the order in which tenderers are named. ``cast`` says who
    plays a part where it is not the one of that name: ``{"tenderee": "tenderee-2"}``. ``key``
    names the folder in which actors keep what belongs to this tender; the only tender of a run
    needs none.
    """

    title: str
    lot_title: str
    estimate: str
    offers: Mapping[str, Offer]
    site: str = SITE
    plan: Plan = WORKS
    cast: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    #: What the lines of a run call it, where several are played at once.
    name: str = ""

    @property
    def tenderers(self) -> tuple[str, ...]:
        return tuple(self.offers)

    def played_by(self, part: str) -> str:
        """The key of the actor or organisation that has this part."""
        return self.cast.get(part, part)


#: The one tender of a headless run.
RIVERSIDE = Tender(
    title="东岳市滨河路改造工程施工",
    lot_title="一标段 道路与排水",
    estimate="12000000.00",
    offers=OFFERS,
)
