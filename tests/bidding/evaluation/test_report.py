"""The report: laid out once, signed by every member with certificates of the lab, then filed."""

from __future__ import annotations

import pypdfium2
import pytest
from django_tasks_db.models import DBTaskResult

from bidding import record_tasks
from bidding.domain import evaluation, report, rooms
from bidding.domain.report import OfferReport, SignReport
from bidding.interfaces.records import evaluation_report
from bidding.models import Evaluation
from signatures import store, tasks
from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.device_session import sign_session
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.models import SigningDocument
from tests.bidding.refusals import refused_command
from trading.domain import candidates
from trading.domain.acts import Advance
from trading.models import Exhibit, Message

pytestmark = pytest.mark.django_db(transaction=True)


def printed(data: bytes) -> str:
    """All text of a PDF, without white space."""
    pages = pypdfium2.PdfDocument(data)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    return "".join(text.split())


def suspend(world, at):
    """Let the lot stand still, or go on."""
    with guard.writes("test"):
        lot = world.opening.refresh()
        lot.state, lot.suspended_at = ("active" if at is None else "suspended"), at
        lot.save()


@pytest.fixture
def conferred(world):
    """The ranking computed, the chair elected, one dissent on the record; the members."""
    members = world.computed()
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    world.say("dissent", members[4], text="本人认为第二名方案更优。")
    return members


def test_dissent_is_for_the_time_between_ranking_and_report(world):
    members = world.scored()
    with refused_command(world, "not-computed"):
        world.say("dissent", members[0], text="x")
    world.say("freeze-scores", members[0])
    world.opening.open_prices()
    world.say("compute-scores", members[0])
    with refused_command(world, "bad-text", Malformed):
        world.say("dissent", members[0], text=" ")
    world.say("dissent", members[0], text="有保留")
    with refused_command(world, "already-dissented"):
        world.say("dissent", members[0], text="再说")


def test_the_chair_alone_ends_the_conferring(world):
    members = world.computed()
    with refused_command(world, "no-chair"):
        world.say("write-report", members[0])
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    with refused_command(world, "not-the-chair", Denied):
        world.say("write-report", members[1])
    world.say("write-report", members[0])
    with refused_command(world, "report-laid-out"):
        world.say("write-report", members[0])
    with refused_command(world, "report-laid-out"):
        world.say("dissent", members[1], text="晚了")
    queued = DBTaskResult.objects.filter(task_path__endswith="prepare_evaluation_report")
    assert [row.args_kwargs["args"] for row in queued] == [[str(Evaluation.objects.get().pk)]]


def test_nobody_files_a_report_that_was_not_signed(world, conferred):
    lot = world.opening.lot
    world.say("write-report", conferred[0])
    record_tasks.prepare_evaluation_report.call(str(Evaluation.objects.get().pk))
    for actor in (Actor.person(conferred[0]), Actor.person(world.opening.host)):
        with refused_command(world, "wrong-role", Denied):
            dispatch(SignReport(lot=lot.pk), actor=actor)
        with refused_command(world, "denied", Denied):
            dispatch(Advance(lot=lot.pk, command_name="bidding.sign-report"), actor=actor)
    with refused_command(world, "not-signed"):
        dispatch(SignReport(lot=lot.pk), actor=record_tasks.WORKER)
    assert not Exhibit.objects.filter(kind="evaluation-report").exists()


def test_report_says_who_scored_what_and_why(world, conferred):
    row = Evaluation.objects.select_related("committee__lot__project__tenderee").get()
    plan = evaluation_report.plan(row, at=clock.now())
    text = printed(store.read(plan.digest))
    for said in (
        "评标报告",
        *(one.full_name for one in conferred),
        *(bid.tenderer.name for bid in world.opening.bids),
        *(one["score"] for one in row.ranking),
        "本人认为第二名方案更优。",
        "施工组织设计",
        "Member5",
    ):
        assert said in text, said
    people = Actor.person(conferred[0])
    with pytest.raises(Denied):
        dispatch(OfferReport(evaluation=row.pk, plan=plan), actor=people)
    with pytest.raises(Refused) as caught:
        dispatch(OfferReport(evaluation=row.pk, plan=plan), actor=record_tasks.WORKER)
    assert caught.value.code == "not-conferred"


def test_report_signed_by_all_five_makes_the_candidates_known(world, conferred):
    lot = world.opening.lot
    world.say("write-report", conferred[0])
    row = Evaluation.objects.get()
    document = record_tasks.prepare_evaluation_report.call(str(row.pk))
    assert record_tasks.prepare_evaluation_report.call(str(row.pk)) == document
    line = world.opening.api(conferred[0]).get(f"/api/v1/lots/{lot.pk}/committee")
    assert line["evaluation"]["report_at"] is not None
    fields = {
        field.signer: field.name
        for field in SigningDocument.objects.get(pk=document).fields.all()
    }
    assert set(fields) == {one.urn for one in conferred}
    for one in conferred:
        assert not Exhibit.objects.filter(kind="evaluation-report").exists()
        signer = world.opening.platform.signer(one)
        sign_session(world.opening.api(one), document, fields[one.urn], signer)
    assert list(report.due(clock.now())) == []
    tasks.finish_document.call(document)
    suspend(world, clock.now())
    with refused_command(world, "not-running"):
        record_tasks.conclude_report.call(str(lot.pk))
    assert list(report.due(clock.now())) == []
    suspend(world, None)
    assert list(report.due(clock.now())) == [SignReport(lot=lot.pk)]
    assert record_tasks.conclude_report.call(str(lot.pk)) == "CANDIDATES"
    assert record_tasks.conclude_report.call(str(lot.pk)) == "CANDIDATES"
    exhibit = Exhibit.objects.get(kind=report.PURPOSE)
    assert exhibit.facts["ranking"] == row.ranking
    assert exhibit.facts["method"] == "comprehensive"
    found = candidates.ranking(world.opening.refresh())
    assert [one.rank for one in found.ranked] == [1, 2, 3, 4]
    assert found.ranked[0].terms == {}
    assert evaluation.live_room(lot.pk) is None
    assert rooms.get(world.room.pk).ledgered_seq == rooms.get(world.room.pk).seq
    assert Evaluation.objects.get().signed_at is not None


def signed_by_all(world, members) -> str:
    """The report laid out and signed by everybody; its document."""
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    world.say("write-report", members[0])
    document = record_tasks.prepare_evaluation_report.call(str(Evaluation.objects.get().pk))
    fields = {
        field.signer: field.name
        for field in SigningDocument.objects.get(pk=document).fields.all()
    }
    for one in members:
        signer = world.opening.platform.signer(one)
        sign_session(world.opening.api(one), document, fields[one.urn], signer)
    tasks.finish_document.call(document)
    return document


def test_committee_that_rejects_every_bid_ends_the_tender_with_its_report(world):
    members = world.scored()
    codes = world.codes()
    for code in codes:
        for one in members[:3]:
            world.say("reject", one, bid=code, reason=f"{code} 未实质响应")
    world.say("freeze-scores", members[0])
    # No price was opened: of bids that are rejected nobody learns what they asked.
    answer = world.say("compute-scores", members[0])
    assert answer["ranking"] == []
    row = Evaluation.objects.get()
    assert (row.ranking, len(row.rejected)) == ([], len(codes))
    assert not Exhibit.objects.filter(kind="bid-price").exists()
    text = printed(store.read(evaluation_report.plan(row, at=clock.now()).digest))
    assert "否决全部投标" in text
    assert all(f"{code}未实质响应" in text for code in codes)
    signed_by_all(world, members)
    lot = world.opening.refresh()
    assert record_tasks.conclude_report.call(str(lot.pk)) == "EVALUATION"
    lot = world.opening.refresh()
    assert (lot.state, lot.ended_at_stage) == ("failed", "EVALUATION")
    facts = Exhibit.objects.get(kind=report.PURPOSE).facts
    assert facts["ranking"] == []
    told = Message.objects.filter(template="all-bids-rejected")
    tenderers = {bid.tenderer_id for bid in world.opening.bids}
    assert tenderers <= set(told.values_list("organisation_id", flat=True))
    with refused_command(world, "already-signed"):
        dispatch(SignReport(lot=lot.pk), actor=record_tasks.WORKER)


def test_one_bid_that_is_left_is_ranked_and_the_tender_goes_on(world):
    members = world.scored()
    for code in world.codes()[1:]:
        for one in members[:3]:
            world.say("reject", one, bid=code, reason="未实质响应")
    world.say("freeze-scores", members[0])
    world.opening.open_prices()
    world.say("compute-scores", members[0])
    assert len(Evaluation.objects.get().ranking) == 1
    signed_by_all(world, members)
    lot = world.opening.refresh()
    assert record_tasks.conclude_report.call(str(lot.pk)) == "CANDIDATES"
    assert not Message.objects.filter(template="all-bids-rejected").exists()
