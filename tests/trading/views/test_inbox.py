"""The inbox: one's own messages alone, opened by an act, paged, counted in the masthead."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import guard, log
from signatures.models import LedgerOpening
from tests.factories.floor import START
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.interfaces import cursors
from trading.models import Delivery, Message

pytestmark = pytest.mark.django_db

TEXTS = {
    "zh-hans": {"subject": "{n} 号通知", "body": "第一段。\n\n第二段。<b>"},
    "en": {"subject": "Notice {n}", "body": "First part.\n\nSecond part. <b>"},
}


@pytest.fixture
def house(house):
    """Nobody has been sent anything yet."""
    with guard.writes("test arrangement"):
        Delivery.objects.all().delete()
        Message.objects.all().delete()
    return house


def send(person, count=1, **values):
    """Messages to a person, an hour between each and the one before."""
    with guard.writes("test arrangement"):
        return [
            Message.objects.create(
                user=person,
                template="lot-suspended",
                texts={
                    language: {part: text.replace("{n}", str(n)) for part, text in parts.items()}
                    for language, parts in TEXTS.items()
                },
                digest="ab" * 32,
                sent_at=START - timedelta(hours=n),
                **values,
            )
            for n in range(count)
        ]


def address(message):
    return reverse("message", args=[message.pk])


@pytest.mark.parametrize("language", LANGUAGES)
def test_inbox_without_messages_says_so(house, language):
    answer = as_(house.buyer, language).get("/inbox/")
    said = {"zh-hans": "还没有发给您的消息", "en": "Nothing has been sent to you yet."}
    assert answer.status_code == 200
    assert said[language] in text_of(answer)


def test_inbox_public_is_asked_to_sign_in(house):
    (message,) = send(house.buyer)
    for url in ("/inbox/", address(message)):
        answer = as_(None, "en").get(url)
        assert answer.status_code == 403
        assert f"/sign-in/?next={url}" in answer.content.decode()
    assert as_(None).post(address(message)).status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_inbox_shows_own_messages_in_the_readers_language(house, language):
    send(house.buyer, 2, lot=house.lot)
    send(house.bidder)
    text = text_of(as_(house.buyer, language).get("/inbox/"))
    subject = {"zh-hans": "号通知", "en": "Notice"}[language]
    assert text.count(subject) == 2
    assert house.lot.project.title in text


def test_opening_is_an_act_that_leaves_a_leaf_once(house):
    (message,) = send(house.buyer)
    client, before = as_(house.buyer, "en"), log.size()
    closed = client.get(address(message))
    assert "Second part" not in closed.content.decode()
    assert "You have not opened this message yet." in text_of(closed)
    answer = client.post(address(message))
    assert (answer.status_code, answer["Location"]) == (303, address(message))
    assert client.post(address(message)).status_code == 303
    assert log.size() == before + 1
    leaf = LedgerOpening.objects.get(subject=message.urn)
    assert (leaf.entry["act"], leaf.entry["actor"]) == ("trading.read-message", house.buyer.urn)
    html = client.get(address(message)).content.decode()
    assert "<p>Second part. &lt;b&gt;</p>" in html
    assert "Opened" in html


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_message_of_somebody_else_is_not_there(house, who):
    (message,) = send(house.buyer)
    client, before = as_(getattr(house, who)), log.size()
    assert client.get(address(message)).status_code == 404
    assert client.get(reverse("message", args=[uuid4()])).status_code == 404
    assert client.post(address(message)).status_code == 403
    message.refresh_from_db()
    assert (message.read_at, log.size()) == (None, before)


def test_inbox_pages_by_cursor_without_gap_or_repeat(house):
    send(house.buyer, cursors.SIZE + 3)
    client, seen, url = as_(house.buyer, "en"), [], "/inbox/"
    while url:
        answer = client.get(url)
        seen += [row["text"]["subject"] for row in answer.context["rows"]]
        url = answer.context["next_address"] and "/inbox/" + answer.context["next_address"]
    assert seen == [f"Notice {n}" for n in range(cursors.SIZE + 3)]


@pytest.mark.parametrize("cursor", ["x", "%00", "a" * 500, "'"])
def test_inbox_damaged_cursor_is_explained(house, cursor):
    answer = as_(house.buyer, "en").get(f"/inbox/?after={cursor}")
    assert answer.status_code == 400
    assert "Begin the list anew" in text_of(answer)


def test_inbox_of_new_messages_leaves_out_the_opened(house):
    first, second = send(house.buyer, 2)
    client = as_(house.buyer, "en")
    client.post(address(first))
    rows = client.get("/inbox/?show=new").context["rows"]
    assert [row["message"] for row in rows] == [second]
    client.post(address(second))
    assert "You have opened everything." in text_of(client.get("/inbox/?show=new"))


def test_unread_is_said_by_a_word_and_a_shape(house):
    send(house.buyer)
    html = as_(house.buyer, "en").get("/inbox/").content.decode()
    assert '<span class="status status-done">Not opened</span>' in html


def test_masthead_counts_what_is_not_opened(house):
    messages = send(house.buyer, 3)
    client = as_(house.buyer, "en")
    assert client.get("/").context["unread"] == 3
    client.post(address(messages[0]))
    assert client.get("/projects/").context["unread"] == 2
    assert "unread" not in as_(None).get("/").context
    send(house.buyer, 120)
    assert "99+" in text_of(client.get("/"))


def test_inbox_takes_the_same_queries_for_one_and_for_thirty(house):
    counts = []
    for more in (1, 29):
        send(house.buyer, more, lot=house.lot, organisation=house.tenderee)
        with CaptureQueriesContext(connection) as queries:
            answer = as_(house.buyer).get("/inbox/")
        counts.append((len(queries), len(answer.context["rows"])))
    assert counts[0][0] == counts[1][0]
    assert [rows for _queries, rows in counts] == [1, 30]
