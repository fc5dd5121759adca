"""A platform's data folder laid out for browsers: ``python -m tests.browser.stage``.

It runs in a process of its own, over the folder that ``SUNLIT_DATA`` names, and says in one line
of JSON what is to be seen there and who may sign in. Everything is made as the tests of each app
make it. ``SUNLIT_DATA`` with ``-empty`` at its end is the same platform before its first project.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

PASSWORD = "correct horse battery"


@dataclass
class Stage:
    """What a visitor of this platform can be sent to: arguments of addresses, sessions by role."""

    project: str = ""
    draft: str = ""
    candidates: str = ""
    awarded: str = ""
    framework: str = ""
    deciding: str = ""
    prequalified: str = ""
    billed: str = ""
    decision: str = ""
    ended: str = ""
    suspended: str = ""
    #: A sealed PDF with real leaves, one that must be fetched first, and an exhibit that has none.
    paper: str = ""
    tender_document: str = ""
    data_exhibit: str = ""
    receipt: str = ""
    package: str = ""
    hidden_entry: int = 0
    plain_entry: int = 0
    message: str = ""
    draw: str = ""
    open_draw: str = ""
    hall: str = ""
    floor: str = ""
    inspection: str = ""
    person: str = ""
    organisation: str = ""
    username: str = ""
    password: str = PASSWORD
    sessions: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> Stage:
    """Fill the platform in ``folder``; its tables are there already."""
    from signatures.domain import checkpoints, clock
    from tests.archive import world
    from tests.signatures.labs import shared

    world.found(folder)
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    checkpoints.make(clock.platform)
    _copy(folder, folder.with_name(f"{folder.name}-empty"))
    stage = Stage()
    # First: its ticks must find nobody else's dates.
    _draws(stage)
    _inspection(stage)
    _ended(stage, world)
    house = _open(stage)
    _asked(house)
    _outages(house)
    _awarded(stage, house)
    _billed(stage, house)
    _framework(stage, house)
    _deciding(stage, house)
    _prequalified(stage, house)
    _decided(stage)
    _draft(stage)
    _candidates(stage)
    _suspended(stage)
    _hall(stage, folder)
    _floor(stage)
    checkpoints.make(clock.platform)
    return stage


def _copy(folder: Path, target: Path) -> None:
    """The folder as it stands; the database by its own means, for its log may not be merged."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.sqlite3*"))
    with (
        sqlite3.connect(folder / "sunlit.sqlite3") as old,
        sqlite3.connect(target / "sunlit.sqlite3") as new,
    ):
        old.backup(new)
    old.close()
    new.close()


def _floor(stage: Stage) -> None:
    """A floor on which two of three bidders have asked."""
    from tests.bidding.auction import floors

    house = floors.house(parameters=floors.reserved("1020000.00"))
    house.open()
    house.ask(0, "1000000.00", floors.FROM + floors.AFTER)
    house.ask(1, "1020000.00", floors.FROM + 2 * floors.AFTER)
    stage.floor = house.lot.project.code


def _outages(house: Any) -> None:
    """Two outages; the longer one moved the deadline of the lot that takes bids."""
    from bidding.models import OutageExtension
    from signatures.domain import availability, clock, guard, jcs
    from signatures.models import Outage, Presence

    now, minute = clock.look().real, timedelta(minutes=1)
    with guard.writes("test arrangement"):
        for since, until in ((-9000, -4500), (-4380, -90), (-87, 0)):
            Presence.objects.create(
                server="server-1", since=now + since * minute, until=now + until * minute
            )
    availability.note_outages(clock.platform)
    at = jcs.parse_timestamp(house.lot.dates["deadline"])
    with guard.writes("test arrangement"):
        OutageExtension.objects.create(
            lot=house.lot, outage=Outage.objects.earliest("since"), name="deadline",
            before=at - 120 * minute, after=at, at=at - 600 * minute,
        )  # fmt: skip


def _ended(stage: Stage, world: Any) -> None:
    """A terminated lot with a full dossier, real seals on its PDFs, and an archive package."""
    from archive.interfaces import building
    from trading.models import Document, Exhibit

    house = world.house()
    stage.ended = house.lot.project.code
    stage.paper = str(Document.objects.get(lot=house.lot, kind="notice").pk)
    stage.data_exhibit = str(Exhibit.objects.get(lot=house.lot, kind="draw-record").pk)
    row = building.build_and_file(house.lot.pk, asker=house.archivist.pk, after=house.request())
    stage.package = row.code
    _let_in(stage, archivist=house.archivist)


def _open(stage: Stage) -> Any:
    """A project that takes bids, whose tender document a tenderer has fetched; its house."""
    from signatures.models import LedgerOpening
    from tests.trading import pages
    from trading.domain.documents import RecordDownload
    from trading.models import Document, Message

    house = pages.published()
    stage.project = house.lot.project.code
    tender = Document.objects.get(lot=house.lot, kind="tender-document")
    stage.tender_document = str(tender.pk)
    outcome = house.act(
        RecordDownload(lot=house.lot.pk, document=tender.pk, organisation=house.tenderer.pk),
        by=house.bidder,
    )
    stage.hidden_entry = outcome.leaves[-1]
    stage.receipt = str(LedgerOpening.objects.get(leaf_id=stage.hidden_entry).pk)
    stage.username = pages.with_password(house.bidder).username
    stage.message = str(Message.objects.filter(user=house.buyer).latest("sent_at").pk)
    stage.person = str(house.bidder.pk)
    stage.organisation = str(house.tenderer.pk)
    _let_in(
        stage,
        tenderee=house.buyer,
        tenderer=house.bidder,
        supervisor=house.supervisor,
        operator=house.operator,
    )
    return house


def _asked(house: Any) -> None:
    """Two questions about its tender document, of which one is answered."""
    from signatures import store
    from trading.domain.questions import AnswerQuestion, AskQuestion
    from trading.models import Document, Question

    document = Document.objects.get(lot=house.lot, kind="tender-document")
    for text in ("管材标准与图纸不一致，以何者为准？", "项目经理可否由同级技术负责人代替？"):
        ask = AskQuestion(
            lot=house.lot.pk, document=document.pk, organisation=house.tenderer.pk, text=text
        )
        house.act(ask, by=house.bidder)
    file = store.put(b"%PDF-1.7 clarification")
    answer = AnswerQuestion(
        lot=house.lot.pk,
        question=Question.objects.get(lot=house.lot, number=1).pk,
        text="以图纸为准，工程量清单不变。",
        affects=True,
        title="澄清文件",
        digest=file.sha256,
        size=file.size,
    )
    house.act(answer, by=house.buyer)


def _awarded(stage: Stage, house: Any) -> None:
    """An awarded lot: the tenderee drafts its contract, a tenderer reads its own result."""
    from signatures import store
    from tests.factories.evaluated import evaluated
    from tests.factories.floor import START, assignment
    from trading.domain import candidates
    from trading.domain.award import AwardLot
    from trading.domain.candidates import PublishCandidates

    at = START - timedelta(days=8)
    case = evaluated(at)
    assignment(case.lot, "tenderee", organisation=house.tenderee)
    assignment(case.lot, "tenderer", organisation=house.tenderer)
    file = store.put(b"%PDF-1.7 notice")
    sealed = {"digest": file.sha256, "size": file.size, "seal": {"verdict": "valid"}}
    notice = PublishCandidates(
        lot=case.lot.pk,
        title="中标候选人公示",
        candidates=candidates.digest(case.lot),
        until=candidates.on_show_until(case.lot, at=at),
        **sealed,
    )
    case.house.act(notice, by=case.house.buyer, at=at)
    award = AwardLot(lot=case.lot.pk, winner=case.winner.pk, title="中标通知书", **sealed)
    case.house.act(award, by=case.house.buyer, at=START - timedelta(days=1))
    stage.awarded = case.lot.project.code


def _framework(stage: Stage, house: Any) -> None:
    """A framework under which two orders were given; a tenderer of it reads its page too."""
    from signatures.domain import clock
    from tests.factories.floor import assignment
    from tests.trading import framework

    now = clock.now()
    world = framework.framework(at=now - timedelta(days=20))
    world.begun(now - timedelta(days=15))
    world.order(1, at=now - timedelta(days=3))
    world.order(2, at=now - timedelta(days=2), unit_price="4750000.00")
    assignment(world.lot, "tenderee", organisation=house.tenderee)
    assignment(world.lot, "tenderer", organisation=house.tenderer)
    stage.framework = world.lot.project.code


def _deciding(stage: Stage, house: Any) -> None:
    """A panel votes on an award: two of five have cast their ballots."""
    from tests.factories import signers
    from tests.factories.floor import assignment
    from tests.trading import separated

    # Namesakes of the inspection's people, as those are of the draw's.
    signers._certificate.cache_clear()
    world = separated.separated().voting()
    for number, member in enumerate(world.members[:2]):
        world.cast(member, world.candidates[number])
    assignment(world.lot, "tenderee", organisation=house.tenderee)
    assignment(world.lot, "tenderer", organisation=house.tenderer)
    stage.deciding = world.lot.project.code


def _prequalified(stage: Stage, house: Any) -> None:
    """Prequalification documents are on offer, and the tenderer may apply."""
    from tests.bidding.sealing import prequalified
    from tests.factories import floor
    from tests.factories.floor import START, sha
    from trading.domain.prequalification import PublishPrequalification

    other = floor.house()
    prequalified.notice(other)
    act = PublishPrequalification(
        lot=other.lot.pk, title="资格预审文件", digest=sha("prequalification"), size=1,
        criteria=prequalified.CRITERIA,
    )
    other.act(act, by=other.buyer, at=START)
    floor.assignment(other.lot, "tenderee", organisation=house.tenderee)
    floor.assignment(other.lot, "tenderer", organisation=house.tenderer)
    stage.prequalified = other.lot.project.code


def _decided(stage: Stage) -> None:
    """Somebody who is on no other lot is kept out by a credit decision."""
    from signatures.domain import clock
    from signatures.domain.act import Actor, dispatch
    from tests.factories import floor
    from trading.domain.credit_decisions import BlockOrganisation
    from trading.models import CreditDecision

    house = floor.house()
    act = BlockOrganisation(
        organisation=house.tenderer.pk, number="东建罚〔2026〕8号", authority="市住房和城乡建设局",
        words="串通投标，取消其一年内参加依法必须进行招标的项目的投标资格。",
        until=clock.now() + timedelta(days=365),
    )
    dispatch(act, actor=Actor.person(house.supervisor))
    stage.decision = str(CreditDecision.objects.get().pk)


def _billed(stage: Stage, house: Any) -> None:
    """A lot with a bill of quantities, which the tenderer may read."""
    from tests.factories import floor
    from tests.trading import billed

    other = floor.house()
    billed.offer(other)
    floor.assignment(other.lot, "tenderer", organisation=house.tenderer)
    floor.assignment(other.lot, "tenderee", organisation=house.tenderee)
    stage.billed = other.lot.project.code


def _draft(stage: Stage) -> None:
    """A project of the same tenderee that nobody else sees yet: it is being prepared."""
    from signatures.domain.act import Actor, dispatch
    from signatures.models import User
    from tests.factories.floor import PARAMETERS
    from tests.trading import billed
    from trading.domain.projects import NewLot, RegisterProject
    from trading.models import Project

    opened = Project.objects.get(code=stage.project)
    buyer = User.objects.get(memberships__organisation=opened.tenderee)
    dispatch(
        RegisterProject(
            title="南湖路改造工程",
            category="construction",
            tenderee=opened.tenderee_id,
            lots=(NewLot(title="一标段", estimate=None, parameters=PARAMETERS),),
        ),
        actor=Actor.person(buyer),
    )
    project = Project.objects.latest("created_at")
    stage.draft = project.code
    dispatch(billed.importing(project.lots.get()), actor=Actor.person(buyer))


def _candidates(stage: Stage) -> None:
    """A project whose committee has reported."""
    from tests.factories.evaluated import evaluated
    from tests.factories.floor import START

    stage.candidates = evaluated(START - timedelta(days=1)).lot.project.code


def _suspended(stage: Stage) -> None:
    """A project that stands still."""
    from tests.trading import pages
    from trading.domain.suspensions import Suspend

    house = pages.published(documents=False)
    house.act(Suspend(lot=house.lot.pk, reason="收到投诉，暂停招标投标活动。"), by=house.buyer)
    stage.suspended = house.lot.project.code


def _draws(stage: Stage) -> None:
    """A draw that has its result, and one that waits for its parties."""
    from signatures.domain import platform
    from tests.factories import signers
    from tests.signatures.labs import shared
    from tests.trading import drawing

    platform.make(platform.DRAW_KEY)
    signers.lab = shared
    table = drawing.table()
    stage.draw = str(table.concluded().pk)
    waiting = table.record(purpose=drawing.BROKEN)
    stage.open_draw = str(table.open(waiting, purpose=drawing.BROKEN).pk)


def _inspection(stage: Stage) -> None:
    """An inspection at work: its notice was given."""
    from tests.factories import signers
    from tests.trading import inspecting

    # Namesakes of the draw's people: nobody else may hold their certificates.
    signers._certificate.cache_clear()
    office = inspecting.office()
    inspection = office.active()
    stage.inspection = str(inspection.pk)
    _let_in(stage, inspector=office.inspectors(inspection)[0].user)


def _hall(stage: Stage, folder: Path) -> None:
    """An opening with four bids, all read out, in a hall that stands open."""
    from django.conf import settings

    from tests.bidding import opened
    from tests.factories.signing import Platform
    from tests.signatures.labs import shared

    opened.install = lambda *_installed, **_how: Platform(shared())
    house = opened.build(settings, folder)
    house.hold()
    stage.hall = house.lot.project.code


def _let_in(stage: Stage, **people: Any) -> None:
    from tests.bidding.hall import sign_in

    for role, person in people.items():
        stage.sessions[role] = sign_in(person)


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
