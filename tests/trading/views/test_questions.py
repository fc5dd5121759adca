"""Questions at the screen: who reads, asks and answers; nobody is shown who asked."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from signatures.domain import clock, jcs, log
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START
from tests.factories.signing import install
from tests.trading.api.calls import Program
from tests.trading.pages import LANGUAGES, as_, move_clock, published, read, sha, text_of
from trading.models import Document, Exhibit, Message, Question

pytestmark = pytest.mark.django_db

TEXT = "招标文件第 12 页所列管材标准与图纸不一致，以何者为准？"
ANSWER = "以图纸为准，管材采用 DN600 钢筋混凝土管。"


@pytest.fixture
def house(settings, tmp_path):
    """Documents are on offer, two tenderers have fetched them, a third has not."""
    made = published()
    rival, prospect = (
        floor.organisation(name, "tenderer") for name in ("华岳市政", "蜀西交通")
    )
    made.people = {
        "public": None,
        "buyer": made.buyer,
        "asker": made.bidder,
        "rival": floor.person("周刚", rival),
        "prospect": floor.person("何敏", prospect),
        "supervisor": made.supervisor,
        "operator": made.operator,
    }
    for one in (made.tenderer, rival):
        floor.assignment(made.lot, "tenderer", organisation=one)
    return made


@pytest.fixture
def sealing(settings, tmp_path):
    """The platform can seal, by the clock of the tests."""
    days = (clock.look().real - START).days
    install(settings, tmp_path, days_ago=days)
    return move_clock


def address(house):
    return reverse("questions", args=[house.lot.project.code, house.lot.number])


def see(house, name, language="en"):
    return as_(house.people[name], language).get(address(house))


def send(house, name, language="en", **fields):
    fields.setdefault("once", uuid4().hex)
    return as_(house.people[name], language).post(address(house), fields)


def ask(house, name="asker", text=TEXT, **fields):
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    organisation = house.tenderer.pk
    values = {"document": str(document.pk), "organisation": str(organisation), "text": text}
    return send(house, name, **{"do": "ask", **values, **fields})


def answer(house, name="buyer", text=ANSWER, affects="no", **fields):
    number = Question.objects.latest("number").pk
    return send(
        house, name, **{"do": "answer", "question": str(number), "text": text,
                        "affects": affects, **fields},
    )


def unchanged(call, status):
    before = (log.size(), Question.objects.count(), Exhibit.objects.count())
    found = call()
    assert found.status_code == status
    assert (log.size(), Question.objects.count(), Exhibit.objects.count()) == before
    return found.content.decode()


# --- who reads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["public", "prospect", "operator"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_refused_to_who_did_not_fetch_the_documents(house, name, language):
    assert see(house, name, language).status_code == 403


@pytest.mark.parametrize("name", ["buyer", "asker", "rival", "supervisor"])
@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Nobody has asked yet."), ("zh-hans", "还没有人提问。")]
)
def test_page_without_questions_says_so(house, name, language, sentence):
    found = see(house, name, language)
    assert found.status_code == 200
    assert sentence in text_of(found)
    form = 'value="ask"' in found.content.decode()
    assert form == (name in ("asker", "rival"))


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["public", "buyer", "rival", "prospect", "supervisor", "operator"])
def test_ask_for_somebody_else_s_tenderer_leaves_nothing(house, name):
    status = 400 if name in ("rival", "buyer", "supervisor") else 403
    unchanged(lambda: ask(house, name), status)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write your question."),
        ("太短", "Write 10 to 2000 characters; these are 2."),
        ("泰和建设集团有限公司询问：工期可否延长？", "Ask without it."),
    ],
)
def test_ask_with_a_mistake_is_said_at_the_field_and_the_text_stays(house, text, said):
    status = 409 if "泰和" in text else 400
    page = unchanged(lambda: ask(house, text=text), status)
    assert said in page.split('id="ask_text_error"')[1][:400]
    assert text in page.split("<textarea")[1]


def test_ask_twice_by_a_double_click_is_one_question(house):
    once = uuid4().hex
    assert [ask(house, once=once).status_code for _attempt in range(2)] == [302, 302]
    assert Question.objects.count() == 1
    assert "asked by you" in text_of(see(house, "asker"))


def test_ask_after_the_last_day_is_refused_and_the_form_is_gone(house):
    from tests.trading.pages import move_clock

    late = jcs.parse_timestamp(house.lot.dates["objections-until"]) + timedelta(minutes=1)
    move_clock(late)
    assert 'value="ask"' not in see(house, "asker").content.decode()
    unchanged(lambda: ask(house), 409)


# --- nobody is shown who asked -------------------------------------------------------------------


def hidden(house):
    return (
        house.tenderer.name, house.tenderer.credit_code, str(house.tenderer.pk),
        house.bidder.full_name, house.bidder.username, str(house.bidder.pk),
    )


def body(text: str) -> str:
    return text.split("<main")[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_else_is_shown_who_asked(house, language):
    first = log.size()
    ask(house)
    pages = [
        body(see(house, name, language).content.decode())
        for name in ("buyer", "rival", "supervisor")
    ]
    project = reverse("project", args=[house.lot.project.code])
    buyer = as_(house.buyer, language)
    pages.append(body(buyer.get(project).content.decode()))
    pages += [
        buyer.get(reverse("message", args=[message.pk])).content.decode()
        for message in Message.objects.filter(user=house.buyer, template="question-asked")
    ]
    lot = f"/lots/{house.lot.pk}"
    for name in ("buyer", "rival", "supervisor", "operator", "public"):
        person = house.people[name]
        line = Program(person).get(f"{lot}/questions")
        pages.append(json.dumps(line.json(), ensure_ascii=False))
        pages.append(Program(person).get(f"{lot}/exhibits").content.decode())
    for index in range(first, log.size()):
        pages.append(log.entry(index).decode())
        pages.append(body(buyer.get(reverse("ledger-entry", args=[index])).content.decode()))
    for page in pages:
        assert not [text for text in hidden(house) if text in page]
    assert TEXT in pages[0] and TEXT not in pages[1]


def test_receipt_of_the_question_is_the_asker_s_alone(house):
    first = log.size()
    ask(house)
    receipt = LedgerOpening.objects.get(leaf_id=first)
    address = reverse("receipt", args=[receipt.pk])
    opened = {name: as_(one).get(address).status_code for name, one in house.people.items()}
    assert [name for name, status in opened.items() if status == 200] == ["asker"]


# --- answering -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["public", "asker", "rival", "prospect", "supervisor", "operator"])
def test_answer_by_others_is_denied_and_leaves_nothing(house, name):
    ask(house)
    unchanged(lambda: answer(house, name), 403)


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"text": ""}, "text"), ({"text": "短"}, "text"), ({"affects": ""}, "affects"),
     ({"affects": "perhaps"}, "affects")],
)
def test_answer_with_a_mistake_is_said_at_the_field_and_the_text_stays(house, fields, place):
    ask(house)
    page = unchanged(lambda: answer(house, **fields), 400)
    short = str(Question.objects.get().pk)[:8]
    assert f'id="answer_{short}_{place}_error"' in page
    assert fields.get("text", ANSWER) in page


def test_answer_to_no_question_is_refused(house):
    ask(house)
    for wanted in ("", "nothing", str(uuid4())):
        status = 404 if len(wanted) == 36 else 400
        unchanged(lambda w=wanted: answer(house, question=w), status)


def test_answer_is_read_by_everybody_who_fetched(house, sealing):
    sealing()
    ask(house)
    once = uuid4().hex
    assert [answer(house, once=once).status_code for _attempt in range(2)] == [302, 302]
    exhibit = Exhibit.objects.get(kind="clarification")
    for name in ("asker", "rival", "supervisor", "buyer"):
        page = see(house, name).content.decode()
        assert ANSWER in page and str(exhibit.pk) in page
        file = as_(house.people[name]).get(reverse("exhibit", args=[exhibit.pk]))
        assert sha(read(file)) == exhibit.digest
    public = as_(None).get(reverse("exhibit", args=[exhibit.pk]))
    assert public.status_code == 404
    stale = unchanged(lambda: answer(house, text="另一个答复，与前面的不同。"), 409)
    assert "was answered already" in stale and "另一个答复，与前面的不同。" in stale
