"""A supervisor, its inspectors, a notary and a published lot, for tests of inspections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.models import LedgerEntry, User
from tests.factories import floor, signers
from tests.factories.signers import Person, as_json
from tests.trading.drawing import secret
from trading.domain import checklists, drawing
from trading.domain.draw_record import commitment_of
from trading.domain.inspections import NotifyInspection
from trading.models import (
    Assignment,
    Draw,
    Exhibit,
    Finding,
    Inspection,
    InspectionPlan,
    Lot,
    Message,
)

#: Not drawn, but of the supervisor: who plans and decides.
CHIEF = "郑重"


@dataclass
class Office:
    """The supervisor's people around one published lot."""

    house: floor.House
    buyer: Person
    chief: Person
    staff: list[Person]
    notary: Person

    @property
    def lot(self) -> Lot:
        return self.house.lot

    @property
    def parties(self) -> list[str]:
        return [drawing.CENTRE, self.chief.party, self.notary.party]

    def plan_body(self, **changes: Any) -> dict[str, Any]:
        return {
            "organisation": str(self.chief.organisation.pk),
            "title": "2026年招标公告抽查",
            "objects": ["notice"],
            "scope": {"categories": ["construction"]},
            "share": 10,
            "inspectors": [str(one.user.pk) for one in self.staff],
            "per_lot": 2,
            "alternates": 1,
            **changes,
        }

    def plan(self, **changes: Any) -> InspectionPlan:
        answer = self.chief.post("inspections/plans", self.plan_body(**changes))
        assert answer.status_code == 201, answer.content
        return InspectionPlan.objects.get(pk=answer.json()["result"]["plan"])

    def open(self, plan: InspectionPlan, **changes: Any) -> Draw:
        body = {"parties": self.parties, **changes}
        answer = self.chief.post(f"inspections/plans/{plan.pk}/draw", body)
        assert answer.status_code == 201, answer.content
        signers.stamp()
        return Draw.objects.get(pk=answer.json()["result"]["draw"])

    def contribute(self, draw: Draw) -> None:
        """Both organisations and the clock commit and reveal; the clock concludes."""
        record = bytes.fromhex(draw.record_digest)
        about = {"draw": draw.urn, "record": draw.record_digest}
        for purpose, path in (("commit", "commitments"), ("reveal", "reveals")):
            for one in (self.chief, self.notary):
                said = {"party": one.party, **about}
                if purpose == "commit":
                    committed = commitment_of(record, one.party, secret(one.party))
                    said["commitment"] = committed.hex()
                else:
                    said["reveal"] = secret(one.party).hex()
                statement = as_json(one.sign(f"sunlit.{purpose}/1", **said))
                answer = one.post(f"draws/{draw.pk}/{path}", statement)
                assert answer.status_code == 201, answer.content
            assert all(held is None for _name, held in signers.tick())
            signers.stamp()

    def drawn(self, **changes: Any) -> Inspection:
        """An inspection of the one lot as its draw leaves it, put into place by hand."""
        plan = self.plan(**changes)
        order = [f"user:{one}" for one in self.plan_body(**changes)["inspectors"]]
        chosen, reserve = order[: plan.per_lot], order[plan.per_lot :]
        with guard.writes("test arrangement"):
            InspectionPlan.objects.filter(pk=plan.pk).update(state="drawn")
            for urn in chosen:
                user = User.objects.get(pk=urn.removeprefix("user:"))
                floor.assignment(self.lot, "inspector", user=user)
            row = Inspection.objects.create(
                plan=plan, lot=self.lot, inspectors=chosen, alternates=reserve, drawn_at=clock.now()
            )
        return Inspection.objects.select_related("plan", "lot").get(pk=row.pk)

    def inspectors(self, inspection: Inspection) -> list[Person]:
        known = {one.user.urn: one for one in self.staff}
        return [known[urn] for urn in inspection.inspectors]

    def active(self) -> Inspection:
        """An inspection whose notice was given."""
        inspection = self.drawn()
        act = NotifyInspection(
            inspection=inspection.pk, title="检查通知书", digest=floor.sha("notice"), size=10
        )
        dispatch(act, actor=Actor.person(self.inspectors(inspection)[0].user))
        inspection.refresh_from_db()
        return inspection

    def exhibit(self, kind: str = "notice") -> Exhibit:
        return Exhibit.objects.get(lot=self.lot, kind=kind)

    def shown(self, exhibit: Exhibit | None = None) -> list[dict[str, str]]:
        exhibit = exhibit or self.exhibit()
        return [{"id": str(exhibit.pk), "digest": exhibit.digest}]

    def finding(self, one: Person, inspection: Inspection, /, **changes: Any) -> dict[str, str]:
        fields = {
            "inspection": inspection.urn,
            "item": "notice.media",
            "outcome": "conforms",
            "text": "",
            "exhibits": self.shown(),
            **changes,
        }
        return as_json(one.sign("sunlit.finding/1", **fields))

    def find(self, inspection: Inspection, /, **changes: Any) -> Any:
        lead = self.inspectors(inspection)[0]
        statement = self.finding(lead, inspection, **changes)
        return lead.post(f"inspections/{inspection.pk}/findings", statement)

    def delivered(self, *, deviates: bool = True) -> Inspection:
        """An inspection whose findings were handed over; the second item deviates."""
        inspection = self.active()
        lead = self.inspectors(inspection)[0]
        with guard.writes("test arrangement"):
            for number, item in enumerate(checklists.load("notice").items, 1):
                bad = deviates and number == 2
                Finding.objects.create(
                    inspection=inspection,
                    number=number,
                    item=item.name,
                    outcome="deviates" if bad else "conforms",
                    text="公告未载明实施地点。" if bad else "",
                    exhibits=self.shown(),
                    by=lead.user,
                    at=clock.now(),
                )
        answer = lead.post(f"inspections/{inspection.pk}/delivery")
        assert answer.status_code == 200, answer.content
        inspection.refresh_from_db()
        return inspection

    def says(self, inspection: Inspection, step: str, /, **changes: Any) -> dict[str, str]:
        fields = {
            "inspection": inspection.urn,
            "step": step,
            "text": "已补充载明实施地点。",
            "exhibits": [],
            **changes,
        }
        return as_json(self.buyer.sign("sunlit.answer/1", **fields))

    def answered(self) -> Inspection:
        inspection = self.delivered()
        answer = self.buyer.post(
            f"inspections/{inspection.pk}/answer", self.says(inspection, "answer")
        )
        assert answer.status_code == 200, answer.content
        inspection.refresh_from_db()
        return inspection

    def decide(self, inspection: Inspection, decision: str, **changes: Any) -> Any:
        body = {"decision": decision, "reasons": "依据检查清单第二项。", **changes}
        return self.chief.post(f"inspections/{inspection.pk}/decision", body)

    def correcting(self) -> Inspection:
        inspection = self.answered()
        assert self.decide(inspection, "correct").status_code == 200
        inspection.refresh_from_db()
        return inspection


def office() -> Office:
    """A published lot, a supervisor with a chief and three inspectors, a notary."""
    house = floor.house()
    house.publish_notice()
    house.publish_documents()
    chief = signers.enrol(CHIEF, "supervisor")
    staff = [
        signers.equip(floor.person(name, chief.organisation), chief.organisation)
        for name in ("钱一", "孙二", "李三")
    ]
    notary = signers.enrol("孙立", "notary", region="west")
    return Office(house, signers.equip(house.buyer, house.tenderee), chief, staff, notary)


def state():
    return (
        LedgerEntry.objects.count(),
        list(InspectionPlan.objects.order_by("pk").values()),
        list(Inspection.objects.order_by("pk").values()),
        list(Assignment.objects.order_by("pk").values()),
        *(model.objects.count() for model in (Draw, Finding, Exhibit, Message)),
    )


def refused(answer, status, code, before):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert state() == before
