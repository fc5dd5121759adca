"""The chair asks about a bid: who may, when, in which words, and what the tenderer learns."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from bidding.domain import room_state
from bidding.models import Clarification, Evaluation
from signatures.domain import clock, guard, jcs
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.clarifying import POINT, QUESTION, Clarifying
from tests.bidding.drawn import Drawn
from tests.bidding.opened import events
from trading.domain import planning
from trading.models import Lot, Message

pytestmark = pytest.mark.django_db


def refused(case, kind, by=None, **fields) -> str:
    """The code with which asking is refused; nothing has changed."""
    before = case.state()
    with pytest.raises(kind) as caught:
        case.ask(by=by, **fields)
    assert case.state() == before
    return caught.value.code


def test_chair_asks_about_a_document_of_a_bid(case):
    row = case.ask(1)
    code = case.world.code_of(1)
    assert (row.bid, row.number, row.point, row.question) == (
        case.world.opening.bids[1], 1, POINT, QUESTION,
    )
    [event] = events(case.world.room, "clarification-asked")
    assert (event.actor, event.audience) == (case.chair.urn, "all")
    assert event.data == {
        "clarification": str(row.pk), "bid": code, "number": 1,
        "document": str(case.document(1).pk), "name": f"{code}-1.pdf", "point": POINT,
        "question": QUESTION, "until": jcs.timestamp(row.until),
    }
    [line] = room_state.state(case.world.room)["clarifications"]
    assert (line["state"], line["bid"], line["question"]) == ("open", code, QUESTION)


def test_time_to_answer_is_the_minutes_asked_for_to_the_next_whole_minute(case):
    before = clock.now()
    row = case.ask(minutes=45)
    left = row.until - row.asked_at
    assert timedelta(minutes=45) <= left < timedelta(minutes=46)
    assert (row.until.second, row.until.microsecond, row.asked_at >= before) == (0, 0, True)


def test_questions_are_counted_for_each_bid_by_itself(case):
    assert [case.ask(0).number, case.ask(1).number, case.ask(0).number] == [1, 1, 2]


def test_asking_leaves_one_hidden_entry_that_the_chair_alone_can_open(case):
    before = LedgerEntry.objects.count()
    row = case.ask()
    assert LedgerEntry.objects.count() == before + 1
    leaf = LedgerEntry.objects.order_by("index").last()
    assert set(json.loads(bytes(leaf.data))) == {"at", "c", "v"}
    opening = LedgerOpening.objects.get(leaf_id=leaf.index)
    assert opening.owners == [case.chair.urn]
    assert opening.entry["act"] == "bidding.ask-clarification"
    text = json.dumps(opening.entry, ensure_ascii=False)
    assert QUESTION not in text
    assert case.chair.full_name not in text
    assert row.bid.urn not in text


def test_tenderer_alone_is_told_with_the_time_to_answer(case):
    before = set(Message.objects.values_list("pk", flat=True))
    row = case.ask(2)
    sent = Message.objects.exclude(pk__in=before)
    assert [each.user for each in sent] == [case.world.opening.bidders[2]]
    [message] = sent
    assert message.template == "clarification-asked"
    for parts in message.texts.values():
        assert planning.shown(row.until) in parts["body"]


# --- what the tenderer must not learn ------------------------------------------------------------


def test_tenderer_gets_no_receipt_message_or_line_that_tells_member_or_code(case):
    row = case.ask(2)
    bidder = case.world.opening.bidders[2]
    case.answer(row, bidder)
    held = [
        json.dumps(each.entry, ensure_ascii=False)
        for each in LedgerOpening.objects.all()
        if {bidder.urn, row.bid.tenderer.urn} & set(each.owners)
    ]
    written = [json.dumps(each.texts, ensure_ascii=False) for each in Message.objects.all()]
    seen = json.dumps(
        case.api(bidder).get(f"/api/v1/lots/{case.lot.pk}/clarifications"), ensure_ascii=False
    )
    assert held
    assert QUESTION in seen
    for text in (*held, *written, seen):
        for member in case.members:
            assert member.urn not in text
            assert member.full_name not in text
        # "T03:12" is a moment, and no bid's code.
        assert not re.search(rf"{case.world.code_of(2)}(?!:)", text)
        for other in (0, 1, 3):
            assert case.world.opening.bids[other].tenderer.name not in text


def test_committee_learns_no_name_from_what_it_asks(case):
    row = case.ask(2)
    case.answer(row, case.world.opening.bidders[2])
    events_ = json.dumps(
        [[each.actor, each.data] for each in events(case.world.room)], ensure_ascii=False
    )
    lines = json.dumps(
        case.api(case.members[3]).get(f"/api/v1/lots/{case.lot.pk}/clarifications"),
        ensure_ascii=False,
    )
    for text in (events_, lines):
        for bid, bidder in zip(
            case.world.opening.bids, case.world.opening.bidders, strict=True
        ):
            for hidden in (
                bid.tenderer.name, bid.tenderer.urn, bid.urn, str(bid.pk), bidder.urn,
                bidder.full_name,
            ):
                assert hidden not in text


@pytest.mark.parametrize("text", ["T01 的工期？", "请T-02说明", "t 03 ?", "Ｔ０４工期"])
def test_question_that_tells_a_code_is_refused(case, text):
    assert refused(case, Refused, question=text) == "names-code"
    assert refused(case, Refused, point=text) == "names-code"


def test_question_that_names_a_member_or_a_tenderer_is_refused(case):
    alternate = list(case.world.experts.values())[5]
    for name in (
        case.members[2].full_name, alternate.full_name,
        case.world.opening.bids[3].tenderer.name,
    ):
        assert refused(case, Refused, question=f"{name} 是否参与？") == "names-somebody"


@pytest.mark.parametrize("text", ["螺栓是否采用 T63 型？", "型号 XT01 为何种钢材？", "T015 何指？"])
def test_question_with_another_mark_is_asked(case, text):
    assert case.ask(question=text).question == text


# --- who may, and when ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("member", "not-the-chair"),
        ("alternate", "wrong-role"),
        ("supervisor", "wrong-role"),
        ("host", "wrong-role"),
        ("bidder", "wrong-role"),
        ("notary", "wrong-role"),
        ("keeper", "wrong-role"),
    ],
)
def test_nobody_but_the_chair_asks(case, who, code):
    opening = case.world.opening
    people = {
        "member": case.members[1],
        "alternate": list(case.world.experts.values())[5],
        "supervisor": opening.supervisor,
        "host": opening.host,
        "bidder": opening.bidders[0],
        "notary": opening.notary,
        "keeper": opening.keeper,
    }
    assert refused(case, Denied, by=people[who]) == code


def test_committee_without_a_chair_elects_one_before_it_asks(opening, pooled):
    case = Clarifying(Drawn(opening=opening, experts=dict(pooled)))
    case.begin(chair=False)
    assert refused(case, Refused) == "no-chair"


@pytest.mark.parametrize(
    "stage", ["NOTICE", "DOCUMENTS", "BIDDING", "OPENING", "CANDIDATES", "AWARD", "CONTRACT"]
)
def test_asking_belongs_to_the_evaluation(case, stage):
    document = case.asking()
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=case.lot.pk).update(stage=stage)
    assert refused(case, Refused, **document) == "wrong-stage"


@pytest.mark.parametrize("state", ["suspended", "terminated", "failed", "archived"])
def test_asking_waits_while_the_lot_does_not_run(case, state):
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=case.lot.pk).update(
            state=state, suspended_at=clock.now() if state == "suspended" else None
        )
    assert refused(case, Refused) == "not-running"


def test_nothing_is_asked_once_the_report_is_laid_out(case):
    with guard.writes("test arrangement"):
        Evaluation.objects.update(report_at=clock.now())
    assert refused(case, Refused) == "report-laid-out"


def test_rejected_bid_is_not_asked_about(case):
    document = case.asking(1)
    for one in case.members[:3]:
        case.world.say("reject", one, bid=case.world.code_of(1), reason="缺少关键页")
    assert refused(case, NotFound, **document) == "no-such-document"


def test_prices_are_asked_about_only_once_the_names_are_known(case):
    for place, one in enumerate(case.members):
        case.world.write(one, place)
        case.world.freeze_sheet(one)
    case.world.opening.open_prices()
    price = next(
        each for each in case.lot.exhibits.filter(kind="bid-price")
        if each.facts["bid"] == case.world.opening.bids[1].urn
    )
    assert refused(case, NotFound, document=str(price.pk)) == "no-such-document"
    case.world.say("freeze-scores", case.chair)
    row = case.ask(document=str(price.pk), question="大写与小写金额不一致，请说明。")
    assert row.bid == case.world.opening.bids[1]


@pytest.mark.parametrize("kind", ["bid-document", "tender-document"])
def test_no_other_exhibit_is_asked_about(case, kind):
    other = case.lot.exhibits.filter(kind=kind).first()
    assert refused(case, NotFound, document=str(other.pk)) == "no-such-document"


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"point": ""}, "bad-point"),
        ({"point": " \n"}, "bad-point"),
        ({"point": "x" * 201}, "bad-point"),
        ({"question": ""}, "bad-question"),
        ({"question": "？！…"}, "bad-question"),
        ({"question": "x" * 2001}, "bad-question"),
        ({"question": "工期🙂？"}, "missing-glyph"),
        ({"point": "第\u200b12页"}, "missing-glyph"),
        ({"minutes": 9}, "bad-minutes"),
        ({"minutes": 0}, "bad-minutes"),
        ({"minutes": -60}, "bad-minutes"),
        ({"minutes": 2881}, "bad-minutes"),
        ({"minutes": True}, "bad-field"),
        ({"minutes": "60"}, "bad-field"),
        ({"document": "T01-1.pdf"}, "bad-field"),
        ({"question": 5}, "bad-field"),
        ({"lot": "x"}, "unknown-field"),
        ({"asked_by": "user:1"}, "unknown-field"),
    ],
)
def test_words_that_are_none_are_refused(case, fields, code):
    assert refused(case, Malformed, **fields) == code


def test_document_that_is_none_is_refused(case):
    assert refused(case, NotFound, document=str(case.lot.pk)) == "no-such-document"


@pytest.mark.parametrize(
    ("least", "field", "text"),
    [(1, "point", "x"), (200, "point", "x"), (2000, "question", "x"), (1, "question", "工")],
)
def test_shortest_and_longest_words_are_asked(case, least, field, text):
    assert getattr(case.ask(**{field: text * least}), field) == text * least


def test_asking_twice_under_one_key_asks_once(case):
    api, path = case.api(case.chair), f"/api/v1/lots/{case.lot.pk}/clarifications"
    first = api.post(path, case.asking(), key="once")
    again = api.post(path, case.asking(), key="once")
    assert first["result"] == again["result"]
    assert Clarification.objects.count() == 1
