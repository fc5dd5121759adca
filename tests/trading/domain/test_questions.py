"""Questions about the tender documents: who may ask and answer; nobody learns who asked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from signatures.domain import jcs, log
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START, beijing, sha
from tests.trading.pages import published
from trading.domain import questions
from trading.domain.questions import AnswerQuestion, AskQuestion
from trading.models import Document, Exhibit, Message, Question

pytestmark = pytest.mark.django_db

TEXT = "招标文件第 12 页所列管材标准与图纸不一致，以何者为准？"
ANSWER = "以图纸为准，管材采用 DN600 钢筋混凝土管。"
SOON = START + timedelta(hours=2)


@pytest.fixture
def house():
    """Documents are on offer; the tenderer has fetched them."""
    made = published()
    floor.assignment(made.lot, "tenderer", organisation=made.tenderer)
    return made


def document(house) -> Document:
    return Document.objects.get(lot=house.lot, kind="tender-document")


def ask(house, *, by=None, at=SOON, text=TEXT, organisation=None, **more):
    fields = {
        "lot": house.lot.pk,
        "document": document(house).pk,
        "organisation": (organisation or house.tenderer).pk,
        "text": text,
        **more,
    }
    return house.act(AskQuestion(**fields), by=by or house.bidder, at=at)


def answer(house, question=None, *, by=None, at=SOON, affects=False, text=ANSWER):
    return house.act(
        AnswerQuestion(
            lot=house.lot.pk,
            question=question or Question.objects.latest("number").pk,
            text=text,
            affects=affects,
            title="澄清文件",
            digest=sha(f"clarification {at}"),
            size=1000,
        ),
        by=by or house.buyer,
        at=at,
    )


def refused(kind, call):
    size, rows = log.size(), Question.objects.count()
    messages = Message.objects.count()
    with pytest.raises(kind) as caught:
        call()
    assert (log.size(), Question.objects.count(), Message.objects.count()) == (
        size, rows, messages,
    )
    return caught.value


# --- asking --------------------------------------------------------------------------------------


def test_ask_leaves_one_hidden_entry_and_tells_who_answers(house):
    outcome = ask(house)
    assert outcome.result["number"] == 1
    row = Question.objects.get()
    assert (row.text, row.answer_until) == (TEXT, beijing(2026, 3, 14, 0, 0))
    opening = LedgerOpening.objects.get(leaf_id=outcome.leaves[0])
    assert opening.owners == [house.tenderer.urn]
    told = Message.objects.filter(template="question-asked")
    assert {message.user_id for message in told} == {house.buyer.pk}


def test_ask_names_the_asker_in_no_plain_entry_and_in_no_message(house):
    outcome = ask(house)
    hidden = (house.tenderer.urn, house.bidder.urn, house.tenderer.name, house.bidder.full_name)
    for index in outcome.leaves:
        plain = log.entry(index).decode()
        assert not any(name in plain for name in hidden)
        assert TEXT not in plain
    for message in Message.objects.filter(template="question-asked"):
        text = json.dumps(message.texts, ensure_ascii=False)
        assert not any(name in text for name in hidden)


@pytest.mark.parametrize("who", ["buyer", "supervisor", "operator"])
def test_ask_others_are_denied(house, who):
    error = refused(Denied, lambda: ask(house, by=getattr(house, who)))
    assert error.code == "wrong-role"


def test_ask_before_the_documents_were_fetched_is_denied(house):
    other = floor.organisation("华岳市政", "tenderer")
    person = floor.person("周刚", other)
    error = refused(Denied, lambda: ask(house, by=person, organisation=other))
    assert error.code == "wrong-role"


def test_ask_for_another_tenderer_is_denied(house):
    other = floor.organisation("华岳市政", "tenderer")
    floor.assignment(house.lot, "tenderer", organisation=other)
    error = refused(Denied, lambda: ask(house, organisation=other))
    assert error.code == "wrong-organisation"


def test_ask_after_the_last_day_is_refused_with_the_article(house):
    late = jcs.parse_timestamp(house.lot.dates["objections-until"]) + timedelta(seconds=1)
    error = refused(Refused, lambda: ask(house, at=late))
    assert (error.code, error.rule) == ("too-late", "TBR 22")


@pytest.mark.parametrize("text", ["", "太短", " " * 50, "长" * (questions.LONGEST + 1)])
def test_ask_too_short_or_too_long_is_refused(house, text):
    assert refused(Malformed, lambda: ask(house, text=text)).code == "bad-length"


@pytest.mark.parametrize(
    "text",
    [
        "泰和建设集团有限公司请问工期是否可以延长？",
        "泰和 建设\n集团有限公司 请问工期是否可以延长？",
        "我是李强，请问工期是否可以延长一个月？",
    ],
)
def test_ask_with_the_own_name_in_it_is_refused(house, text):
    error = refused(Refused, lambda: ask(house, text=text))
    assert (error.code, error.rule) == ("names-asker", "TBL 22")


def test_ask_about_the_notice_or_another_lot_s_document_is_refused(house):
    notice = Document.objects.get(lot=house.lot, kind="notice")
    elsewhere = Document.objects.get(lot=published().lot, kind="tender-document")
    for one in (notice, elsewhere):
        error = refused(NotFound, lambda pk=one.pk: ask(house, document=pk))
        assert error.code == "unknown-document"


# --- answering -----------------------------------------------------------------------------------


def test_answer_is_a_clarification_for_everybody_who_fetched(house):
    ask(house)
    outcome = answer(house)
    row = Question.objects.get()
    assert (row.answer, row.affects, row.answered_at) == (ANSWER, False, SOON)
    exhibit = Exhibit.objects.get(kind="clarification")
    assert (exhibit.pk, str(exhibit.pk)) == (row.exhibit_id, outcome.result["exhibit"])
    assert "tenderer" in exhibit.audience and "public" not in exhibit.audience
    assert Document.objects.get(kind="clarification").edition == 1
    told = Message.objects.filter(template="question-answered")
    assert {house.buyer.pk, house.bidder.pk} <= {message.user_id for message in told}


def test_answer_names_the_asker_nowhere(house):
    ask(house)
    outcome = answer(house)
    facts = json.dumps(Exhibit.objects.get(kind="clarification").facts)
    for text in (facts, *(log.entry(index).decode() for index in outcome.leaves)):
        assert house.tenderer.urn not in text
        assert house.bidder.urn not in text


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_answer_others_are_denied(house, who):
    ask(house)
    assert refused(Denied, lambda: answer(house, by=getattr(house, who))).code == "wrong-role"


def test_answer_twice_is_refused_and_the_first_stands(house):
    ask(house)
    answer(house)
    error = refused(Refused, lambda: answer(house, text="另一个答复，与前面的不同。"))
    assert error.code == "answered-already"
    assert Question.objects.get().answer == ANSWER


def test_answer_to_another_lot_s_question_is_not_found(house):
    ask(house)
    other = published()
    floor.assignment(other.lot, "tenderer", organisation=other.tenderer)
    ask(other)
    error = refused(NotFound, lambda: answer(house, Question.objects.get(lot=other.lot).pk))
    assert error.code == "unknown-question"


def test_answer_that_changes_the_bids_needs_fifteen_days(house):
    ask(house)
    until = jcs.parse_timestamp(house.lot.dates["clarifications-until"])
    later = until + timedelta(seconds=1)
    error = refused(Refused, lambda: answer(house, affects=True, at=later))
    assert (error.code, error.rule) == ("too-late-to-affect", "TBL 23, TBR 21")
    assert answer(house, at=later).result["late"] == ["objection-answer"]


def test_answer_that_changes_the_bids_in_time_is_taken(house):
    ask(house)
    until = jcs.parse_timestamp(house.lot.dates["clarifications-until"])
    assert answer(house, affects=True, at=until).result["late"] == ["objection-answer"]
    assert Question.objects.get().affects is True


# --- reading -------------------------------------------------------------------------------------


def seen_by(house, person, at=SOON) -> list[int]:
    return [row.number for row in questions.visible(house.lot, viewer=person, at=at)]


def test_open_questions_are_for_who_answers_or_watches_and_for_who_asked(house):
    rival = floor.organisation("华岳市政", "tenderer")
    competitor = floor.person("周刚", rival)
    floor.assignment(house.lot, "tenderer", organisation=rival)
    ask(house)
    assert seen_by(house, house.buyer) == seen_by(house, house.supervisor) == [1]
    assert seen_by(house, house.bidder) == [1]
    for other in (competitor, house.operator, None):
        assert seen_by(house, other) == []
    answer(house)
    assert seen_by(house, competitor) == [1]
    assert seen_by(house, house.operator) == seen_by(house, None) == []
