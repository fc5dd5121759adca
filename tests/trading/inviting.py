"""An invited tender for tests: its notice is out, and who may be invited stands around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from signatures import store
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.models import User
from tests.factories import floor
from tests.factories.floor import LONG_AGO, PARAMETERS, START, House
from trading.domain import catalogue, plans
from trading.domain.invitations import AnswerInvitation, Invite
from trading.domain.notices import PublishNotice
from trading.domain.plan_acts import DraftPlan, SubmitPlan
from trading.domain.projects import NewLot, RegisterProject
from trading.interfaces import plan_page
from trading.models import Invitation, Lot, Organisation

NAMES = ("华岳市政", "蜀西交通", "东岳水务", "西川建工")
#: Five working days on offer, as procurement asks for, too.
DATES = {**floor.DATES, "documents-until": floor.beijing(2026, 3, 18, 17, 0)}
REASON = "近期承接任务已满，无法按期投入。"


@dataclass
class Invited(House):
    """The house of an invited tender; ``firms`` are verified tenderers, each with its person."""

    firms: list[tuple[Organisation, User]] = field(default_factory=list)

    def invite(self, number: int | Organisation = 0, *, by: Any = None, at: Any = START, **more):
        """Invite a firm by its number."""
        firm = self.firms[number][0] if isinstance(number, int) else number
        act = Invite(lot=self.lot.pk, organisation=firm.pk, **more)
        return self.act(act, by=by or self.buyer, at=at)

    def answer(
        self, number: int = 0, *, accept: bool = True, by: Any = None, at: Any = START, reason=""
    ):
        """Answer a firm's invitation."""
        firm, person = self.firms[number]
        row = Invitation.objects.get(lot=self.lot, organisation=firm)
        act = AnswerInvitation(
            lot=self.lot.pk, invitation=row.pk, accept=accept, reason=reason
        )
        return self.act(act, by=by or person, at=at)

    def accepted(self, count: int) -> None:
        """So many are invited and accept."""
        for number in range(count):
            self.invite(number)
            self.answer(number)


def approved(house: House) -> None:
    """The lot's plan names a ground where its procedure is not the usual one, and is approved where
    that asks for it."""
    known, plan = catalogue.load(), plans.of(house.lot)
    grounds = known.grounds_of(house.lot.procedure["name"])
    if not grounds:
        return
    reference = {"number": "东发改〔2026〕7号", "authority": "市发展改革委", "date": "2025-11-03"}
    house.act(
        DraftPlan(
            lot=house.lot.pk, object=plan.object, funds=plan.funds, ground=grounds[0].name,
            approval=reference,
        ),
        by=house.buyer,
    )
    if not plans.judge(house.lot).on_platform:
        return
    digest = plans.digest(house.lot, plans.of(house.lot))
    house.act(SubmitPlan(lot=house.lot.pk, plan=digest), by=house.buyer)
    house.act(plan_page.decision(house.lot, plan=digest, approve=True, reason=""),
              by=house.supervisor)


def house(*, procedure: str = "construction-invited", notice: bool = True) -> Invited:
    """An invited tender whose notice is out, four firms beside it."""
    made = floor.house()
    category = procedure.partition("-")[0]
    outcome = dispatch(
        RegisterProject(
            title="滨河隧道应急加固工程",
            category=category,
            procedure=procedure,
            tenderee=made.tenderee.pk,
            lots=(
                NewLot(title="一标段", estimate=Decimal("5000000.00"), parameters=PARAMETERS),
            ),
        ),
        actor=Actor.person(made.buyer),
        clock=FixedClock(LONG_AGO),
    )
    lot = Lot.objects.select_related("project").get(pk=outcome.result["lots"][0])
    firms = [(made.tenderer, made.bidder)]
    for name in NAMES:
        firm = floor.organisation(name, "tenderer")
        firms.append((firm, floor.person(f"{name}经办", firm)))
    invited = Invited(
        made.tenderee, made.tenderer, made.buyer, made.bidder, made.supervisor, made.operator,
        lot, firms,
    )
    approved(invited)
    if notice:
        file = store.put(b"%PDF-1.7 notice of an invited tender")
        invited.act(
            PublishNotice(
                lot=lot.pk, title="邀请招标公告", digest=file.sha256, size=file.size,
                dates=DATES, seal={"verdict": "valid"},
            ),
            by=made.buyer,
        )
    return invited
