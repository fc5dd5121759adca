"""Prequalification: who fetches and applies, who learns what, who examines, what each is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bidding.domain import committee, examination, sealed_rounds
from bidding.enums import BidState
from bidding.kit.policy import SlotRule
from bidding.kit.schedule import Schedule
from bidding.kit.trustee import SlotKeys
from bidding.models import Examination, Seat
from signatures.domain import clock, guard, jcs, platform, statements
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.sealing import prequalified, steps
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.people import move_clock, renew_lists, tick
from tests.bidding.sealing.prequalified import (
    CLOSES,
    CRITERIA,
    OFFERED,
    Panel,
    applying,
    examining,
    exhibits,
    fetch,
    publish,
)
from tests.bidding.sealing.world import World
from tests.factories import floor
from tests.factories import standing as standings
from tests.factories.standing import put_back
from trading.domain import calendar, lifecycle, questions
from trading.interfaces import tenderer_desk
from trading.models import Assignment, Invitation, Message, Qualification

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def standing_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[World]:
    with standings.standing(django_db_blocker):
        world = prequalified.build(tmp_path_factory.mktemp("platform"))
        for person in (*world.trustees.values(), *world.tenderers):
            assert person.headers
        yield world


@pytest.fixture(scope="module")
def standing_panel(standing_world: World) -> Iterator[Panel]:
    with put_back():
        yield examining(steps.copied(standing_world))


@pytest.fixture
def noticed(standing_world: World) -> Iterator[World]:
    with put_back():
        yield steps.copied(standing_world)


@pytest.fixture
def offered(noticed: World) -> World:
    applying(noticed)
    return noticed


# From the first test that has it, the module's applications stand in the database: whatever begins
# before them stands above.
@pytest.fixture
def panel(standing_panel: Panel) -> Iterator[Panel]:
    with put_back():
        yield Panel(
            steps.copied(standing_panel.world),
            [replace(one) for one in standing_panel.members],
            standing_panel.bids,
        )


def page_of(world: World) -> str:
    lot = world.house.lot
    return f"/projects/{lot.project.code}/lots/{lot.number}/prequalification/"


def visit(world: World, person: Any = None, data: dict[str, Any] | None = None) -> Any:
    client = Client()
    if person is not None:
        client.force_login(person.user)
    if data is None:
        return client.get(page_of(world), headers={"Accept-Language": "en"})
    return client.post(page_of(world), data, headers={"Accept-Language": "en"})


# --- the documents -------------------------------------------------------------------------------


def test_tenderee_offers_the_documents_and_they_are_sealed_and_filed(noticed):
    answer = publish(noticed)
    assert answer.status_code == 201, answer.content
    lot = noticed.house.refresh()
    assert lot.stage == "APPLICATION"
    (filed,) = exhibits(noticed, "prequalification")
    assert [one["title"] for one in filed.facts["criteria"]] == list(CRITERIA)
    assert filed.seal["verdict"] == "valid"
    assert "public" not in filed.audience


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"criteria": []}, "bad-criteria"),
        ({"criteria": ["  "]}, "bad-criteria"),
        ({"criteria": ["甲", "甲"]}, "bad-criteria"),
        ({"criteria": ["甲" * 201]}, "bad-criteria"),
        ({"criteria": [str(number) for number in range(31)]}, "bad-criteria"),
        ({"words": "长" * 4001}, "bad-words"),
    ],
)
def test_documents_with_bad_criteria_or_words_are_refused(noticed, body, code):
    with Unchanged():
        refusal(publish(noticed, **body), 400, code)
    assert noticed.house.refresh().stage == "NOTICE"


def test_documents_are_offered_once_and_by_the_tenderee(noticed):
    body = {"criteria": list(CRITERIA)}
    refusal(noticed.tenderers[0].post(noticed.path("prequalification"), body), 403, "wrong-role")
    applying(noticed)
    with Unchanged():
        refusal(publish(noticed), 409, "wrong-stage")


def test_tender_documents_wait_for_the_result_tbr_19(offered):
    answer = offered.tenderee.post(offered.path("documents"), {"title": "招标文件"})
    refusal(answer, 409, "wrong-stage")


def test_documents_are_fetched_until_their_offer_ends_tbr_16(offered):
    move_clock(OFFERED - timedelta(minutes=1))
    renew_lists()
    assert fetch(offered, offered.tenderers[0]).status_code == 201
    move_clock(OFFERED + timedelta(minutes=1))
    with Unchanged():
        refusal(fetch(offered, offered.tenderers[1]), 409, "too-late")
    assert not Assignment.objects.filter(
        lot=offered.lot, role="tenderer", organisation=offered.tenderers[1].organisation
    ).exists()


def test_blocked_organisation_does_not_fetch(offered):
    organisation = offered.tenderers[0].organisation
    with guard.writes("test arrangement"):
        organisation.blocked_until = clock.now() + timedelta(days=9)
        organisation.save()
    refusal(fetch(offered, offered.tenderers[0]), 409, "blocked")


def test_answer_that_affects_applications_needs_three_days_tbr_21(offered):
    until = prequalified.at("application-clarifications-until", offered)
    assert (CLOSES.date() - calendar.last_day_of(until)).days == 3
    lot = offered.house.lot
    assert questions.affecting(lot)[0] == "application-clarifications-until"
    questions.require_time_to_affect(lot, now=until)
    with pytest.raises(Exception) as late:
        questions.require_time_to_affect(lot, now=until + timedelta(seconds=1))
    assert (late.value.code, late.value.rule) == ("too-late-to-affect", "TBR 21")


@pytest.mark.parametrize(("moved", "open_"), [(-1, True), (1, False)])
def test_objection_to_the_documents_ends_two_days_before_tbr_22(offered, moved, open_):
    until = prequalified.at("application-objections-until", offered)
    assert (CLOSES.date() - calendar.last_day_of(until)).days == 2
    now = until + timedelta(days=moved)
    step = "trading.object-to-prequalification"
    assert (step in lifecycle.allowed(offered.house.lot, now, frozenset({"tenderer"}))) is open_


# --- applications --------------------------------------------------------------------------------


def sealed(world: World, *, deadline: Any = CLOSES) -> None:
    """Keys, policy and times of the applications, as they go outside."""
    for name, person in world.trustees.items():
        keys = SlotKeys.generate(
            origin=platform.origin(), project=world.lot_row.project.urn, lot=world.lot_row.urn,
            trustee=person.organisation.urn, slots=(2,),
        )
        world.slot_keys = {**world.slot_keys, name: keys}
        answer = person.post(world.path("trustee-keys"), person.sign(keys.offer(at=clock.now())))
        assert answer.status_code == 201, answer.content
    world.policy = world.a_policy(slots=(SlotRule(2),))
    answer = world.tenderee.post(
        world.path("policy"), world.tenderee.sign(world.policy.encode())
    )
    assert answer.status_code == 201, answer.content
    times = Schedule(
        origin=platform.origin(), at=clock.now(), policy=world.policy.digest, seq=1,
        deadline=deadline, gates={2: deadline},
    )
    answer = world.tenderee.post(world.path("schedule"), world.tenderee.sign(times.encode()))
    assert answer.status_code == 201, answer.content


def test_application_holds_documents_and_neither_plan_nor_price(offered):
    assert sealed_rounds.slots(offered.house.lot) == (2,)
    sealed(offered)
    assert fetch(offered, offered.tenderers[0]).status_code == 201
    submission, _kit = offered.submit(offered.tenderers[0])
    assert [one.head.header.slot for one in submission.envelopes] == [2]


def test_who_did_not_fetch_the_documents_does_not_apply(offered):
    sealed(offered)
    submission, _kit = offered.seal(offered.tenderers[0])
    with Unchanged():
        refusal(offered.register(offered.tenderers[0], submission), 403, "not-a-tenderer")


def test_applications_come_until_their_deadline_and_two_are_not_opened_tbr_19(offered):
    sealed(offered)
    for person in offered.tenderers[:3]:
        assert fetch(offered, person).status_code == 201
    for person in offered.tenderers[:2]:
        offered.submit(person)
    late, _kit = offered.seal(offered.tenderers[2])
    move_clock(CLOSES + timedelta(seconds=5))
    renew_lists()
    with Unchanged():
        refusal(offered.register(offered.tenderers[2], late), 409, "too-late")
    tick()
    lot = offered.house.refresh()
    assert (lot.state, lot.stage) == ("failed", "APPLICATION")
    assert "ended" in lot.dates


def test_nobody_learns_how_many_applied_from_the_freeze_tbl_22(offered):
    sealed(offered)
    for person in offered.tenderers:
        assert fetch(offered, person).status_code == 201
    for person in offered.tenderers[:3]:
        offered.submit(person)
    move_clock(CLOSES + timedelta(seconds=5))
    renew_lists()
    tick()
    tick()
    assert offered.house.refresh().stage == "EXAMINATION"
    leaves = [jcs.loads(bytes(row.data)).get("entry") or {} for row in LedgerEntry.objects.all()]
    told = [one for one in leaves if one.get("act") in ("bidding.freeze", "bidding.gate")]
    assert {one["act"] for one in told} == {"bidding.freeze", "bidding.gate"}
    assert not any({"count", "bids"} & set(one["context"]) for one in told)
    for person in (offered.tenderers[0], offered.tenderers[3]):
        shown = person.get(offered.path("sealing")).json()
        assert shown["freeze"]["count"] is None
        assert all(not one["bids"] and not one["statement"] for one in shown["gates"])
        refusal(person.get(offered.path("frozen")), 403, "wrong-role")
    told = offered.trustees["notary"].get(offered.path("sealing")).json()
    assert told["freeze"]["count"] == 3
    # A trustee's own checks hold all the same: the root binds the set.
    steps.prove()
    for name in ("notary", "centre", "supervisor"):
        answers = steps.released(offered, name, slot=2)
        assert [one.status_code for one in answers] == [201] * 3, answers
    steps.run_tasks()
    filed = exhibits(offered, "prequalification-application")
    assert len(filed) == 3
    assert not {"public", "tenderer", "tenderee"} & set(filed[0].audience)
    assert examination.unopened(offered.house.lot) == []


def test_page_offers_the_documents_and_loses_nothing_typed(noticed):
    assert b'name="criteria"' in visit(noticed, noticed.tenderee).content
    assert b'name="criteria"' not in visit(noticed, noticed.tenderers[0]).content
    bad = {"do": "publish", "criteria": "甲\n甲", "words": "说明文字", "once": "a"}
    answer = visit(noticed, noticed.tenderee, bad)
    assert answer.status_code == 400
    assert "说明文字" in answer.content.decode()
    assert noticed.house.refresh().stage == "NOTICE"
    good = {**bad, "criteria": "\n".join(CRITERIA)}
    refused = visit(noticed, noticed.tenderers[0], good)
    assert (refused.status_code, noticed.house.refresh().stage) == (403, "NOTICE")
    assert visit(noticed, noticed.tenderee, good).status_code == 302
    assert noticed.house.refresh().stage == "APPLICATION"


# --- examining -----------------------------------------------------------------------------------


def test_each_member_examines_each_application_once_and_signed(panel):
    answer = panel.examine(0, 1, fails=1)
    assert answer.status_code == 201, answer.content
    row = Examination.objects.get()
    assert (row.bid, row.reason) == (panel.bids[1], prequalified.REASON)
    (filed,) = exhibits(panel.world, "prequalification-sheet")
    assert filed.seal["signature"] == row.signature
    with Unchanged():
        refusal(panel.examine(0, 1), 409, "examined-already")
    assert Examination.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"passes": {}}, 400, "bad-passes"),
        ({"passes": {"c1": True, "c2": True, "c9": True}}, 400, "bad-passes"),
        ({"passes": {"c1": 1, "c2": True, "c3": True}}, 400, "bad-passes"),
        ({"passes": [True]}, 400, "bad-passes"),
        ({"reason": "无"}, 400, "bad-reason"),
        ({"reason": 7}, 400, "bad-reason"),
        ({"fails": 1, "reason": " "}, 400, "bad-reason"),
        ({"fails": 1, "reason": "长" * 1001}, 400, "bad-reason"),
        ({"application": "bid:00000000-0000-0000-0000-000000000000"}, 404, "no-application"),
        ({"application": 5}, 404, "no-application"),
        ({"lot": "lot:00000000-0000-0000-0000-000000000000"}, 409, "wrong-committee"),
        ({"committee": "committee:1"}, 409, "wrong-committee"),
    ],
)
def test_finding_that_is_not_right_is_refused(panel, changes, status, code):
    with Unchanged():
        refusal(panel.examine(0, **changes), status, code)
    assert not Examination.objects.exists()


def test_only_members_without_conflict_examine_tbr_18(panel):
    stranger = panel.world.trustees["notary"]
    panel.members = [*panel.members, stranger]
    refusal(panel.examine(5), 403, "wrong-role")
    with guard.writes("test arrangement"):
        Seat.objects.filter(user=panel.members[0].user).update(left_at=clock.now())
    refusal(panel.examine(0), 409, "committee-incomplete")


def test_signature_of_another_person_is_refused(panel):
    said = panel.members[0].sign
    panel.members[1].sign = said  # type: ignore[method-assign]
    refusal(panel.examine(1), 403, "certificate-unbound")
    del panel.members[1].sign
    assert not Examination.objects.exists()


def test_application_that_is_not_open_is_not_examined(panel):
    with guard.writes("test arrangement"):
        type(panel.bids[0]).objects.filter(pk=panel.bids[0].pk).update(state=BidState.REVOKED)
    refusal(panel.examine(0, 0), 409, "not-opened")


def test_report_waits_for_every_finding_tbr_18(panel):
    for member in range(5):
        for number in range(4):
            if (member, number) != (4, 3):
                panel.examine(member, number)
    with Unchanged():
        refusal(panel.conclude(), 409, "not-examined")
    panel.examine(4, 3)
    assert panel.conclude().status_code == 201
    with Unchanged():
        refusal(panel.conclude(), 409, "exhibit-absent")
    refusal(panel.world.tenderee.post(panel.world.path("prequalification/report"), {}), 403,
            "wrong-role")


@pytest.mark.parametrize(("against", "qualified"), [(2, True), (3, False)])
def test_more_than_half_of_the_panel_keep_an_applicant_out(panel, against, qualified):
    panel.examine_all(unfit=(3,), against=against)
    judged = {one.bid: one for one in examination.results(panel.world.house.refresh())}
    assert judged[panel.bids[3]].qualified is qualified
    assert bool(judged[panel.bids[3]].reasons) is not qualified
    assert all(judged[bid].qualified for bid in panel.bids[:3])


# --- telling -------------------------------------------------------------------------------------


def test_nothing_is_told_before_the_report_tbr_19(panel):
    with Unchanged():
        refusal(panel.notify(), 409, "exhibit-filed")
    assert not Qualification.objects.exists()


def test_only_the_tenderee_tells(panel):
    panel.examine_all()
    panel.conclude()
    for person in (panel.members[0], panel.world.tenderers[0], panel.world.trustees["supervisor"]):
        refusal(panel.notify(person), 403, "wrong-role")
    assert not Qualification.objects.exists()


def test_each_is_told_its_own_result_and_of_no_other_tbr_19(panel):
    panel.examine_all(unfit=(3,))
    panel.told()
    world = panel.world
    assert (world.house.lot.stage, world.house.lot.state) == ("QUALIFIED", "active")
    for number, person in enumerate(world.tenderers):
        line = person.get(world.path("prequalification")).json()
        (own,) = line["results"]
        assert own["organisation"] == person.organisation.urn
        assert own["qualified"] is (number != 3)
        assert line["report"] is None and line["applications"] is None
        sent = Message.objects.filter(organisation=person.organisation)
        sent = sent.filter(template__startswith="prequalification-")
        wanted = "prequalification-refused" if number == 3 else "prequalification-passed"
        assert sent.filter(template=wanted).count() == 1
    refused = world.tenderers[3].get(world.path("prequalification")).json()["results"][0]
    assert refused["reasons"] == [CRITERIA[0], prequalified.REASON]


def test_the_public_learns_nothing_of_who_applied_or_qualified_tbl_22(panel):
    panel.examine_all(unfit=(3,))
    panel.told()
    world = panel.world
    line = world.tenderee.client.get(f"/api/v1/{world.path('prequalification')}").json()
    assert (line["criteria"], line["report"], line["results"]) == (None, None, [])
    seen = world.tenderee.client.get(f"/api/v1/lots/{world.lot}").content.decode()
    assert not any(one.organisation.name in seen for one in world.tenderers)
    refusal(panel.notify(), 409, "wrong-stage")


def waits_to_be_fetched(person: Any) -> bool:
    tasks = tenderer_desk.build(person.user, clock.now()).tasks
    return any(one.own and one.rule == "TBR 16" for one in tasks)


def holders(world: World, role: str) -> set[Any]:
    held = Assignment.objects.filter(lot=world.lot, role=role, until__isnull=True)
    return set(held.values_list("organisation", flat=True))


def test_after_the_result_the_qualified_alone_fetch_and_are_tenderers_by_it_tbr_19(panel):
    panel.examine_all(unfit=(3,))
    panel.told()
    world = panel.world
    assert holders(world, "tenderer") == set()
    assert holders(world, "invitee") == {one.organisation.pk for one in world.tenderers[:3]}
    assert not Assignment.objects.filter(
        lot=world.lot, role="evaluator", until__isnull=True
    ).exists()
    assert committee.find(world.house.lot) is None
    answer = world.tenderee.post(world.path("documents"), {"title": "招标文件"})
    assert answer.status_code == 201, answer.content
    document = world.house.refresh().documents.get(kind="tender-document")
    sent = Message.objects.filter(template="documents-published")
    assert {one.organisation.pk for one in world.tenderers[:3]} == set(
        sent.filter(organisation__in=[one.organisation for one in world.tenderers])
        .values_list("organisation", flat=True)
    )
    first, other = world.tenderers[:2]
    assert [waits_to_be_fetched(one) for one in world.tenderers] == [True, True, True, False]
    assert fetch(world, first, "tender-document").status_code == 201
    assert fetch(world, first, "tender-document").status_code == 201
    receipts = LedgerOpening.objects.filter(subject=document.urn)
    assert [one.owners for one in receipts] == [[first.organisation.urn]] * 2
    assert holders(world, "tenderer") == {first.organisation.pk}
    assert [waits_to_be_fetched(one) for one in (first, other)] == [False, True]
    assert first.get(f"documents/{document.pk}/content").getvalue().startswith(b"%PDF")
    for person in (other, world.tenderers[3]):
        with Unchanged():
            assert person.get(f"documents/{document.pk}/content").status_code in (403, 404)
    with Unchanged():
        refusal(fetch(world, world.tenderers[3], "tender-document"), 403, "not-qualified")
    lot = world.house.refresh()
    until, deadline = (jcs.parse_timestamp(lot.dates[name]) for name in (
        "documents-until", "deadline"
    ))
    assert (until - clock.now()).days >= 4
    assert (deadline - clock.now()).days >= 19
    assert (sealed_rounds.number(lot), sealed_rounds.slots(lot)) == (2, (1, 2, 3, 4))
    assert sealed_rounds.policy(lot) is None and not sealed_rounds.bids(lot).exists()
    assert not Invitation.objects.exists()


def test_fewer_than_three_qualified_end_the_tender_tbr_19(panel):
    panel.examine_all(unfit=(2, 3))
    panel.told()
    lot = panel.world.house.lot
    assert (lot.state, lot.ended_at_stage) == ("failed", "EXAMINATION")
    assert "ended" in lot.dates
    assert Qualification.objects.filter(qualified=True).count() == 2
    told = Message.objects.filter(template="prequalification-repeated")
    assert told.count() == 2
    answer = panel.world.tenderee.post(panel.world.path("documents"), {"title": "招标文件"})
    refusal(answer, 409, "not-running")


def test_three_qualified_are_enough_tbr_19(panel):
    panel.examine_all(unfit=(3,))
    panel.told()
    assert Qualification.objects.filter(qualified=True).count() == 3
    assert panel.world.house.lot.stage == "QUALIFIED"


def test_lot_without_prequalification_has_none_of_it():
    house = floor.house()
    house.publish_notice()
    assert not examination.happens(house.lot)
    assert sealed_rounds.main(house.lot) == sealed_rounds.FIRST


# --- the page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["", "nothing"])
def test_page_refuses_a_step_that_it_does_not_have(panel, do):
    with Unchanged():
        assert visit(panel.world, panel.members[0], {"do": do}).status_code == 400
        assert visit(panel.world, None, {"do": do}).status_code in (302, 403)


def test_finding_is_written_then_signed_in_the_page(panel):
    bid, member = panel.bids[0], panel.members[0]
    words = {"do": "examine", "application": str(bid.pk), "once": "b", "c1": "yes", "c2": "yes"}
    missing = visit(panel.world, member, {**words, "step": "write"})
    assert missing.status_code == 400
    without_reason = visit(panel.world, member, {**words, "c3": "no", "step": "write"})
    assert without_reason.status_code == 400
    words |= {"c3": "no", "reason": "业绩证明不足"}
    written = visit(panel.world, member, {**words, "step": "write"})
    statement = written.context["sent"].statement
    assert (written.status_code, "业绩证明不足" in statement) == (200, True)
    other = {**words, "c2": "no", "step": "sign", "statement": statement}
    assert visit(panel.world, member, other).status_code == 400
    assert not Examination.objects.exists()
    signature = statements.sign(statement.encode(), member.key)
    file = SimpleUploadedFile("s.p7s", signature)
    sent = {**words, "step": "sign", "statement": statement, "signature": file}
    assert visit(panel.world, member, sent).status_code == 302
    assert Examination.objects.get().passes == {"c1": True, "c2": True, "c3": False}
    again = visit(panel.world, member, {**words, "step": "write"})
    assert "业绩证明不足" in again.content.decode()
    assert Examination.objects.count() == 1


def test_page_names_nobody_to_the_public_and_each_reads_its_own(panel):
    world = panel.world
    panel.examine_all(unfit=(3,))
    assert visit(world, panel.members[0], {"do": "conclude", "once": "c"}).status_code == 302
    assert visit(world, world.tenderers[0], {"do": "notify", "once": "d"}).status_code == 403
    assert not Qualification.objects.exists()
    names = [one.organisation.name for one in world.tenderers]
    shown = visit(world, world.tenderee).content.decode()
    assert all(name in shown for name in names)
    assert visit(world, world.tenderee, {"do": "notify", "once": "e"}).status_code == 302
    world.house.refresh()
    public = visit(world).content.decode()
    assert not any(name in public for name in names)
    refused = visit(world, world.tenderers[3]).content.decode()
    assert prequalified.REASON in refused
    assert not any(name in refused for name in names[:3])
