"""Messages: in the inbox with the act, out of the platform after it, with evidence."""

from __future__ import annotations

import json

import pytest
from django.core import mail

from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Refused
from signatures.models import LedgerOpening
from tests.factories import floor
from tests.factories.floor import START
from trading.domain import message_texts, procedure
from trading.domain.message_texts import FaultyMessages
from trading.domain.messages import MAX_ATTEMPTS, Attempt, NoteDeliveries, ReadMessage
from trading.domain.suspensions import Suspend, Terminate
from trading.models import Delivery, Message
from trading.tasks import deliver

pytestmark = pytest.mark.django_db
WORKER = Actor.process("worker")
SENT: list[tuple[str, str]] = []


class Gateway:
    """A gateway that keeps what it is given, and refuses one number."""

    def send(self, *, number: str, text: str) -> str:
        if number.endswith("000"):
            raise ConnectionError("no such number")
        SENT.append((number, text))
        return f"sms-{len(SENT)}"


@pytest.fixture
def house(arrange):
    house = floor.house()
    house.buyer.email, house.buyer.language = "buyer@example.com", "en"
    house.buyer.save()
    return house


def suspend(house):
    return house.act(Suspend(lot=house.lot.pk, reason="异议待答复"), by=house.supervisor)


def test_suspension_reaches_the_inbox_and_the_post(house):
    suspend(house)
    message = Message.objects.get()
    assert message.user == house.buyer
    assert "异议待答复" in message.texts["zh-hans"]["body"]
    assert mail.outbox == []
    assert deliver.func([str(message.pk)]) == 1
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["buyer@example.com"], "GC-2025-0001: suspended")
    assert Delivery.objects.get().state == "sent"


def test_task_is_queued_in_the_acts_transaction(house):
    from django_tasks_db.models import DBTaskResult

    suspend(house)
    (task,) = DBTaskResult.objects.all()
    assert task.args_kwargs["kwargs"] == {"messages": [str(Message.objects.get().pk)]}


def test_delivery_twice_sends_once(house):
    suspend(house)
    identifiers = [str(Message.objects.get().pk)]
    assert [deliver.func(identifiers), deliver.func(identifiers)] == [1, 0]
    assert len(mail.outbox) == 1


def test_evidence_is_left_without_names_or_addresses(house):
    suspend(house)
    opening = LedgerOpening.objects.get(entry__act="trading.send-message")
    message = Message.objects.get()
    assert opening.entry["digests"] == {"texts": message.digest}
    assert opening.owners == [house.tenderee.urn]
    text = json.dumps(opening.entry, ensure_ascii=False)
    for secret in ("buyer@example.com", "王芳", "异议"):
        assert secret not in text


def test_refused_act_sends_nothing(house):
    with pytest.raises(Denied):
        house.act(Terminate(lot=house.lot.pk, reason="无"), by=house.bidder)
    assert Message.objects.count() == 0
    assert Delivery.objects.count() == 0


def test_text_message_goes_through_the_gateway(house, settings, arrange):
    settings.SMS_GATEWAY = "tests.trading.domain.test_messages.Gateway"
    SENT.clear()
    house.buyer.memberships.update(mobile="13800138001")
    suspend(house)
    assert deliver.func([str(Message.objects.get().pk)]) == 2
    assert [number for number, _text in SENT] == ["13800138001"]
    assert Delivery.objects.get(channel="sms").reference == "sms-1"


def test_failed_delivery_is_tried_again_and_given_up_in_the_end(house, settings, arrange):
    from django_tasks_db.models import DBTaskResult

    settings.SMS_GATEWAY = "tests.trading.domain.test_messages.Gateway"
    house.buyer.memberships.update(mobile="13800138000")
    suspend(house)
    identifiers = [str(Message.objects.get().pk)]
    for _number in range(MAX_ATTEMPTS + 2):
        deliver.func(identifiers)
    row = Delivery.objects.get(channel="sms")
    assert (row.state, row.attempts, row.reference) == ("failed", MAX_ATTEMPTS, "ConnectionError")
    assert DBTaskResult.objects.count() == 1 + MAX_ATTEMPTS - 1
    assert len(mail.outbox) == 1


def test_only_the_worker_notes_deliveries(house):
    suspend(house)
    delivery = Delivery.objects.get()
    command = NoteDeliveries(attempts=(Attempt(delivery=delivery.pk, sent=True),))
    for actor in (Actor.person(house.buyer), Actor.process("clock")):
        with pytest.raises(Denied):
            dispatch(command, actor=actor)
    assert Delivery.objects.get().state == "waiting"


def test_reading_is_noted_once_and_by_the_recipient_only(house):
    suspend(house)
    command = ReadMessage(message=Message.objects.get().pk)
    with pytest.raises(Denied):
        house.act(command, by=house.bidder)
    assert Message.objects.get().read_at is None
    house.act(command, by=house.buyer)
    assert Message.objects.get().read_at == START
    with pytest.raises(Refused) as caught:
        house.act(command, by=house.buyer)
    assert caught.value.code == "already-read"


def test_every_message_speaks_both_languages():
    for name in message_texts.names():
        rendered = message_texts.render(name, _Anything(), procedure.load("construction"))
        assert set(rendered) == {"zh-hans", "en"}
        assert all(part for texts in rendered.values() for part in texts.values())


class _Anything(dict):
    def __missing__(self, key):
        return "…"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[a.en]\nsubject = "x"\nbody = "y"\n', "a has no subject in zh-hans"),
        ('[a.zh-hans]\nsubject = "x"\n[a.en]\nsubject = "x"\nbody = "y"\n', "a has no body"),
        (
            '[a.zh-hans]\nsubject = "{x}"\nbody = "y"\n[a.en]\nsubject = "{z}"\nbody = "y"\n',
            "a asks for other names in en: x, z",
        ),
    ],
)
def test_faulty_file_of_messages_stops_the_start(tmp_path, text, reason):
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultyMessages) as caught:
        message_texts.register(path)
    assert reason in str(caught.value)


def test_evidence_names_each_recipient_in_its_own_entry_alone(house):
    """A receipt opens an entry: it must not tell its holder who else takes part (TBL 22)."""
    firms = [floor.organisation(name, "tenderer") for name in ("华岳市政", "蜀西交通")]
    for firm in firms:
        floor.person(f"{firm.name}经办", firm)
        floor.assignment(house.lot, "tenderer", organisation=firm)
    suspend(house)
    openings = LedgerOpening.objects.filter(entry__act="trading.send-message")
    told = {opening.owners[0]: opening.entry["context"] for opening in openings}
    assert set(told) == {house.tenderee.urn, *(firm.urn for firm in firms)}
    for opening in openings:
        assert opening.entry["context"]["to"] == opening.owners
        assert len(opening.entry["context"]["messages"]) == 1
