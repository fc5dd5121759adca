"""The opening hall's page: what each may see and do there, before, during and after."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bidding.domain import hall
from bidding.models import RoomEvent
from signatures.domain import clock, guard, jcs
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of

pytestmark = pytest.mark.django_db


def address(opening) -> str:
    return reverse("opening", args=[opening.lot.project.code, opening.lot.number])


def page(opening, person=None, language="en", query=""):
    return as_(person, language).get(address(opening) + query)


def forms(answer) -> list[str]:
    """The commands that the page offers."""
    return re.findall(r'data-do="([a-z-]+)"', answer.content.decode())


def post(opening, person, command, language="en", **fields):
    return as_(person, language).post(address(opening), {"do": command, **fields})


def files(signed: dict[str, str]) -> dict[str, SimpleUploadedFile]:
    return {
        name: SimpleUploadedFile(f"{name}.bin", base64.b64decode(text))
        for name, text in signed.items()
    }


def attended(opening, *people) -> None:
    for person in people:
        opening.say("attend", person, **opening.attendance(person))


# --- before --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The hall opens by itself as soon as the bids are frozen."),
        ("zh-hans", "投标一经封存，大厅自动开放。"),
    ],
)
def test_page_without_a_hall_says_what_will_happen(opening, language, sentence):
    answer = page(opening, None, language)
    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert "data-socket" not in answer.content.decode()


def test_page_before_the_opening_time_names_it(opening):
    with guard.writes("test arrangement"):
        lot = opening.lot
        lot.stage = "BIDDING"
        lot.dates = {**lot.dates, "opening": jcs.timestamp(clock.now() + timedelta(days=3))}
        lot.save()
    text = text_of(page(opening))
    assert "The bids are opened at" in text
    assert "Until then nobody sees how many there are." in text


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("suspended", "The procedure stands still"),
        ("terminated", "Bids that were handed in stay sealed."),
        ("failed", "Bids that were handed in stay sealed."),
    ],
)
def test_page_of_a_lot_that_stands_still_says_so(opening, state, sentence):
    since = clock.now() if state == "suspended" else None
    with guard.writes("test arrangement"):
        opening.lot.state, opening.lot.suspended_at = state, since
        opening.lot.save()
    assert sentence in text_of(page(opening))


@pytest.mark.parametrize("path", ["lots/2/opening/", "lots/2/opening/attendance.json"])
def test_unknown_lot_is_not_found(opening, path):
    found = as_(None).get(f"/projects/{opening.lot.project.code}/{path}")
    assert found.status_code == 404


def test_lot_that_is_not_published_has_no_page_for_the_public(opening):
    with guard.writes("test arrangement"):
        opening.lot.published_at = None
        opening.lot.save()
    assert page(opening).status_code == 404
    assert page(opening, opening.host).status_code == 200


# --- watching ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_reads_the_hall_as_it_stands_without_a_line(opening, language):
    opening.hold()
    answer = page(opening, None, language)
    html, text = answer.content.decode(), text_of(answer)
    assert answer.status_code == 200
    for bid in opening.bids:
        assert bid.tenderer.name in text
    assert "data-socket" not in html
    assert "hall.js" not in html
    assert forms(answer) == []


def test_signed_in_watcher_gets_the_line_and_no_command(opening):
    opening.hold()
    stranger = floor.person("路人")
    answer = page(opening, stranger)
    assert f'data-socket="/ws/rooms/opening/{opening.room.pk}/"' in answer.content.decode()
    assert forms(answer) == []


def test_names_are_not_shown_before_the_list_is_published(opening):
    opening.freeze()
    text = text_of(page(opening))
    assert "4 bids" in text
    assert [bid.tenderer.name in text for bid in opening.bids] == [False] * 4


def test_shares_are_counted_by_trustee_and_slot(opening):
    opening.freeze()
    opening.tell("gate", slot=1, bids=[str(bid.pk) for bid in opening.bids])
    holder = opening.keeper.memberships.get().organisation
    for bid in opening.bids[:3]:
        opening.tell("share", bid=str(bid.pk), slot=1, holder=holder.urn, shares=1, needed=3)
    text = text_of(page(opening))
    assert f"{holder.name} In part" in text
    assert "Opening sheet 3/4" in text
    assert f"Shares {holder.name} , Opening sheet, 3 shares" in text


def test_price_that_opens_in_the_hall_stands_in_figures_and_capitals(opening):
    opening.hold()
    bid = opening.bids[3]
    opening.tell(
        "price", bid=str(bid.pk), slot=4, tenderer=bid.tenderer.urn, name=bid.tenderer.name,
        facts={"price": "42186500.00", "currency": "CNY"}, problem="", digest="ab" * 32,
    )
    text = text_of(page(opening, None, "zh-hans"))
    assert "42,186,500.00" in text
    assert "人民币肆仟贰佰壹拾捌万陆仟伍佰元整" in text


def test_sheet_that_could_not_be_read_is_shown_as_such(opening):
    opening.freeze()
    opening.say("start", opening.host)
    bid = opening.bids[0]
    opening.tell(
        "sheet", bid=str(bid.pk), slot=1, tenderer=bid.tenderer.urn, name=bid.tenderer.name,
        facts=None, problem="not-in-its-form", digest="",
    )
    opening.say("read-out", opening.host, bid=str(bid.pk))
    assert "Sheet: not of its form" in text_of(page(opening))


def test_bid_that_was_lost_is_set_aside_with_its_reason(opening):
    opening.freeze()
    opening.say("start", opening.host)
    opening.lose(1)
    text = text_of(page(opening))
    assert "Set aside" in text
    assert "Revoked: not opened by the tenderer&#x27;s own fault" in text


def test_what_users_wrote_is_never_markup(opening):
    opening.hold()
    opening.say("object", opening.bidders[0], text="<script>alert(1)</script>")
    html = page(opening, opening.host).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_presence_is_for_supervisors_alone(opening):
    opening.freeze()
    shown = {
        who: "In the room now" in text_of(page(opening, getattr(opening, who, None)))
        for who in ("supervisor", "host", "notary", "nobody")
    }
    assert shown == {"supervisor": True, "host": False, "notary": False, "nobody": False}


def test_part_for_a_standing_page_is_the_same_state_without_the_frame(opening):
    opening.hold()
    answer = page(opening, opening.host, query="?part=live")
    html = answer.content.decode()
    assert "<html" not in html
    assert f'data-seq="{opening.room.seq}"' in html
    assert re.findall(r'data-part="(\w+)"', html) == ["steps", "act", "queue", "sheet", "log"]


# --- commands without JavaScript -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("host", ["start", "attend"]),
        ("supervisor", ["attend"]),
        ("notary", ["attend"]),
        ("keeper", ["attend"]),
        ("tenderer", ["attend"]),
    ],
)
def test_commands_before_the_start_are_offered_by_role(opening, who, offered):
    opening.freeze()
    person = opening.bidders[0] if who == "tenderer" else getattr(opening, who)
    assert forms(page(opening, person)) == offered


def test_host_reads_out_until_nothing_is_missing_then_closes(opening):
    opening.freeze()
    assert post(opening, opening.host, "start").status_code == 302
    for number in range(4):
        opening.open_sheet(number)
    for _turn in range(4):
        answer = page(opening, opening.host)
        bid = re.search(r'name="bid" value="([0-9a-f-]+)"', answer.content.decode()).group(1)
        assert "close" not in forms(answer)
        assert post(opening, opening.host, "read-out", bid=bid).status_code == 302
    assert forms(page(opening, opening.host)) == ["close", "attend"]
    assert post(opening, opening.host, "close").status_code == 302
    closed = page(opening, opening.host)
    assert (opening.refresh().stage, forms(closed)) == ("EVALUATION", [])
    assert "Record of the opening" in text_of(closed)
    assert "data-socket" not in closed.content.decode()


def test_tenderer_objects_and_the_host_answers(opening):
    opening.hold()
    assert post(opening, opening.bidders[0], "object", text="工期有误").status_code == 302
    assert forms(page(opening, opening.host)) == ["answer", "attend"]
    assert post(opening, opening.host, "answer", objection="1", text="已核对").status_code == 302
    assert hall.whole(opening.room)["objections"][0]["answer"] == "已核对"


def test_tenderer_attends_and_confirms_with_signed_files(opening):
    opening.hold()
    person = opening.bidders[0]
    first = post(opening, person, "attend", **files(opening.attendance(person)))
    second = post(opening, person, "confirm", **files(opening.confirmation(0)))
    assert (first.status_code, second.status_code) == (302, 302)
    state = hall.whole(opening.room)
    assert [each["person"] for each in state["attended"]] == [person.urn]
    assert [each["bid"] for each in state["confirmed"]] == [str(opening.bids[0].pk)]
    assert forms(page(opening, person)) == ["object"]


def test_form_sent_twice_is_done_once(opening):
    opening.hold()
    client = as_(opening.bidders[0])
    fields = {"do": "object", "text": "一次", "once": "3f9c1c1e-0000-4000-8000-000000000001"}
    assert [client.post(address(opening), fields).status_code for _ in range(2)] == [302, 302]
    assert len(hall.whole(opening.room)["objections"]) == 1


@pytest.mark.parametrize(
    ("who", "command", "fields", "status"),
    [
        (None, "start", {}, 403),
        ("supervisor", "start", {}, 403),
        ("keeper", "read-out", {"bid": "own"}, 403),
        ("host", "object", {"text": "x"}, 403),
        ("supervisor", "object", {"text": "x"}, 403),
        ("host", "answer", {"objection": "7", "text": "x"}, 404),
        ("host", "start", {}, 409),
        ("host", "read-out", {"bid": "own"}, 409),
        ("supervisor", "close", {}, 403),
        ("host", "object", {"text": " "}, 400),
        ("host", "object", {"text": "x" * 2001}, 400),
        ("host", "answer", {"objection": "x", "text": "x"}, 400),
        ("host", "read-out", {"bid": "x"}, 400),
        ("host", "read-out", {}, 400),
        ("host", "attend", {}, 400),
        ("host", "expel", {}, 400),
        ("host", "", {}, 400),
    ],
)
def test_command_that_may_not_be_leaves_no_event(opening, who, command, fields, status):
    opening.hold()
    if fields.get("bid") == "own":
        fields = {"bid": str(opening.bids[0].pk)}
    before = RoomEvent.objects.count()
    person = getattr(opening, who) if who else None
    answer = post(opening, person, command, **fields)
    assert (answer.status_code, RoomEvent.objects.count()) == (status, before)


def test_refusal_is_explained_and_what_was_typed_is_kept(opening):
    opening.hold()
    answer = post(opening, opening.bidders[0], "object", text="x" * 2001)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "Say it in at most 2000 characters." in text_of(answer)
    assert "x" * 2001 in html
    assert '<a href="#object-text">' in html


def test_signature_by_somebody_else_is_refused(opening):
    opening.freeze()
    signed = opening.attendance(opening.bidders[0])
    answer = post(opening, opening.bidders[1], "attend", **files(signed))
    assert answer.status_code == 403
    assert hall.whole(opening.room)["attended"] == []


def test_file_that_is_too_large_is_named(opening):
    opening.freeze()
    large = SimpleUploadedFile("statement.json", b"x" * 30_000)
    answer = post(
        opening, opening.host, "attend", statement=large,
        signature=SimpleUploadedFile("s.p7s", b"x"),
    )
    assert answer.status_code == 400
    assert "larger than any statement or signature" in text_of(answer)


# --- what is signed ------------------------------------------------------------------------------


def statement(opening, person, what, query=""):
    names = [opening.lot.project.code, opening.lot.number, what]
    return as_(person).get(reverse("opening-statement", args=names) + query)


def test_statement_of_attendance_names_lot_room_and_organisation(opening):
    opening.freeze()
    person = opening.bidders[0]
    value = jcs.loads(statement(opening, person, "attendance").content, canonical=True)
    assert {name: value[name] for name in ("purpose", "lot", "room", "organisation")} == {
        "purpose": "sunlit.attendance/1",
        "lot": opening.lot.urn,
        "room": opening.room.urn,
        "organisation": person.memberships.get().organisation.urn,
    }


def test_statement_of_confirmation_names_the_sheet_that_was_read(opening):
    opening.hold()
    attended(opening, opening.bidders[2])
    value = jcs.loads(statement(opening, opening.bidders[2], "confirmation").content)
    bid = opening.bids[2]
    assert (value["bid"], value["sheet"]) == (bid.urn, opening.sheets[str(bid.pk)]["digest"])


@pytest.mark.parametrize(
    ("who", "what", "query", "status"),
    [
        (None, "attendance", "", 403),
        ("stranger", "attendance", "", 404),
        ("bidder", "confirmation", "", 404),
        ("bidder", "anything", "", 404),
        ("bidder", "attendance", "?for=org:00000000-0000-0000-0000-000000000000", 403),
    ],
)
def test_statement_is_made_only_for_who_can_use_it(opening, who, what, query, status):
    opening.freeze()
    people = {None: None, "stranger": floor.person("路人"), "bidder": opening.bidders[0]}
    assert statement(opening, people[who], what, query).status_code == status


# --- the way in ----------------------------------------------------------------------------------


def test_project_page_leads_to_the_hall(opening):
    opening.hold()
    answer = as_(None, "en").get(reverse("project", args=[opening.lot.project.code]))
    assert address(opening) in answer.content.decode()
    assert "Live now" in text_of(answer)
    assert "4 of 4 sheets read out." in text_of(answer)
