"""A platform as pages and the interface see it: its clock near the factory's start, its people."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client

from signatures import store
from signatures.domain import clock, guard
from signatures.models import ClockOffset, User
from tests.factories import floor
from tests.factories.floor import START
from trading.domain.documents import PublishDocuments
from trading.domain.notices import PublishNotice, evaluation_digest

PASSWORD = "correct horse battery"
LANGUAGES = ("zh-hans", "en")


def move_clock(to: Any = START + timedelta(hours=1)) -> None:
    """Let the official clock show this moment."""
    seconds = int((to - clock.look().real).total_seconds())
    with guard.writes("test arrangement"):
        ClockOffset.objects.update(seconds=seconds)


def with_password(person: User) -> User:
    """The person can sign in with :data:`PASSWORD`."""
    with guard.writes("test arrangement"):
        User.objects.filter(pk=person.pk).update(password=make_password(PASSWORD))
    person.refresh_from_db()
    return person


def as_(person: User | None, language: str = "zh-hans") -> Client:
    """A browser of this person, or of the public."""
    client = Client(headers={"accept-language": language})
    if person is not None:
        client.force_login(person)
    return client


def published(*, documents: bool = True) -> floor.House:
    """A house whose notice (and tender document) are out, with real bytes in the store."""
    house = floor.house()
    notice = store.put(b"%PDF-1.7 notice")
    house.act(
        PublishNotice(
            lot=house.lot.pk, title="招标公告", digest=notice.sha256, size=notice.size,
            dates=floor.DATES, seal={"verdict": "valid"},
        ),
        by=house.buyer,
    )
    if documents:
        tender = store.put(b"%PDF-1.7 tender document")
        house.act(
            PublishDocuments(
                lot=house.lot.pk, title="招标文件", digest=tender.sha256, size=tender.size,
                evaluation=evaluation_digest(house.lot), seal={"verdict": "valid"},
            ),
            by=house.buyer,
        )
    move_clock()
    return house


def text_of(answer: Any) -> str:
    """The page's text, tags taken out, blanks run together."""
    html = answer.content.decode()
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def read(answer: Any) -> bytes:
    """A file that was sent, to its end; closing it early would close the test's database."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
