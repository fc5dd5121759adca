"""What was asked and answered stands in the report; what no record can show is never taken."""

from __future__ import annotations

import pypdfium2
import pytest

from bidding.domain import clarification_answers
from bidding.interfaces.records import evaluation_report
from bidding.models import Evaluation
from signatures import store
from signatures.domain import clock
from signatures.domain.act import dispatch
from signatures.domain.errors import Malformed
from tests.bidding.clarifying import ANSWER, POINT, QUESTION
from trading.domain import planning, ticking

pytestmark = pytest.mark.django_db


def printed(case) -> str:
    """All text of the report as it would be laid out now, without white space."""
    row = Evaluation.objects.select_related("committee__lot__project__tenderee").get()
    plan = evaluation_report.plan(row, at=clock.now())
    pages = pypdfium2.PdfDocument(store.read(plan.digest))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    return "".join(text.split())


def conclude(case) -> None:
    """The evaluation up to its ranking."""
    for place, one in enumerate(case.members):
        case.world.write(one, place)
        case.world.freeze_sheet(one)
    case.world.say("freeze-scores", case.chair)
    case.world.opening.open_prices()
    case.world.say("compute-scores", case.chair)


def test_report_holds_question_and_answer_and_what_stayed_without_one(case):
    answered, silent = case.ask(1), case.ask(2, question="人员证书编号不清，请说明。")
    case.answer(answered, case.world.opening.bidders[1])
    case.end(silent)
    for act in clarification_answers.due(clock.now()):
        dispatch(act, actor=ticking.ACTOR)
    conclude(case)
    answered.refresh_from_db()
    text = printed(case)
    for said in (
        "澄清、说明", POINT, QUESTION, ANSWER, "人员证书编号不清，请说明。",
        "未在规定时间内答复。",
        f"{case.world.opening.bids[1].tenderer.name}技术文件.pdf",
        "".join(planning.shown(answered.until).split()),
        answered.statement[:8],
    ):
        assert said in text, said


def test_report_says_that_nothing_was_asked(case):
    conclude(case)
    assert "评标委员会未要求投标人澄清。" in printed(case)


@pytest.mark.parametrize("character", ["🙂", "\u200b", "\u0007", "\u202e", "e\u0301"])
@pytest.mark.parametrize("command", ["reject", "dissent"])
def test_words_that_no_record_can_show_are_refused_when_they_are_said(case, command, character):
    conclude(case)
    fields = {"text": f"保留意见{character}"}
    if command == "reject":
        fields = {"bid": "T01", "reason": f"缺少关键页{character}"}
    before = case.state()
    with pytest.raises(Malformed) as caught:
        case.world.say(command, case.members[1], **fields)
    assert (caught.value.code, case.state()) == ("missing-glyph", before)


def test_objection_that_no_record_can_show_is_refused_when_it_is_raised(opening):
    opening.freeze()
    opening.say("start", opening.host)
    opening.say("attend", opening.bidders[0], **opening.attendance(opening.bidders[0]))
    before = opening.room.seq
    with pytest.raises(Malformed) as caught:
        opening.say("object", opening.bidders[0], text="密封有破损🙂")
    assert (caught.value.code, opening.room.seq) == ("missing-glyph", before)
    opening.say("object", opening.bidders[0], text="密封有破损")
    assert opening.room.seq == before + 1
