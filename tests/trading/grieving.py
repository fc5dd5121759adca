"""Tenderers that object and complain, a tenderee that answers, a supervisor that decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from signatures.domain import log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from tests.factories import evaluated, floor, signers
from tests.factories.floor import START
from tests.factories.signers import Person
from tests.trading import inviting, pages
from trading.domain import grievance_drafts, grievance_filing, grievance_steps, grievance_words
from trading.domain.documents import PublishDocuments, RecordDownload
from trading.domain.grievance_drafts import Draft
from trading.domain.grievance_words import Words
from trading.domain.notices import evaluation_digest
from trading.models import Document, Exhibit, Grievance, GrievanceStep, Lot, Message

FACTS = "招标文件第三章资格条件要求的业绩与本标段规模不相称，限制潜在投标人。"
REQUESTS = "请求修改资格条件中的业绩要求，并相应顺延投标截止时间。"
ANSWER = "经核查，业绩要求与标段规模相适应，不作修改。"
NOTICE = "监督部门正在处理投诉，项目暂停。"


@dataclass
class World:
    """A published lot and four people with certificates; another tenderer stands beside."""

    lot: Lot
    tenderer: Person
    other: Person
    outsider: Person
    tenderee: Person
    supervisor: Person

    def draft(self, by: Person, about: str = "documents", **more: Any) -> Draft:
        words = {"facts": FACTS, "requests": REQUESTS, **more}
        return Draft(about=about, organisation=by.organisation.pk, **words)

    def file(
        self, by: Person | None = None, about: str = "documents", *, at: datetime = START,
        actor: Person | None = None, **more: Any,
    ):  # fmt: skip
        """File a draft, signed now, at a moment of the official clock."""
        by = by or self.tenderer
        draft = self.draft(by, about, **more)
        said = draft.says(self.refresh())
        signed = by.sign(grievance_drafts.PURPOSE, **said)
        act = grievance_filing.prepare(by.user, self.lot.pk, signed)
        return self.act(act, actor or by, at)

    def complain(self, by: Person | None = None, about: str = "documents", **more: Any):
        return self.file(by, about, complains=True, **more)

    def step(
        self, kind: str, by: Person, *, at: datetime = START, row: Grievance | None = None,
        actor: Person | None = None, **words: Any,
    ):  # fmt: skip
        """Take a step on a grievance, the last one unless said otherwise."""
        row = row or self.last()
        said = grievance_words.says(row, kind, Words(**{"text": ANSWER, **words}))
        signed = by.sign(grievance_words.PURPOSE, **said)
        act = grievance_steps.prepare(by.user, self.lot.pk, row.pk, kind, signed)
        return self.act(act, actor or by, at)

    def answer(self, *, by: Person | None = None, **more: Any):
        return self.step("answer", by or self.tenderee, **more)

    def take_up(self, outcome: str = "taken-up", *, by: Person | None = None, **more: Any):
        return self.step("take-up", by or self.supervisor, outcome=outcome, **more)

    def suspend(self, *, by: Person | None = None, notice: str = NOTICE, **more: Any):
        return self.step("suspend", by or self.supervisor, notice=notice, **more)

    def decide(self, outcome: str = "dismissed", *, by: Person | None = None, **more: Any):
        words = {"notice": "投诉事项不成立，予以驳回。", **more}
        return self.step("decide", by or self.supervisor, outcome=outcome, **words)

    def act(self, act: Any, by: Person | Actor, at: datetime):
        actor = by if isinstance(by, Actor) else Actor.person(by.user)
        outcome = dispatch(act, actor=actor, clock=FixedClock(at))
        self.refresh()
        return outcome

    def refresh(self) -> Lot:
        self.lot = Lot.objects.select_related("project").get(pk=self.lot.pk)
        return self.lot

    def last(self) -> Grievance:
        return Grievance.objects.select_related("organisation", "lot__project").latest("number")

    def fetch(self, by: Person, *, at: datetime = START) -> None:
        document = Document.objects.get(lot=self.lot, kind="tender-document")
        act = RecordDownload(
            lot=self.lot.pk, document=document.pk, organisation=by.organisation.pk
        )
        self.act(act, by, at)


def state() -> tuple[Any, ...]:
    """Everything that a refusal must leave as it was."""
    return (
        log.size(),
        list(Grievance.objects.order_by("pk").values_list()),
        list(GrievanceStep.objects.order_by("pk").values_list()),
        list(Lot.objects.order_by("pk").values_list()),
        Message.objects.count(),
        Exhibit.objects.count(),
    )


def _firm(name: str) -> Person:
    firm = floor.organisation(name, "tenderer")
    return signers.equip(floor.person(f"{name}经办", firm), firm)


def world(*, procedure: str = "construction") -> World:
    """A lot whose documents are on offer; two tenderers have fetched them."""
    if procedure == "construction":
        house: Any = pages.published()
    else:
        house = inviting.house(procedure=procedure)
        act = PublishDocuments(
            lot=house.lot.pk, title="采购文件", digest=floor.sha("documents"), size=2000,
            evaluation=evaluation_digest(house.lot),
        )
        house.act(act, by=house.buyer)
        pages.move_clock()
    return _around(house, signers.equip(house.bidder, house.tenderer), fetch=True)


def shown() -> World:
    """A lot whose evaluation is over and whose committee ranked three; the candidates are not on
    show yet."""
    case = evaluated.evaluated()
    pages.move_clock(evaluated.REPORTED)
    firm = case.tenderers[0]
    person = floor.person("候选人经办", firm)
    made = _around(case.house, signers.equip(person, firm), fetch=False)
    made.lot = case.lot
    return made


def _around(house: Any, tenderer: Person, *, fetch: bool) -> World:
    made = World(
        lot=house.lot,
        tenderer=tenderer,
        other=_firm("华岳市政第二"),
        outsider=_firm("局外建设"),
        tenderee=signers.equip(house.buyer, house.tenderee),
        supervisor=signers.equip(house.supervisor),
    )
    if fetch:
        made.fetch(made.tenderer)
        made.fetch(made.other)
    return made
