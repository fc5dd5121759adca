"""A framework's lot whose committee has reported, and the acts that follow, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from signatures.domain import guard
from signatures.domain.signing_documents import Place, Plan, Signatory
from signatures.models import SigningDocument
from tests.factories import evaluated as cases
from tests.factories.evaluated import REPORTED, Evaluated
from tests.factories.floor import sha
from trading.domain import framework_award, framework_orders
from trading.domain.acts import Advance
from trading.domain.contract_publicity import FileContract, PublishContract
from trading.domain.contracts import OfferContract, SignContract
from trading.domain.framework_award import DropSupplier, TakeIn
from trading.domain.framework_orders import CloseFramework, PlaceOrder
from trading.models import Award, Contract, Lot

NAME = "procurement-framework"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TERMS: dict[str, Any] = {
    "priority": "price", "eliminated": 20, "kind": "goods", "months": 6, "orders": "turns",
}
TAKEN = REPORTED + 3 * HOUR
SIGNED = TAKEN + 5 * DAY
BEGUN = SIGNED + DAY
WHY = "入围产品价格和售后服务最优"


@dataclass
class Framework:
    """The case and its acts; whoever does them is the buyer unless said otherwise."""

    case: Evaluated

    @property
    def lot(self) -> Lot:
        return self.case.lot

    @property
    def awards(self) -> list[Award]:
        return list(Award.objects.filter(lot=self.lot).order_by("rank"))

    def act(self, command: Any, *, by: Any = None, at: datetime):
        return self.case.house.act(command, by=by or self.case.house.buyer, at=at)

    def state(self, *, stage: str = "NOTICE", **terms: Any) -> None:
        with guard.writes("test arrangement"):
            lot = self.lot
            lot.parameters = {**lot.parameters, "framework": {**TERMS, **terms}}
            lot.save()

    def take_in(self, *, by: Any = None, at: datetime = TAKEN, **changes: Any):
        digest = framework_award.digest(framework_award.selection(self.lot))
        values = {
            "lot": self.lot.pk, "title": "入围通知书", "digest": sha("taken"), "size": 9,
            "suppliers": digest, **changes,
        }
        return self.act(TakeIn(**values), by=by, at=at)

    def offer(self, award: Award, *, by: Any = None, at: datetime = TAKEN + DAY, **changes: Any):
        """``which`` is the award that the act names, where it is another."""
        plan = Plan(
            digest=sha(f"agreement {award.pk}"), size=9, seal_field="Seal",
            places=tuple(
                Place(
                    signatory=Signatory(
                        field=field, signer=one.urn, holder=one.name,
                        credit_code=one.credit_code,
                    ),
                    seal=True,
                )
                for field, one in (
                    ("Tenderee", self.case.house.tenderee), ("Contractor", award.winner),
                )
            ),
        )
        values = {
            "lot": self.lot.pk, "title": f"框架协议（{award.winner.name}）",
            "price": str(award.price), "terms": award.terms, "plan": plan,
            "award": changes.pop("which", award.pk), **changes,
        }
        return self.act(OfferContract(**values), by=by, at=at)

    def sign(self, award: Award, *, by: Any = None, at: datetime = SIGNED):
        """As if both had signed and the platform had sealed at ``at``."""
        row = SigningDocument.objects.filter(contract__award=award)
        with guard.writes("test arrangement"):
            row.update(
                state="sealed", signed_at=at, sealed_at=at, digest=sha(f"signed {award.pk}")
            )
        return self.act(SignContract(lot=self.lot.pk, award=award.pk), by=by, at=at)

    def agreed(self, taken: datetime = TAKEN) -> Framework:
        """All agreements signed five days after, an hour after one another."""
        self.take_in(at=taken)
        for number, award in enumerate(self.awards):
            self.offer(award, at=taken + DAY)
            self.sign(award, at=taken + 5 * DAY + number * HOUR)
        return self

    def begun(self, taken: datetime = TAKEN) -> Framework:
        """Published, filed, and orders may be given."""
        self.agreed(taken)
        for act in (
            PublishContract(lot=self.lot.pk), FileContract(lot=self.lot.pk),
            Advance(lot=self.lot.pk, command_name="trading.begin-orders"),
        ):
            self.act(act, at=taken + 6 * DAY)
        return self

    def agreement(self, rank: int) -> Contract:
        return Contract.objects.get(award__lot=self.lot, award__rank=rank)

    def order(self, rank: int, *, by: Any = None, at: datetime = BEGUN + DAY, **changes: Any):
        number = framework_orders.next_number(self.lot)
        values = {
            "lot": self.lot.pk, "agreement": self.agreement(rank).pk, "purchaser": "东岳市财政局",
            "subject": "便携式计算机", "quantity": "3", "unit_price": "4800000.00",
            "number": number, "title": f"成交通知书（第 {number} 号）",
            "digest": sha(f"order {number}"), "size": 9, **changes,
        }
        return self.act(PlaceOrder(**values), by=by, at=at)

    def drop(self, award: Award, *, by: Any = None, at: datetime, reason: str = "逾期未签署"):
        act = DropSupplier(lot=self.lot.pk, award=award.pk, reason=reason)
        return self.act(act, by=by, at=at)

    def close(self, *, by: Any = None, at: datetime, **changes: Any):
        values = {
            "lot": self.lot.pk, "title": "成交结果汇总公告", "digest": sha("summary"), "size": 9,
            "orders": framework_orders.digest(self.lot), **changes,
        }
        return self.act(CloseFramework(**values), by=by, at=at)


def framework(*, ranked: int = 4, at: datetime = REPORTED, **terms: Any) -> Framework:
    """So many responses conform, and one was rejected; the terms are stated."""
    found = Framework(cases.evaluated(at, ranked=ranked, name=NAME))
    found.state(**terms)
    return found
