"""The record of an opening: laid out once, signed by several, filed for everybody."""

from __future__ import annotations

import pypdfium2
import pytest
from django_tasks_db.models import DBTaskResult

from bidding import record_tasks
from bidding.domain import opening_records
from bidding.domain.opening_records import OfferOpeningRecord
from bidding.interfaces.records import opening_record
from signatures import store, tasks
from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.device_session import sign_session
from signatures.domain.errors import Denied, Refused
from signatures.models import SigningDocument
from trading.models import Exhibit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def closed(opening):
    """An opening with a lost bid, an objection and everybody present, closed."""
    opening.freeze()
    for one in (opening.host, opening.supervisor, opening.notary, *opening.bidders):
        opening.say("attend", one, **opening.attendance(one))
    opening.say("start", opening.host)
    for number in range(3):
        opening.open_sheet(number)
        opening.say("read-out", opening.host, bid=str(opening.bids[number].pk))
        opening.say("confirm", opening.bidders[number], **opening.confirmation(number))
    opening.lose(3)
    opening.say("object", opening.bidders[3], text="份额错误并非我方原因。")
    opening.say("answer", opening.host, objection=1, text="依据记录认定。")
    opening.say("close", opening.host)
    opening.refresh()
    return opening


def printed(data: bytes) -> str:
    """All text of a PDF, without line ends."""
    pages = pypdfium2.PdfDocument(data)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    return "".join(text.split())


def test_closing_enqueues_the_record(closed):
    queued = DBTaskResult.objects.filter(task_path__endswith="prepare_opening_record")
    assert [row.args_kwargs["args"] for row in queued] == [[str(closed.room.pk)]]
    document = record_tasks.prepare_opening_record.call(str(closed.room.pk))
    again = record_tasks.prepare_opening_record.call(str(closed.room.pk))
    assert again == document
    row = SigningDocument.objects.get(pk=document)
    assert [field.name for field in row.fields.order_by("position")] == [
        "Tenderee", "Supervisor", "Notary", "Centre",
    ]
    required = {field.name: field.required for field in row.fields.all()}
    assert required == {"Tenderee": True, "Supervisor": True, "Notary": True, "Centre": False}


def test_record_says_what_happened(closed):
    plan = opening_record.plan(closed.room, at=clock.now())
    text = printed(store.read(plan.digest))
    for said in (
        "开标记录",
        closed.lot.project.code,
        "东岳路桥建设集团有限公司",
        "份额错误并非我方原因。",
        "依据记录认定。",
        "视为撤销",
        "300",
        "西川省公共资源交易平台",
    ):
        assert said in text, said


def test_people_cannot_offer_a_record_nor_anybody_for_an_open_hall(opening, closed):
    plan = opening_record.plan(closed.room, at=clock.now())
    act = OfferOpeningRecord(room=closed.room.pk, plan=plan)
    with pytest.raises(Denied):
        dispatch(act, actor=Actor.person(closed.host))
    dispatch(act, actor=record_tasks.WORKER)
    with pytest.raises(Refused) as caught:
        dispatch(act, actor=record_tasks.WORKER)
    assert caught.value.code == "already-offered"


def test_record_signed_by_all_is_filed_for_everybody(closed):
    document = record_tasks.prepare_opening_record.call(str(closed.room.pk))
    signers = {
        "Tenderee": closed.host, "Supervisor": closed.supervisor, "Notary": closed.notary,
    }
    for field, user in signers.items():
        sign_session(closed.api(user), document, field, closed.platform.signer(user))
    assert Exhibit.objects.filter(kind=opening_records.PURPOSE).count() == 0
    tasks.finish_document.call(document)
    exhibit = Exhibit.objects.get(kind=opening_records.PURPOSE)
    row = SigningDocument.objects.get(pk=document)
    assert (exhibit.digest, exhibit.audience) == (row.digest, ["public"])
    assert exhibit.facts["lost"] == [str(closed.bids[3].pk)]
    assert len(exhibit.facts["opened"]) == 3
