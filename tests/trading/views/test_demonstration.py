"""The demonstration's page: who may see it, what its button does to the clock, whom it shows."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext

from signatures.domain import clock, guard, jcs, log
from signatures.domain.errors import Conflict
from signatures.models import ClockOffset
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, move_clock, text_of
from trading.domain import ticking
from trading.domain.upcoming import move_past, upcoming
from trading.models import Lot, Message

pytestmark = pytest.mark.django_db

ADDRESS = "/demonstration/"
WHO = (None, "buyer", "bidder", "supervisor", "operator")


def visit(language="en", person=None, query=""):
    return as_(person, language).get(ADDRESS + query)


def move(to, language="en", **more):
    return as_(None, language).post(ADDRESS, {"to": to}, **more)


def next_date():
    return upcoming(clock.now())[0].at


@pytest.fixture
def kept(settings, tmp_path, house):
    """Writes the file of sign-ins; its person is the house's bidder."""
    settings.DATA = tmp_path

    def write(state="ready", **more):
        people = [
            {
                "part": "tenderer", "username": house.bidder.username, "password": "open-sesame-1",
                "certificate": "/devices/bidder/certificate.p12", "passphrase": "p12-word",
                "trustee": {"滨河路": "/devices/bidder/keys.json"},
            },
            {"part": "tenderer", "username": "nobody-here", "password": "lost"},
        ]
        text = json.dumps({"state": state, "people": people, **more})
        (tmp_path / "demonstration.json").write_text(text, encoding="utf-8")

    write()
    return write


# --- who sees it --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_everybody_the_clock_and_the_next_date(house, who, language):
    answer = visit(language, getattr(house, who) if who else None)
    assert answer.status_code == 200
    for sentence in {
        "en": ("Move to the next date", "The clock then does: Begin to receive bids",
               house.lot.project.title),
        "zh-hans": ("拨到下一个日期", "届时时钟自动办理： 开始接收投标"),
    }[language]:
        assert sentence in text_of(answer)


def test_page_in_production_is_not_there_and_moves_nothing(house, settings):
    at, before = next_date(), clock.look().offset
    settings.PRODUCTION = True
    assert visit().status_code == 404
    assert move(jcs.timestamp(at)).status_code == 404
    assert clock.look().offset == before


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ("No date lies ahead", "No message has been sent yet.", "No sign-ins are kept",
                "No tender was laid out for a visitor here.")),
        ("zh-hans", ("都没有将到的日期", "还没有发出任何消息。", "没有保存登录信息")),
    ],
)
def test_empty_page_says_what_is_missing(empty, settings, tmp_path, language, sentences):
    settings.DATA = tmp_path
    text = text_of(visit(language))
    for sentence in sentences:
        assert sentence in text


def test_drafts_are_no_date_of_anybodys(empty):
    floor.house()
    assert upcoming(clock.now()) == []


# --- the clock ----------------------------------------------------------------------------------


def test_button_moves_the_clock_past_the_date_and_what_is_due_is_done(house):
    at = next_date()
    answer = move(jcs.timestamp(at), follow=True)
    assert answer.redirect_chain == [(ADDRESS, 302)]
    assert "The official clock stands at" in text_of(answer)
    assert timedelta(0) <= clock.now() - at < timedelta(seconds=5)
    ticking.tick()
    assert Lot.objects.get().stage == "BIDDING"
    assert next_date() > at


def test_second_click_moves_nothing_more(house):
    at = jcs.timestamp(next_date())
    move(at)
    before, size = clock.look().offset, log.size()
    answer = move(at)
    assert answer.status_code == 409
    assert "The clock stands past that date already." in text_of(answer)
    assert (clock.look().offset, log.size()) == (before, size)


@pytest.mark.parametrize("by", [timedelta(seconds=1), timedelta(days=1), timedelta(days=9000)])
def test_any_other_date_is_refused(house, by):
    before, size = clock.look().offset, log.size()
    answer = move(jcs.timestamp(next_date() + by))
    assert answer.status_code == 409
    assert "Another date comes next by now." in text_of(answer)
    assert (clock.look().offset, log.size()) == (before, size)


@pytest.mark.parametrize("to", ["", "tomorrow", "2026-01-01", "\x00", "9" * 5000, "<script>"])
def test_date_that_is_none_is_refused_and_never_echoed(house, to):
    before, size = clock.look().offset, log.size()
    answer = move(to)
    assert answer.status_code == 400
    assert "The clock was not moved" in text_of(answer)
    assert not to or to not in answer.content.decode()
    assert (clock.look().offset, log.size()) == (before, size)


def test_clock_is_never_moved_past_the_present(house):
    move_clock(clock.look().real - timedelta(seconds=20))
    with guard.writes("test arrangement"):
        lot = Lot.objects.get()
        soon = clock.now() + timedelta(minutes=5)
        lot.dates = {**lot.dates, "documents-until": jcs.timestamp(soon)}
        lot.save()
    text = text_of(visit())
    assert "The next date lies in the real future" in text
    assert "Move to the next date" not in text
    before = clock.look().offset
    answer = move(jcs.timestamp(next_date()))
    assert answer.status_code == 409
    assert "The clock cannot be moved past the present." in text_of(answer)
    assert clock.look().offset == before


def test_button_without_its_token_is_refused(house):
    before = clock.look().offset
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(ADDRESS, {"to": jcs.timestamp(next_date())}).status_code == 403
    assert clock.look().offset == before


def test_clock_belongs_to_the_program_while_the_place_is_laid_out(house, kept):
    kept("begun")
    assert "Move to the next date" not in text_of(visit())
    before = clock.look().offset
    answer = move(jcs.timestamp(next_date()))
    assert answer.status_code == 409
    assert "still being played" in text_of(answer)
    assert clock.look().offset == before


def test_move_past_a_suspended_lots_date_is_refused(house):
    at = next_date()
    with guard.writes("test arrangement"):
        Lot.objects.update(state="suspended", suspended_at=clock.now())
    with pytest.raises(Conflict) as refusal:
        move_past(at)
    assert refusal.value.code == "other-date"


# --- people and the route -----------------------------------------------------------------------


def test_cards_show_who_signs_in_how_and_what_can_be_done(house, kept):
    text = text_of(visit())
    for sentence in ("Tenderers", house.bidder.full_name, "open-sesame-1", "p12-word",
                     "/devices/bidder/certificate.p12", "/devices/bidder/keys.json",
                     "Fetch the tender document"):
        assert sentence.lower() in text.lower()
    assert "lost" not in text


def test_passwords_are_shown_only_on_a_moved_clock(house, kept):
    with guard.writes("test arrangement"):
        ClockOffset.objects.update(seconds=0)
    assert "open-sesame-1" not in visit().content.decode()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"ready"', '{"people": []}', '{"state": "ready", "people": [1]}',
     '{"state": "ready", "people": [{"part": "tenderer"}]}',
     '{"state": "ready", "people": [{"part": "a", "username": "b", "password": "c",'
     ' "trustee": 1}]}',
     '{"state": "ready", "route": [{"name": "bid", "lot": "7", "username": "x"}]}'],
)
def test_damaged_file_shows_nobody(house, settings, tmp_path, text):
    settings.DATA = tmp_path
    (tmp_path / "demonstration.json").write_text(text, encoding="utf-8")
    assert "No sign-ins are kept for this place." in text_of(visit())


def test_route_shows_a_stop_only_where_its_lot_serves_it(house, kept):
    stop = {"lot": str(house.lot.pk), "username": house.bidder.username}
    kept(route=[{"name": name, **stop} for name in ("bid", "score", "inspect", "fly")])
    text = text_of(visit())
    assert "Inspect the record" in text
    assert "Bids are coming in" not in text
    assert "Score blind" not in text
    move(jcs.timestamp(next_date()))
    ticking.tick()
    assert "Bids are coming in" in text_of(visit())


def test_route_of_an_unknown_lot_or_person_is_left_out(house, kept):
    kept(route=[
        {"name": "inspect", "lot": str(house.bidder.pk), "username": house.bidder.username},
        {"name": "inspect", "lot": str(house.lot.pk), "username": "nobody-here-either"},
    ])
    assert "The tenders have moved on" in text_of(visit())


# --- the outbox ---------------------------------------------------------------------------------


def send(house, count):
    with guard.writes("test arrangement"):
        for number in range(count):
            Message.objects.create(
                user=house.bidder, template="test", digest="0" * 64, lot=house.lot,
                texts={"zh-hans": {"subject": f"消息 {number:02d}", "body": "<b>正文</b>"},
                       "en": {"subject": f"Message {number:02d}", "body": "<b>text</b>"}},
                sent_at=clock.now() + timedelta(seconds=number),
            )


@pytest.mark.parametrize(("language", "word"), [("en", "Message"), ("zh-hans", "消息")])
def test_outbox_goes_through_all_messages_once_newest_first(house, language, word):
    with guard.writes("test arrangement"):
        Message.objects.all().delete()
    send(house, 23)
    query, seen = "", []
    while True:
        html = visit(language, query=query).content.decode()
        assert "<b>text</b>" not in html and "<b>正文</b>" not in html
        seen += re.findall(rf"<summary><b>{word} (\d\d)</b>", html)
        more = re.search(r'href="(\?after=[^"#]*)#outbox" rel="next"', html)
        if more is None:
            break
        query = more.group(1)
    assert seen == [f"{number:02d}" for number in reversed(range(23))]


def test_outbox_after_a_damaged_cursor_says_so(house):
    answer = visit(query="?after=zzz")
    assert answer.status_code == 400
    assert "This page address is damaged." in text_of(answer)


def test_page_asks_the_database_as_often_for_ten_messages_as_for_one(house, kept):
    with guard.writes("test arrangement"):
        Message.objects.all().delete()
    counts = []
    for more in (1, 9):
        send(house, more)
        with CaptureQueriesContext(connection) as queries:
            visit()
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- the certificate in signing dialogs ----------------------------------------------------------

CERTIFICATE = "/demonstration/certificate.p12"
DIALOG = Template("{% load sunlit %}{% own_certificate %}")


@pytest.fixture
def file(kept, tmp_path):
    """The bidder's certificate file lies where the file of sign-ins says."""
    path = tmp_path / "certificate.p12"
    path.write_bytes(b"key and certificate")
    found = json.loads((tmp_path / "demonstration.json").read_text(encoding="utf-8"))
    found["people"][0]["certificate"] = str(path)
    (tmp_path / "demonstration.json").write_text(json.dumps(found), encoding="utf-8")
    return path


def dialog(person) -> str:
    return DIALOG.render(Context({"user": person})).strip()


def test_certificate_is_its_owner_s_alone(house, file):
    answer = as_(house.bidder, "en").get(CERTIFICATE)
    assert b"".join(answer.streaming_content) == b"key and certificate"
    assert answer["Content-Disposition"].startswith("attachment; ")
    for who in (None, house.buyer, house.supervisor, house.operator):
        assert as_(who, "en").get(CERTIFICATE).status_code == 404


def test_certificate_missing_or_in_production_is_not_there(house, file, settings):
    settings.PRODUCTION = True
    assert as_(house.bidder, "en").get(CERTIFICATE).status_code == 404
    settings.PRODUCTION = False
    file.unlink()
    assert as_(house.bidder, "en").get(CERTIFICATE).status_code == 404


def test_dialog_offers_their_own_certificate_to_invented_people_alone(house, file, settings):
    assert f'href="{CERTIFICATE}"' in dialog(house.bidder)
    assert "p12-word" in dialog(house.bidder)
    assert dialog(house.buyer) == dialog(AnonymousUser()) == ""
    settings.PRODUCTION = True
    assert dialog(house.bidder) == ""
