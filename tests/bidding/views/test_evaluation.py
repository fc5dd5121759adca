"""The evaluation's page: what each may see and do there, before, in and after the room."""

from __future__ import annotations

import base64
import copy
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bidding import record_tasks
from bidding.domain import evaluation
from bidding.models import RoomEvent, Score, ScoreSheet, Seat
from signatures.domain import guard, jcs
from tests.bidding import drawn
from tests.bidding.came import asks, came_with
from tests.bidding.drawn import Drawn
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of

pytestmark = pytest.mark.django_db
CELL = "T01|plan"


@pytest.fixture(scope="module")
def pooled(standing, django_db_blocker) -> dict:
    with django_db_blocker.unblock():
        return drawn.build(standing, experts=8).experts


@pytest.fixture
def world(opening, pooled) -> Drawn:
    return Drawn(opening=opening, experts=copy.copy(pooled))


def path(world, name="evaluation", *more) -> str:
    return reverse(name, args=[world.opening.lot.project.code, world.opening.lot.number, *more])


def page(world, person=None, language="en", query=""):
    return as_(person, language).get(path(world) + query)


def forms(answer) -> list[str]:
    """The commands that the page offers, each once."""
    found = re.findall(r'(?:data-do|data-sheet|data-sign-document)="([\w-]+)"', answer.text)
    return list(dict.fromkeys(found))


def post(world, person, command, language="en", **fields):
    return as_(person, language).post(path(world), {"do": command, **fields})


def files(signed) -> dict[str, SimpleUploadedFile]:
    return {
        name: SimpleUploadedFile(f"{name}.bin", base64.b64decode(text))
        for name, text in signed.items()
    }


def names(world) -> list[str]:
    return [bid.tenderer.name for bid in world.opening.bids]


# --- outside the room ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_course_before_a_committee_says_what_will_happen(world, language):
    answer = page(world, None, language)
    assert answer.status_code == 200
    assert len(re.findall(r'<li class="step ', answer.text)) == 6
    assert "data-socket" not in answer.text


@pytest.mark.parametrize("who", [None, "host", "bidder", "keeper", "undrawn"])
def test_those_outside_see_the_course_and_neither_room_nor_members(world, who):
    members = world.begin()
    people = {
        None: None,
        "host": world.opening.host,
        "bidder": world.opening.bidders[0],
        "keeper": world.opening.keeper,
        "undrawn": list(world.experts.values())[7],
    }
    answer = page(world, people[who])
    text = text_of(answer)
    assert answer.status_code == 200
    assert "Course of the evaluation" in text
    assert "5 seats, 5 taken, 5 declared" in text
    for hidden in ("data-socket", *(one.full_name for one in members)):
        assert hidden not in answer.text
    # "T01:30" is a moment of the page, and no bid's code.
    assert not re.search(r"T01(?!:)", answer.text)
    part = page(world, people[who], query="?part=live")
    assert "data-live" not in part.text


def test_alternate_who_was_not_called_is_told_nothing(world):
    world.begin()
    alternate = list(world.experts.values())[5]
    assert Seat.objects.filter(user=alternate).exists()
    assert "invited" not in page(world, alternate).text
    assert as_(alternate).get(path(world, "evaluation-declaration")).status_code == 403


@pytest.mark.parametrize("place", ["lots/2/evaluation/", "lots/2/evaluation/declaration/"])
def test_unknown_lot_is_not_found(world, place):
    found = as_(world.opening.host).get(f"/projects/{world.opening.lot.project.code}/{place}")
    assert found.status_code == 404


# --- in the room ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_member_finds_bids_under_codes_documents_and_an_open_sheet(world, language):
    members = world.begin()
    answer = page(world, members[0], language)
    assert answer.status_code == 200
    assert f'data-socket="/ws/rooms/evaluation/{world.room.pk}/"' in answer.text
    assert len(re.findall(r'data-cell="', answer.text)) == 12
    assert forms(answer) == [
        "join", "elect-chair", "ask-more-time", "T01", "reject", "T02", "T03", "T04",
    ]
    for code in ("T01", "T02", "T03", "T04"):
        assert f"{code}-1.pdf" in answer.text
    assert not [name for name in names(world) if name in answer.text]


def test_supervisor_watches_without_points_or_commands(world):
    members = world.begin()
    world.say("score", members[0], bid="T01", criterion="plan", points="31.41")
    answer = page(world, world.opening.supervisor)
    assert "You watch as supervisor" in text_of(answer)
    assert forms(answer) == []
    assert "31.41" not in answer.text
    assert "data-cell" not in answer.text
    assert not [name for name in names(world) if name in answer.text]


def test_own_points_are_shown_and_nobody_else_s(world):
    members = world.begin()
    world.say("score", members[0], bid="T01", criterion="plan", points="31.41")
    world.say("score", members[1], bid="T01", criterion="plan", points="27.18")
    own = page(world, members[0]).text
    assert 'value="31.41"' in own
    assert "27.18" not in own


def test_part_for_a_standing_page_has_the_parts_of_the_page(world):
    members = world.begin()
    whole, part = page(world, members[0]), page(world, members[0], query="?part=live")
    parts = [
        "steps", "act", "ask", "time", "clarifications", "queue", "committee", "log", "document",
        "sheet",
    ]
    assert re.findall(r'data-part="(\w+)"', whole.text) == parts
    assert re.findall(r'data-part="(\w+)"', part.text) == parts
    assert "<html" not in part.text


def test_what_members_wrote_is_never_markup(world):
    members = world.begin()
    world.say("reject", members[0], bid="T01", reason="<script>alert(1)</script>")
    text = page(world, members[1]).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_room_of_a_suspended_lot_offers_nothing(world):
    members = world.begin()
    with guard.writes("test arrangement"):
        lot = world.opening.lot
        lot.state, lot.suspended_at = "suspended", lot.stage_since
        lot.save()
    answer = page(world, members[0])
    assert forms(answer) == ["T01", "T02", "T03", "T04"]
    assert "data-cell" not in answer.text
    assert "The procedure stands still" in text_of(answer)


# --- commands without JavaScript -----------------------------------------------------------------


def test_points_of_a_bid_are_saved_together(world):
    member = world.begin()[0]
    fields = {"bid": "T02", "points-plan": "31.5", "points-quality": "", "points-team": "20"}
    answer = post(world, member, "score", **fields)
    assert (answer.status_code, answer.url) == (302, f"{path(world)}?bid=T02#sheet-T02")
    found = Score.objects.order_by("criterion").values_list("code", "criterion", "points")
    assert [(code, name, str(value)) for code, name, value in found] == [
        ("T02", "plan", "31.50"), ("T02", "team", "20.00"),
    ]
    again = post(world, member, "score", **fields)
    assert again.status_code == 302
    assert RoomEvent.objects.filter(kind="scored").count() == 2


@pytest.mark.parametrize("typed", ["41", "-1", "x", "1.234", "1e3", "NaN"])
def test_points_that_are_none_are_explained_at_their_field_and_kept(world, typed):
    member = world.begin()[0]
    answer = post(world, member, "score", **{"bid": "T02", "points-plan": typed})
    assert answer.status_code == 400
    assert f'value="{typed}"' in answer.text
    assert "Points are from 0 to 40, with at most two decimals." in text_of(answer)
    assert '<a href="#T02-points-plan">' in answer.text
    assert not Score.objects.exists()


def test_member_elects_moves_to_reject_and_signs_in(world):
    members = world.begin()
    assert post(world, members[0], "join").status_code == 302
    for one in members[:3]:
        answer = post(world, one, "elect-chair", member=members[0].urn)
        assert answer.status_code == 302
    moved = post(world, members[1], "reject", bid="T03", reason="缺少关键页")
    assert moved.status_code == 302
    text = text_of(page(world, members[2]))
    assert "缺少关键页" in text
    assert "1 member moves to reject it" in text
    assert forms(page(world, members[0])) == [
        "ask-clarification", "ask-more-time", "T01", "reject", "T02", "T03", "T04",
    ]


def test_sheet_is_frozen_by_signed_files(world):
    member = world.begin()[0]
    world.write(member, 0)
    names_ = [world.opening.lot.project.code, world.opening.lot.number]
    said = jcs.loads(as_(member).get(reverse("evaluation-sheet", args=names_)).content)
    assert said["purpose"] == "sunlit.score-sheet/1"
    signed = world.sheet_statement(member)
    assert post(world, member, "freeze-sheet", **files(signed)).status_code == 302
    assert ScoreSheet.objects.get(seat__user=member).frozen_at is not None
    frozen = page(world, member)
    assert "data-cell" not in frozen.text
    assert "4 sheets are not frozen yet." in text_of(frozen)
    assert as_(member).get(reverse("evaluation-sheet", args=names_)).status_code == 404


def test_results_names_and_prices_are_shown_once_frozen(world):
    members = world.scored()
    assert forms(page(world, members[3]))[:2] == ["join", "freeze-scores"]
    assert post(world, members[0], "freeze-scores").status_code == 302
    for person in (members[0], world.opening.supervisor):
        text = text_of(page(world, person))
        assert all(name in text for name in names(world))
        assert "E5" in text
    assert "compute-scores" not in forms(page(world, members[0]))
    world.opening.open_prices()
    assert "compute-scores" in forms(page(world, members[0]))
    assert post(world, members[0], "compute-scores").status_code == 302
    text = text_of(page(world, members[1], "zh-hans"))
    assert "元" in text
    assert "dissent" in forms(page(world, members[1]))
    assert post(world, members[1], "dissent", text="有保留").status_code == 302
    assert "有保留" in text_of(page(world, world.opening.supervisor))


def test_committee_learns_what_came_with_the_bids_with_the_names_and_not_before(world):
    members = world.scored()
    came_with(world.opening)
    asks(world.opening)
    words = ("What came with the bids", "泰安银行", "滨海机电有限公司", "deposit", "90,000")
    for person in (members[0], world.opening.supervisor, None, world.opening.bidders[0]):
        assert not any(one in page(world, person).text for one in words)
    assert post(world, members[0], "freeze-scores").status_code == 302
    for person in (None, world.opening.bidders[0]):
        assert not any(one in page(world, person).text for one in words)
    for person in (members[0], world.opening.supervisor):
        text = text_of(page(world, person))
        first, second, third, fourth = (
            text.split("What came with the bids")[1].split(f"{world.code_of(number)} ")[1]
            for number in range(4)
        )
        told = f"{names(world)[0]}, 滨海机电有限公司; does not hold: a member&#x27;s signature"
        assert f"{told}, a member bids in another way too" in first
        assert "CNY 90,000.00 paid in, received on 2026-03-30" in first
        assert "CNY 60,000.00, 泰安银行; does not hold: amount" in second
        assert "CNY 90,000.00, 泰安银行; every check holds" in third
        assert "No guarantee in the bid, and no deposit is recorded." in fourth
    said = text_of(page(world, members[0], "zh-hans"))
    assert "成员签名、成员另以其他方式参加" in said
    assert "随投标文件递交 开标核验结果" in said


def test_nothing_is_said_of_what_was_not_asked_and_did_not_come(world):
    members = world.scored()
    assert post(world, members[0], "freeze-scores").status_code == 302
    assert "What came with the bids" not in page(world, members[0]).text


def test_report_waits_for_every_member_s_signature(world):
    members = world.computed()
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    assert "write-report" not in forms(page(world, members[1]))
    assert post(world, members[1], "write-report").status_code == 403
    assert post(world, members[0], "write-report").status_code == 302
    assert "The report is being laid out" in text_of(page(world, members[1]))
    record_tasks.prepare_evaluation_report.call(str(evaluation.get(world.lot).pk))
    for number, one in enumerate(members, start=1):
        answer = page(world, one)
        assert f'data-field="Member-{number}"' in answer.text
        assert all(other.full_name in text_of(answer) for other in members)
    watched = page(world, world.opening.supervisor)
    assert "data-sign-document" not in watched.text
    assert "These members have not signed yet" in text_of(watched)


@pytest.mark.parametrize(
    ("who", "command", "fields", "status"),
    [
        (None, "join", {}, 403),
        ("host", "join", {}, 403),
        ("bidder", "score", {"bid": "T01", "points-plan": "1"}, 403),
        ("undrawn", "elect-chair", {"member": "own"}, 403),
        ("supervisor", "join", {}, 403),
        ("supervisor", "freeze-scores", {}, 403),
        ("supervisor", "score", {"bid": "T01", "points-plan": "1"}, 403),
        ("member", "score", {"bid": "T09", "points-plan": "1"}, 404),
        ("member", "score", {"points-plan": "1"}, 404),
        ("member", "elect-chair", {"member": "user:1"}, 400),
        ("member", "elect-chair", {}, 400),
        ("member", "reject", {"bid": "T01", "reason": " "}, 400),
        ("member", "reject", {"bid": "T01", "reason": "x" * 2001}, 400),
        ("member", "reject", {"bid": "T77", "reason": "x"}, 404),
        ("member", "freeze-sheet", {}, 400),
        ("member", "freeze-scores", {}, 409),
        ("member", "compute-scores", {}, 409),
        ("member", "dissent", {"text": "x"}, 409),
        ("member", "write-report", {}, 409),
        ("member", "expel", {}, 400),
        ("member", "", {}, 400),
    ],
)
def test_command_that_may_not_be_leaves_no_event(world, who, command, fields, status):
    members = world.begin()
    people = {
        None: None,
        "member": members[0],
        "host": world.opening.host,
        "supervisor": world.opening.supervisor,
        "bidder": world.opening.bidders[0],
        "undrawn": list(world.experts.values())[7],
    }
    if fields.get("member") == "own":
        fields = {"member": members[0].urn}
    before = (RoomEvent.objects.count(), Score.objects.count())
    answer = post(world, people[who], command, **fields)
    assert (answer.status_code, RoomEvent.objects.count(), Score.objects.count()) == (
        status, *before,
    )


# --- documents -----------------------------------------------------------------------------------


def test_blind_pages_are_for_those_who_may_read_the_document(world):
    members = world.begin()
    exhibit = next(iter(evaluation_documents(world)))
    places = (path(world, "blind-document", exhibit.pk), path(world, "blind-page", exhibit.pk, 1))
    for person in (None, world.opening.host, world.opening.bidders[0]):
        assert [as_(person).get(each).status_code for each in places] == [404, 404]
    # The world's documents are no real PDFs: the sandbox says so, and nothing falls over.
    assert [as_(members[0]).get(each).status_code for each in places] == [400, 400]
    assert as_(members[0]).get(path(world, "blind-page", exhibit.pk, 0)).status_code == 404


def test_no_other_exhibit_comes_as_blind_pages(world):
    members = world.begin()
    other = floor_exhibit(world)
    assert as_(members[0]).get(path(world, "blind-document", other.pk)).status_code == 404


def evaluation_documents(world):
    from trading.models import Exhibit

    return Exhibit.objects.filter(lot=world.opening.lot, kind=evaluation.DOCUMENT)


def floor_exhibit(world):
    from trading.models import Exhibit

    return Exhibit.objects.filter(lot=world.opening.lot).exclude(kind=evaluation.DOCUMENT).first()


# --- declaring -----------------------------------------------------------------------------------


def undeclare(world, person) -> None:
    with guard.writes("test arrangement"):
        Seat.objects.filter(user=person).update(declared_at=None, conflict=None)


def test_invited_person_reads_the_parties_and_declares(world):
    person = world.begin()[0]
    undeclare(world, person)
    assert "Read the parties and declare" in text_of(page(world, person))
    client, where = as_(person, "en"), path(world, "evaluation-declaration")
    text = text_of(client.get(where))
    assert all(name in text for name in names(world))
    written = client.post(where, {"conflict": "none", "step": "write"})
    statement = re.search(r"data-statement>([^<]*)<", written.text).group(1)
    said = jcs.loads(statement.replace("&quot;", '"'))
    assert {name: said[name] for name in ("purpose", "conflict", "reason", "lot")} == {
        "purpose": "sunlit.conflict/1", "conflict": False, "reason": "",
        "lot": world.opening.lot.urn,
    }
    signed = files(world.declaration(person))
    sent = {
        "conflict": "none", "step": "sign",
        "statement": signed["statement"].read().decode(), "signature": signed["signature"],
    }
    assert client.post(where, sent).status_code == 302
    assert Seat.objects.get(user=person).conflict is False


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Say whether there is a conflict."),
        ({"conflict": "maybe"}, "Say whether there is a conflict."),
        ({"conflict": "some"}, "Say what ties you to them."),
        ({"conflict": "none", "reason": "我曾"}, "Without a conflict there is no reason."),
        ({"conflict": "some", "reason": "x" * 501}, "Say it in at most 500 characters."),
    ],
)
def test_declaration_that_is_not_right_is_explained_and_kept(world, fields, sentence):
    person = world.begin()[0]
    undeclare(world, person)
    answer = as_(person, "en").post(
        path(world, "evaluation-declaration"), {"step": "write", **fields}
    )
    assert answer.status_code == 400
    assert sentence in text_of(answer)
    assert fields.get("reason", "") in answer.text
    assert "data-statement" not in answer.text


def test_declaration_that_was_changed_after_the_statement_is_not_taken(world):
    person = world.begin()[0]
    undeclare(world, person)
    signed = files(world.declaration(person))
    answer = as_(person, "en").post(
        path(world, "evaluation-declaration"),
        {
            "conflict": "some", "reason": "曾任顾问", "step": "sign",
            "statement": signed["statement"].read().decode(), "signature": signed["signature"],
        },
    )
    assert answer.status_code == 400
    assert "Sign the new one." in text_of(answer)
    assert Seat.objects.get(user=person).declared_at is None


@pytest.mark.parametrize("who", [None, "host", "supervisor", "bidder"])
def test_declaring_is_for_members_alone(world, who):
    world.begin()
    people = {
        None: None, "host": world.opening.host, "supervisor": world.opening.supervisor,
        "bidder": world.opening.bidders[0],
    }
    assert as_(people[who]).get(path(world, "evaluation-declaration")).status_code == 403


# --- the way in, the desk ------------------------------------------------------------------------


def test_project_page_leads_members_into_the_room_and_others_to_the_course(world):
    members = world.begin()
    project = reverse("project", args=[world.opening.lot.project.code])
    inside, outside = (text_of(as_(one, "en").get(project)) for one in (members[0], None))
    assert "Enter the evaluation room" in inside
    assert "Enter the evaluation room" not in outside
    assert "Course of the evaluation" in outside


def test_desk_of_an_evaluator_names_what_is_theirs_to_do(world):
    members = world.begin()
    desk = as_(members[0], "en").get(reverse("desk"))
    assert "Score the bids: 0 of 12 done" in text_of(desk)
    assert path(world) in desk.text
    world.write(members[0], 0)
    assert "Freeze your sheet" in text_of(as_(members[0], "en").get(reverse("desk")))
    world.freeze_sheet(members[0])
    assert "Other members still score" in text_of(as_(members[0], "en").get(reverse("desk")))
    for name in ("invitations", "sheets", "reports", "awaited", "over"):
        assert as_(members[0]).get(reverse("desk-figure", args=[name])).status_code == 200


def test_desk_is_not_for_those_outside_the_pool(world):
    world.begin()
    assert as_(floor.person("路人")).get(reverse("desk")).status_code == 403
