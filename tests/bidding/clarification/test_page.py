"""The pages: the tenderer's questions and answer, the chair's form, what others are shown."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bidding.domain import clarification_answers
from bidding.models import Clarification
from signatures.domain import clock, guard, jcs
from signatures.domain.act import Actor, dispatch
from signatures.models import LedgerOpening
from tests.bidding.clarifying import ANSWER, POINT, QUESTION
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain.suspensions import Suspend
from trading.models import Message

pytestmark = pytest.mark.django_db


def path(case, name="clarifications") -> str:
    return reverse(name, args=[case.lot.project.code, case.lot.number])


def written(case, row, person, language="en", **fields):
    """The answer as it is typed, the statement asked for."""
    sent = {"clarification": str(row.pk), "step": "write", "text": ANSWER, "within_bid": "on"}
    return as_(person, language).post(path(case), {**sent, **fields})


def statement_of(answer) -> str:
    found = re.search(r"data-statement>([^<]*)<", answer.text)
    return unescape(found.group(1)) if found else ""


def signed(case, row, person, statement, **fields):
    """The page's statement, signed by this person's certificate, sent with the form."""
    from signatures.domain import statements

    signature = statements.sign(
        statement.encode(), case.world.opening.platform.signer(person)
    )
    sent = {
        "clarification": str(row.pk), "step": "sign", "text": ANSWER, "within_bid": "on",
        "statement": statement, "signature": SimpleUploadedFile("a.p7s", signature), **fields,
    }  # fmt: skip
    return as_(person, "en").post(path(case), sent)


def test_thirty_questions_take_the_queries_of_one(case):
    bidder = case.world.opening.bidders[1]
    counts = []
    for asked in (1, 29):
        for _ in range(asked):
            case.ask(1)
        as_(bidder, "en").get(path(case))
        with CaptureQueriesContext(connection) as queries:
            answer = as_(bidder, "en").get(path(case))
        counts.append((answer.text.count(QUESTION), len(queries)))
    assert [shown for shown, _queries in counts] == [1, 30]
    assert counts[0][1] == counts[1][1]


# --- the tenderer's page -------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_tenderer_that_was_asked_nothing_is_told_so(case, language):
    case.ask(1)
    answer = as_(case.world.opening.bidders[0], language).get(path(case))
    assert answer.status_code == 200
    assert QUESTION not in answer.text
    assert "data-kept" not in answer.text
    if language == "en":
        assert "The committee has asked you nothing." in text_of(answer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tenderer_reads_its_question_and_nothing_of_who_asks(case, language):
    row = case.ask(0)
    answer = as_(case.world.opening.bidders[0], language).get(path(case))
    text = text_of(answer)
    for said in (QUESTION, POINT, f"{row.bid.tenderer.name}技术文件.pdf"):
        assert said in text
    for hidden in (
        case.chair.full_name, str(case.chair.pk),
        *(each.tenderer.name for each in case.world.opening.bids[1:]),
    ):
        assert hidden not in answer.text
    # A code stands by itself: the "T04" of a moment, "2026-11-23T04:12", is none.
    alone = re.compile(rf"(?<![0-9A-Za-z]){case.world.code_of(0)}(?![0-9A-Za-z])")
    assert alone.search(f"评审编号{case.world.code_of(0)}的投标")
    assert not alone.search(answer.text)


@pytest.mark.parametrize("who", ["public", "host", "supervisor", "chair", "member", "keeper"])
def test_page_is_for_the_lot_s_tenderers_alone(case, who):
    row, opening = case.ask(0), case.world.opening
    people = {
        "public": None, "host": opening.host, "supervisor": opening.supervisor,
        "chair": case.chair, "member": case.members[1], "keeper": opening.keeper,
    }
    before = case.state()
    answers = [
        as_(people[who]).get(path(case)),
        as_(people[who]).post(path(case), {"clarification": str(row.pk), "step": "write"}),
    ]
    assert [each.status_code for each in answers] == [403, 403]
    assert not [each for each in answers if QUESTION in each.text]
    assert case.state() == before


def test_unknown_lot_is_not_found(case):
    where = reverse("clarifications", args=[case.lot.project.code, 2])
    assert as_(case.world.opening.bidders[0]).get(where).status_code == 404


def test_answer_is_written_signed_and_shown_with_its_receipt(case):
    row, bidder = case.ask(0), case.world.opening.bidders[0]
    page = written(case, row, bidder)
    statement = statement_of(page)
    said = jcs.loads(statement)
    assert (said["purpose"], said["answer"], said["within_bid"]) == (
        "sunlit.clarification/1", ANSWER, True,
    )
    assert Clarification.objects.get(pk=row.pk).answered_at is None
    done = signed(case, row, bidder, statement)
    assert (done.status_code, done.url) == (302, f"{path(case)}#question-{str(row.pk)[:8]}")
    row.refresh_from_db()
    assert row.answer == ANSWER
    shown = as_(bidder, "en").get(path(case))
    receipt = LedgerOpening.objects.get(leaf_id=row.leaf)
    assert reverse("receipt", args=[receipt.pk]) in shown.text
    text = text_of(shown)
    for words in (ANSWER, "Answered", "Recognised through", row.bid.tenderer.name, "Not covered"):
        assert words in text
    assert "name=\"text\"" not in shown.text
    assert as_(bidder).get(reverse("receipt", args=[receipt.pk])).status_code == 200


def test_same_form_sent_twice_answers_once(case):
    row, bidder = case.ask(0), case.world.opening.bidders[0]
    statement = statement_of(written(case, row, bidder))
    first = signed(case, row, bidder, statement, once="k" * 32)
    state = case.state()
    again = signed(case, row, bidder, statement, once="k" * 32)
    assert (first.status_code, again.status_code, case.state()) == (302, 409, state)
    assert "This question was answered already." in text_of(again)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": ""}, "Write your answer."),
        ({"text": " \n "}, "Write your answer."),
        ({"text": "x" * 4001}, "Say it in 1 to 4000 characters."),
        ({"text": "？！"}, "Say it in 1 to 4000 characters."),
        ({"text": "好🙂"}, "cannot be printed in the record"),
        ({"text": "东岳路桥建设集团有限公司说明"}, "stands in the answer"),
        ({"within_bid": ""}, "An answer that goes beyond the bid is not taken."),
    ],
)
def test_answer_that_is_not_right_is_explained_at_its_field_and_kept(case, fields, sentence):
    row, bidder = case.ask(0), case.world.opening.bidders[0]
    fields = {
        name: value.replace("东岳路桥建设集团有限公司", row.bid.tenderer.name)
        for name, value in fields.items()
    }
    before = case.state()
    answer = written(case, row, bidder, **fields)
    assert answer.status_code in (400, 409)
    assert sentence in text_of(answer)
    assert f'<a href="#answer-{str(row.pk)[:8]}-' in answer.text
    assert fields.get("text", ANSWER).strip() in unescape(answer.text)
    assert statement_of(answer) == ""
    assert case.state() == before


def test_form_that_was_changed_after_the_statement_is_not_taken(case):
    row, bidder = case.ask(0), case.world.opening.bidders[0]
    statement = statement_of(written(case, row, bidder))
    before = case.state()
    answer = signed(case, row, bidder, statement, text="以第80页为准。")
    assert (answer.status_code, case.state()) == (400, before)
    assert "Sign the new one." in text_of(answer)
    assert jcs.loads(statement_of(answer))["answer"] == "以第80页为准。"


def test_signature_that_is_none_leaves_the_statement_and_what_was_typed(case):
    row, bidder = case.ask(0), case.world.opening.bidders[0]
    statement = statement_of(written(case, row, bidder))
    before = case.state()
    for signature in (None, SimpleUploadedFile("a.p7s", b""), SimpleUploadedFile("a.p7s", b"no")):
        more = {} if signature is None else {"signature": signature}
        sent = {
            "clarification": str(row.pk), "step": "sign", "text": ANSWER, "within_bid": "on",
            "statement": statement, **more,
        }  # fmt: skip
        answer = as_(bidder, "en").post(path(case), sent)
        assert (answer.status_code, case.state()) == (400, before)
        assert ANSWER in answer.text
        assert statement_of(answer) == statement


def test_late_answer_is_refused_and_what_was_typed_is_shown(case):
    row, bidder = case.ask(0), case.world.opening.bidders[0]
    statement = statement_of(written(case, row, bidder))
    case.end(row)
    before = case.state()
    answer = signed(case, row, bidder, statement)
    assert (answer.status_code, case.state()) == (409, before)
    text = text_of(answer)
    assert "The time to answer ended at" in text
    assert "It was not given. Copy what you still need." in text
    assert ANSWER in answer.text
    assert "Not answered in time" in text_of(as_(bidder, "en").get(path(case)))


@pytest.mark.parametrize("target", ["", "x", "00000000-0000-0000-0000-000000000000", "another"])
def test_answer_to_what_was_not_asked_is_refused(case, target):
    row, bidder = case.ask(0), case.world.opening.bidders[1]
    before = case.state()
    answer = written(
        case, row, bidder, clarification=str(row.pk) if target == "another" else target
    )
    assert answer.status_code in (400, 404)
    assert case.state() == before
    assert ANSWER in answer.text
    assert QUESTION not in answer.text


def test_page_of_a_suspended_lot_takes_no_answer(case):
    row, opening = case.ask(0), case.world.opening
    dispatch(Suspend(lot=case.lot.pk, reason="异议处理"), actor=Actor.person(opening.host))
    page = as_(opening.bidders[0], "en").get(path(case))
    assert "The procedure stands still" in text_of(page)
    assert 'name="text"' not in page.text
    statement = clarification_answers.statement(row, ANSWER, at=clock.now()).decode()
    before = case.state()
    assert signed(case, row, opening.bidders[0], statement).status_code == 409
    assert case.state() == before


def test_what_the_chair_wrote_is_never_markup(case):
    case.ask(0, question="<script>alert(1)</script>工期？")
    page = as_(case.world.opening.bidders[0]).get(path(case))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


# --- the ways there ------------------------------------------------------------------------------


def test_project_desk_and_message_lead_the_asked_tenderer_to_its_page(case):
    row = case.ask(0)
    opening = case.world.opening
    project = reverse("project", args=[case.lot.project.code])
    asked, other = (text_of(as_(one, "en").get(project)) for one in opening.bidders[:2])
    assert "1 waits for your answer" in asked
    assert "waits for your answer" not in other
    desks = [as_(one, "en").get(reverse("desk")) for one in opening.bidders[:2]]
    assert "Answer the committee's question" in unescape(text_of(desks[0]))
    assert path(case) in desks[0].text
    assert "Answer the committee's question" not in unescape(text_of(desks[1]))
    message = Message.objects.get(user=opening.bidders[0], template="clarification-asked")
    client = as_(opening.bidders[0], "en")
    client.post(reverse("message", args=[message.pk]))
    assert path(case) in client.get(reverse("message", args=[message.pk])).text
    case.answer(row, opening.bidders[0])
    assert "Answer the committee's question" not in unescape(
        text_of(as_(opening.bidders[0], "en").get(reverse("desk")))
    )


def test_every_tenderer_is_led_to_the_page_whether_or_not_it_was_asked(case):
    case.ask(0)
    project = reverse("project", args=[case.lot.project.code])
    for bidder in case.world.opening.bidders:
        assert path(case) in as_(bidder).get(project).text


# --- the room ------------------------------------------------------------------------------------


def asked(case, person, language="en", **fields):
    sent = {"do": "ask-clarification", **case.asking(), **fields}
    return as_(person, language).post(path(case, "evaluation"), sent)


def test_chair_asks_from_the_room_s_page_and_members_read_it(case):
    page = as_(case.chair, "en").get(path(case, "evaluation"))
    assert 'data-do="ask-clarification"' in page.text
    assert asked(case, case.chair).status_code == 302
    for person in (*case.members, case.world.opening.supervisor):
        text = text_of(as_(person, "en").get(path(case, "evaluation")))
        assert QUESTION in text
        assert "Answer awaited" in text
        assert f"{case.world.code_of(0)}, question 1" in text


def test_room_shows_the_answer_under_its_code_and_the_signature_with_the_names(case):
    row = case.ask(0)
    case.answer(row, case.world.opening.bidders[0])
    blind = as_(case.members[2], "en").get(path(case, "evaluation"))
    assert ANSWER in blind.text
    assert "Signed, certificate recognised" in text_of(blind)
    assert row.bid.tenderer.name not in blind.text
    for place, one in enumerate(case.members):
        case.world.write(one, place)
        case.world.freeze_sheet(one)
    case.world.say("freeze-scores", case.chair)
    open_ = text_of(as_(case.members[2], "en").get(path(case, "evaluation")))
    assert "Recognised through" in open_
    assert row.bid.tenderer.name in open_


@pytest.mark.parametrize(
    ("who", "status"), [("member", 403), ("supervisor", 403), ("host", 403), ("bidder", 403)]
)
def test_nobody_else_is_offered_to_ask_or_may(case, who, status):
    opening = case.world.opening
    people = {
        "member": case.members[1], "supervisor": opening.supervisor, "host": opening.host,
        "bidder": opening.bidders[0],
    }
    page = as_(people[who]).get(path(case, "evaluation"))
    assert 'data-do="ask-clarification"' not in page.text
    before = case.state()
    assert asked(case, people[who]).status_code == status
    assert case.state() == before


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"document": ""}, "Choose the document."),
        ({"document": "x"}, "This document cannot be asked about."),
        ({"point": ""}, "Name the page or the clause."),
        ({"point": "x" * 201}, "Say it in at most 200 characters."),
        ({"question": " "}, "Write your question."),
        ({"question": "x" * 2001}, "Say it in at most 2000 characters."),
        ({"minutes": "5"}, "Choose one of these times."),
        ({"minutes": ""}, "Choose the time to answer."),
        ({"question": "T02 的工期？"}, "The tenderer must not learn its code."),
        ({"question": "工期🙂"}, "cannot be printed in the record"),
    ],
)
def test_question_that_is_not_right_is_explained_and_kept(case, fields, sentence):
    before = case.state()
    answer = asked(case, case.chair, **fields)
    assert answer.status_code in (400, 409)
    assert sentence in text_of(answer)
    assert fields.get("question", QUESTION).strip() in answer.text
    assert case.state() == before


def test_chair_is_not_offered_the_report_while_an_answer_is_awaited(case):
    for place, one in enumerate(case.members):
        case.world.write(one, place)
        case.world.freeze_sheet(one)
    case.world.say("freeze-scores", case.chair)
    case.world.opening.open_prices()
    case.world.say("compute-scores", case.chair)
    row = case.ask(0)
    page = as_(case.chair, "en").get(path(case, "evaluation"))
    assert 'data-do="write-report"' not in page.text
    assert "answer is awaited; the report is laid out after that." in unescape(text_of(page))
    case.answer(row, case.world.opening.bidders[0])
    page = as_(case.chair, "en").get(path(case, "evaluation"))
    assert 'data-do="write-report"' in page.text
    with guard.writes("test arrangement"):
        Clarification.objects.filter(pk=row.pk).update(until=clock.now())
    assert ANSWER in as_(case.chair).get(path(case, "evaluation")).text
