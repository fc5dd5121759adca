"""The tenderer answers once, signed, in time; or it is recorded that it did not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bidding.domain import clarification_answers, clarifications, room_state, rooms
from bidding.models import Clarification, Evaluation
from signatures import store
from signatures.domain import clock, guard, jcs, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening, User
from tests.bidding.clarifying import ANSWER, QUESTION
from tests.bidding.opened import do, events
from tests.factories import floor
from trading.domain import dossier, ticking
from trading.domain.suspensions import Resume, Suspend
from trading.models import Assignment, Exhibit, Lot, Membership

pytestmark = pytest.mark.django_db


def refused(case, kind, row, by=None, **other) -> str:
    """The code with which an answer is refused; nothing has changed."""
    by = by or case.world.opening.bidders[0]
    before = case.state()
    with pytest.raises(kind) as caught:
        case.answer(row, by, **other)
    assert case.state() == before
    return caught.value.code


def tick(case) -> None:
    """What the clock has to do for clarifications."""
    for act in clarification_answers.due(clock.now()):
        dispatch(act, actor=ticking.ACTOR)


def line(case) -> dict:
    [found] = room_state.state(case.world.room)["clarifications"]
    return found


# --- the answer ----------------------------------------------------------------------------------


def test_answer_stands_in_the_room_under_the_code_by_nobody(case):
    row = case.ask()
    case.answer(row, case.world.opening.bidders[0])
    row.refresh_from_db()
    assert (row.answer, row.lapsed_at, row.is_open) == (ANSWER, None, False)
    [event] = events(case.world.room, "clarification-answered")
    assert (event.actor, event.audience) == (case.world.room.urn, "all")
    assert event.data == {
        "clarification": str(row.pk), "bid": case.world.code_of(0), "number": 1, "answer": ANSWER,
    }
    assert (line(case)["state"], line(case)["answer"]) == ("answered", ANSWER)


def test_answer_is_filed_with_its_signature_for_the_record_and_the_tenderer(case):
    row = case.ask()
    result = case.answer(row, case.world.opening.bidders[0])
    row.refresh_from_db()
    exhibit = Exhibit.objects.get(pk=result["exhibit"])
    assert (exhibit.kind, exhibit.digest) == ("evaluation-clarification", row.statement)
    assert exhibit.audience == sorted(
        ["archivist", "inspector", "supervisor", row.bid.tenderer.urn]
    )
    said = statements.parse(
        store.read(exhibit.digest), purpose="sunlit.clarification/1",
        fields=clarification_answers.FIELDS,
    )
    assert (said["question"], said["answer"], said["within_bid"]) == (QUESTION, ANSWER, True)
    assert exhibit.size == len(store.read(exhibit.digest))
    statements.check_signature(store.read(exhibit.digest), store.read(exhibit.seal["signature"]))


def test_statement_names_the_document_as_its_tenderer_named_it(case):
    row = case.ask(1)
    said = clarification_answers.asked(row)
    assert said["name"] == f"{case.world.opening.bids[1].tenderer.name}技术文件.pdf"
    assert case.world.code_of(1) not in json.dumps(said)


def test_answer_leaves_a_hidden_entry_of_which_the_tenderer_holds_the_receipt(case):
    row = case.ask()
    case.answer(row, case.world.opening.bidders[0])
    row.refresh_from_db()
    opening = LedgerOpening.objects.get(leaf_id=row.leaf)
    assert opening.owners == [row.bid.tenderer.urn]
    assert opening.entry["digests"] == {
        "statement": row.statement, "statement-signature": row.signature,
        "statement-assessment": row.assessment,
    }
    text = json.dumps(opening.entry, ensure_ascii=False)
    assert ANSWER not in text
    assert case.world.opening.bidders[0].full_name not in text


def test_colleague_of_the_asked_tenderer_answers(case):
    row = case.ask()
    colleague = floor.person("另一代表", row.bid.tenderer)
    case.world.opening.platform.equip(colleague, row.bid.tenderer)
    case.answer(row, colleague)
    row.refresh_from_db()
    assert row.answer == ANSWER


# --- once, and only what was asked ---------------------------------------------------------------


def test_second_answer_is_refused_and_the_first_stands(case):
    row = case.ask()
    case.answer(row, case.world.opening.bidders[0])
    row.refresh_from_db()
    assert refused(case, Refused, row, answer="另有说明。") == "already-answered"


def test_second_answer_that_was_prepared_in_time_is_refused_in_its_act(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    acts = [
        clarification_answers.prepare(
            bidder, case.lot, row.pk, case.signed(row, bidder, answer=text)
        )
        for text in ("甲。", "乙。")
    ]
    dispatch(acts[0], actor=Actor.person(bidder))
    before = case.state()
    with pytest.raises(Refused) as caught:
        dispatch(acts[1], actor=Actor.person(bidder))
    assert (caught.value.code, case.state()) == ("already-answered", before)


def test_same_answer_twice_under_one_key_is_taken_once(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    act = clarification_answers.prepare(bidder, case.lot, row.pk, case.signed(row, bidder))
    first = dispatch(act, actor=Actor.person(bidder), key="once")
    again = dispatch(act, actor=Actor.person(bidder), key="once")
    assert (again.result, again.repeated) == (first.result, True)
    assert len(events(case.world.room, "clarification-answered")) == 1


def test_what_was_not_asked_is_not_taken(case):
    row = case.ask(0)
    before = case.state()
    bidder = case.world.opening.bidders[2]
    for pk in (row.pk, case.lot.pk):
        with pytest.raises(NotFound) as caught:
            clarification_answers.prepare(bidder, case.lot, pk, case.signed(row, bidder))
        assert caught.value.code == "not-asked"
        assert caught.value.rule == "TBL 39, TBR 52"
    assert case.state() == before


@pytest.mark.parametrize("who", ["host", "supervisor", "keeper", "notary", "member", "chair"])
def test_nobody_but_the_asked_tenderer_answers(case, who):
    opening = case.world.opening
    people = {
        "host": opening.host, "supervisor": opening.supervisor, "keeper": opening.keeper,
        "notary": opening.notary, "member": case.members[1], "chair": case.chair,
    }
    assert refused(case, NotFound, case.ask(), people[who]) == "not-asked"


def test_person_whose_certificate_was_withdrawn_does_not_answer(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    act = clarification_answers.prepare(bidder, case.lot, row.pk, case.signed(row, bidder))
    with guard.writes("test arrangement"):
        bidder.certificates.update(withdrawn_at=clock.now())
    before = case.state()
    with pytest.raises(Denied) as caught:
        dispatch(act, actor=Actor.person(bidder))
    assert (caught.value.code, case.state()) == ("certificate-unbound", before)


def test_person_who_left_the_tenderer_does_not_answer(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    act = clarification_answers.prepare(bidder, case.lot, row.pk, case.signed(row, bidder))
    with guard.writes("test arrangement"):
        Membership.objects.filter(user=bidder).update(until=clock.now())
    before = case.state()
    with pytest.raises((Denied, NotFound)) as caught:
        dispatch(act, actor=Actor.person(bidder))
    assert (caught.value.code, case.state()) == ("wrong-role", before)


def test_tenderer_that_lost_its_part_does_not_answer(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    act = clarification_answers.prepare(bidder, case.lot, row.pk, case.signed(row, bidder))
    with guard.writes("test arrangement"):
        Assignment.objects.filter(organisation=row.bid.tenderer).update(
            until=clock.now(), recused_at=clock.now()
        )
    before = case.state()
    with pytest.raises(Denied) as caught:
        dispatch(act, actor=Actor.person(bidder))
    assert (caught.value.code, case.state()) == ("wrong-role", before)


# --- the statement -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "kind", "code"),
    [
        ({"question": "别的问题？"}, Refused, "other-question"),
        ({"point": "第13页"}, Refused, "other-question"),
        ({"document": "0" * 64}, Refused, "other-question"),
        ({"name": "别的文件.pdf"}, Refused, "other-question"),
        ({"lot": "lot:1"}, Refused, "other-question"),
        ({"clarification": "clarification:1"}, Refused, "other-question"),
        ({"within_bid": False}, Refused, "beyond-the-bid"),
        ({"within_bid": 1}, Refused, "beyond-the-bid"),
        ({"within_bid": "true"}, Refused, "beyond-the-bid"),
        ({"answer": ""}, Malformed, "bad-answer"),
        ({"answer": "  "}, Malformed, "bad-answer"),
        ({"answer": "…！"}, Malformed, "bad-answer"),
        ({"answer": " 以第12页为准。"}, Malformed, "bad-answer"),
        ({"answer": "一\r\n二"}, Malformed, "bad-answer"),
        ({"answer": "x" * 4001}, Malformed, "bad-answer"),
        ({"answer": "一\t二"}, Malformed, "bad-answer"),
        ({"answer": "e\u0301tape"}, Malformed, "bad-answer"),
        ({"answer": "以第12页为准🙂"}, Malformed, "missing-glyph"),
        ({"answer": None}, Malformed, "bad-answer"),
        ({"answer": ["x"]}, Malformed, "bad-answer"),
        ({"more": "x"}, Malformed, "bad-json"),
        ({"origin": "https://elsewhere.example"}, Malformed, "wrong-origin"),
        ({"at": clock.process_time() - timedelta(hours=2)}, Refused, "stale-statement"),
    ],
)
def test_statement_that_is_not_right_is_refused(case, other, kind, code):
    assert refused(case, kind, case.ask(), **other) == code


def test_statement_for_another_end_is_refused(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    signed = case.world.opening.signed(
        bidder, "sunlit.answer/1", **clarification_answers.asked(row), answer=ANSWER,
        within_bid=True,
    )  # fmt: skip
    before = case.state()
    with pytest.raises(Malformed) as caught:
        case.api(bidder).post(
            f"/api/v1/lots/{case.lot.pk}/clarifications/{row.pk}/answer", signed
        )
    assert (caught.value.code, case.state()) == ("wrong-purpose", before)


def test_answer_signed_by_somebody_else_is_refused(case):
    row, (bidder, other) = case.ask(), case.world.opening.bidders[:2]
    before = case.state()
    with pytest.raises(Denied) as caught:
        clarification_answers.prepare(bidder, case.lot, row.pk, case.signed(row, other))
    assert (caught.value.code, case.state()) == ("certificate-unbound", before)


def test_answer_that_was_changed_after_it_was_signed_is_refused(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    signed = case.signed(row, bidder)
    changed = jcs.dumps({**jcs.loads(signed.statement), "answer": "以第80页为准。"})
    before = case.state()
    with pytest.raises(Malformed):
        clarification_answers.prepare(
            bidder, case.lot, row.pk, type(signed)(changed, signed.signature)
        )
    assert case.state() == before


def test_answer_tells_whose_bid_it_is_only_once_names_are_known(case):
    row = case.ask()
    tenderer, bidder = row.bid.tenderer, case.world.opening.bidders[0]
    for name in (tenderer.name, bidder.full_name, tenderer.credit_code.lower()):
        assert refused(case, Refused, row, answer=f"我方 {name} 说明如下。") == "names-bidder"
    with guard.writes("test arrangement"):
        Evaluation.objects.update(frozen_at=clock.now())
    case.answer(row, bidder, answer=f"{tenderer.name}：以第12页为准。")
    row.refresh_from_db()
    assert row.answer.startswith(tenderer.name)


# --- late ----------------------------------------------------------------------------------------


def test_late_answer_is_refused_before_the_clock_has_noted_anything(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    act = clarification_answers.prepare(bidder, case.lot, row.pk, case.signed(row, bidder))
    case.end(row)
    before = case.state()
    with pytest.raises(Refused) as caught:
        dispatch(act, actor=Actor.person(bidder))
    assert (caught.value.code, case.state()) == ("too-late", before)


def test_question_without_an_answer_is_recorded_once_and_filed(case):
    row = case.end(case.ask())
    tick(case)
    row.refresh_from_db()
    assert (row.lapsed_at is not None, row.answer, row.is_open) == (True, "", False)
    [event] = events(case.world.room, "clarification-lapsed")
    assert (event.actor, line(case)["state"]) == (case.world.room.urn, "lapsed")
    exhibit = dossier.latest(case.lot, "evaluation-clarification")
    kept = jcs.loads(store.read(exhibit.digest))
    assert (kept["question"], kept["answer"]) == (QUESTION, None)
    assert (exhibit.facts["outcome"], exhibit.seal) == ("not-answered", {})
    after = case.state()
    tick(case)
    assert case.state() == after
    assert refused(case, Refused, row) == "too-late"


def test_platform_s_clock_ends_a_question_by_itself(case):
    row = case.end(case.ask())
    done = [each for each in ticking.tick() if each.command == "bidding.lapse-clarification"]
    assert [each.held for each in done] == [None]
    row.refresh_from_db()
    assert row.lapsed_at is not None
    assert not [
        each for each in ticking.tick() if each.command == "bidding.lapse-clarification"
    ]


def test_question_is_not_recorded_as_unanswered_before_its_time(case):
    row = case.ask()
    before = case.state()
    tick(case)
    assert case.state() == before
    act = clarification_answers.LapseClarification(
        lot=case.lot.pk, clarification=row.pk, digest="0" * 64, size=1
    )
    with pytest.raises(Refused) as caught:
        dispatch(act, actor=ticking.ACTOR)
    assert (caught.value.code, case.state()) == ("too-early", before)


@pytest.mark.parametrize("who", ["chair", "bidder", "host", "supervisor"])
def test_nobody_but_the_clock_ends_a_question(case, who):
    row = case.end(case.ask())
    people = {
        "chair": case.chair, "bidder": case.world.opening.bidders[0],
        "host": case.world.opening.host, "supervisor": case.world.opening.supervisor,
    }
    [act] = clarification_answers.due(clock.now())
    before = case.state()
    with pytest.raises(Denied):
        dispatch(act, actor=Actor.person(people[who]))
    assert case.state() == before
    assert row.pk == act.clarification


def test_answered_question_never_lapses(case):
    row = case.ask()
    case.answer(row, case.world.opening.bidders[0])
    case.end(Clarification.objects.get(pk=row.pk))
    assert list(clarification_answers.due(clock.now())) == []


# --- standing still ------------------------------------------------------------------------------


def test_time_to_answer_stands_still_with_the_lot(case):
    row, opening = case.ask(), case.world.opening
    dispatch(Suspend(lot=case.lot.pk, reason="异议处理"), actor=Actor.person(opening.host))
    suspended = Lot.objects.get(pk=case.lot.pk).suspended_at
    assert refused(case, Refused, row) == "not-running"
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=case.lot.pk).update(suspended_at=suspended - timedelta(hours=5))
        Clarification.objects.update(until=row.until - timedelta(hours=5) + timedelta(hours=1))
    short = Clarification.objects.get(pk=row.pk).until
    assert list(clarification_answers.due(clock.now())) == []
    dispatch(Resume(lot=case.lot.pk, reason="异议已答复"), actor=Actor.person(opening.host))
    row.refresh_from_db()
    assert timedelta(hours=5) <= row.until - short < timedelta(hours=5, minutes=1)
    [event] = events(case.world.room, "clarification-moved")
    assert line(case)["until"] == event.data["until"] == jcs.timestamp(row.until)
    case.answer(row, opening.bidders[0])


def test_question_that_had_run_out_before_the_halt_gets_no_more_time(case):
    row, opening = case.end(case.ask()), case.world.opening
    dispatch(Suspend(lot=case.lot.pk, reason="异议处理"), actor=Actor.person(opening.host))
    assert list(clarification_answers.due(clock.now())) == []
    dispatch(Resume(lot=case.lot.pk, reason="异议已答复"), actor=Actor.person(opening.host))
    until = row.until
    row.refresh_from_db()
    assert row.until == until
    tick(case)
    row.refresh_from_db()
    assert row.lapsed_at is not None


# --- the report ----------------------------------------------------------------------------------


def test_report_waits_for_the_answer_or_for_the_end_of_its_time(case):
    row = case.ask()
    with guard.writes("test arrangement"):
        Evaluation.objects.update(frozen_at=clock.now(), computed_at=clock.now())
    before = case.state()
    with pytest.raises(Refused) as caught:
        case.world.say("write-report", case.chair)
    assert (caught.value.code, case.state()) == ("clarification-awaited", before)
    case.end(row)
    tick(case)
    clarifications.require_settled(Evaluation.objects.get())


def test_answer_is_not_taken_once_the_room_is_closed(case):
    row, bidder = case.ask(), case.world.opening.bidders[0]
    do(lambda scene: rooms.close_room(scene, case.world.room))
    assert refused(case, Refused, row, bidder) == "room-closed"


# --- the interface -------------------------------------------------------------------------------


def test_interface_asks_lists_and_answers(case):
    path = f"/api/v1/lots/{case.lot.pk}/clarifications"
    made = case.api(case.chair).post(path, case.asking(1))["result"]
    assert (made["bid"], made["number"]) == (case.world.code_of(1), 1)
    bidder = case.world.opening.bidders[1]
    [own] = case.api(bidder).get(path)
    signed = case.world.opening.signed(
        bidder, "sunlit.clarification/1", **own["asked"], answer=ANSWER, within_bid=True
    )
    done = case.api(bidder).post(f"{path}/{own['id']}/answer", signed)
    assert done["result"]["clarification"] == made["clarification"]
    for reader in (case.members[4], case.world.opening.supervisor):
        [seen] = case.api(reader).get(path)
        assert (seen["bid"], seen["answer"]) == (case.world.code_of(1), ANSWER)
    assert case.api(case.world.opening.bidders[0]).get(path) == []


@pytest.mark.parametrize("who", ["host", "keeper", "notary", "alternate", None])
def test_questions_are_not_for_everybody_to_read(case, who):
    case.ask()
    opening = case.world.opening
    people: dict[str | None, User | None] = {
        "host": opening.host, "keeper": opening.keeper, "notary": opening.notary,
        "alternate": list(case.world.experts.values())[5], None: None,
    }
    answer = case.api(people[who]).http.get(f"/api/v1/lots/{case.lot.pk}/clarifications")
    assert answer.status_code == (401 if who is None else 403)
    assert QUESTION not in answer.content.decode()
