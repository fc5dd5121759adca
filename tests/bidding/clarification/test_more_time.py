"""More time: each member asks once, over a third make the tenderee extend it, nobody else can."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from bidding.domain import more_time, room_state
from bidding.models import Evaluation
from signatures.domain import clock, guard, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.opened import events
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Lot, Message

pytestmark = pytest.mark.django_db
REASON = "施工图较多，两日不足以审阅。"


def state(case):
    return (*case.state(), list(Evaluation.objects.values()))


def ask(case, *members) -> dict:
    found = {}
    for one in members:
        found = case.world.say("ask-more-time", one)
    return found


def extend(case, by, hours=24, reason=REASON):
    act = more_time.ExtendEvaluation(lot=case.lot.pk, hours=hours, reason=reason)
    return dispatch(act, actor=Actor.person(by)).result


def refused(case, kind, call) -> str:
    before = state(case)
    with pytest.raises(kind) as caught:
        call()
    assert state(case) == before
    return caught.value.code


def path(case, name="evaluation-time") -> str:
    return reverse(name, args=[case.lot.project.code, case.lot.number])


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "size", "enough"),
    [(1, 5, False), (2, 5, True), (2, 7, False), (3, 7, True), (3, 9, False), (4, 9, True)],
)
def test_more_than_a_third_suffice_and_a_third_does_not(case, asked, size, enough):
    assert more_time.suffices(case.lot, asked, size) is enough


def test_second_of_five_makes_the_tenderee_extend(case):
    first = ask(case, case.members[1])
    assert (first["asked"], first["of"], first["suffices"]) == (1, 5, False)
    assert Evaluation.objects.get().more_time_at is None
    assert not Message.objects.filter(template="more-time-asked").exists()
    second = ask(case, case.members[2])
    assert (second["asked"], second["suffices"]) == (2, True)
    assert Evaluation.objects.get().more_time_at is not None
    sent = Message.objects.filter(template="more-time-asked")
    assert [each.user for each in sent] == [case.world.opening.host]
    ask(case, case.members[3])
    assert Message.objects.filter(template="more-time-asked").count() == 1
    assert [event.data["asked"] for event in events(case.world.room, "more-time")] == [1, 2, 3]


def test_member_asks_once_until_the_time_is_extended(case):
    ask(case, *case.members[:2])
    assert refused(case, Refused, lambda: ask(case, case.members[0])) == "already-asked"
    extend(case, case.world.opening.host)
    assert room_state.state(case.world.room)["more_time"] == []
    assert ask(case, case.members[0])["asked"] == 1


def test_tenderee_learns_nothing_of_who_asked(case):
    ask(case, *case.members[:3])
    host = case.world.opening.host
    organisation = host.memberships.get().organisation
    held = [
        json.dumps(each.entry) for each in LedgerOpening.objects.all()
        if {host.urn, organisation.urn} & set(each.owners)
    ]
    written = [json.dumps(each.texts, ensure_ascii=False) for each in Message.objects.all()]
    page = as_(host).get(path(case)).text
    for text in (*held, *written, page):
        for member in case.members:
            assert member.urn not in text
            assert member.full_name not in text
    leaf = LedgerEntry.objects.order_by("index").last()
    assert set(json.loads(bytes(leaf.data))) == {"at", "c", "v"}


@pytest.mark.parametrize("who", ["alternate", "supervisor", "host", "bidder", "notary", "keeper"])
def test_nobody_but_members_asks(case, who):
    opening = case.world.opening
    people = {
        "alternate": list(case.world.experts.values())[5], "supervisor": opening.supervisor,
        "host": opening.host, "bidder": opening.bidders[0], "notary": opening.notary,
        "keeper": opening.keeper,
    }
    assert refused(case, Denied, lambda: ask(case, people[who])) == "wrong-role"


@pytest.mark.parametrize("stage", ["BIDDING", "OPENING", "CANDIDATES", "AWARD"])
def test_asking_and_extending_belong_to_the_evaluation(case, stage):
    ask(case, *case.members[:2])
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=case.lot.pk).update(stage=stage)
    assert refused(case, Refused, lambda: ask(case, case.members[2])) == "wrong-stage"
    assert refused(case, Refused, lambda: extend(case, case.world.opening.host)) == "wrong-stage"


def test_nothing_is_asked_or_extended_once_the_report_is_laid_out(case):
    ask(case, *case.members[:2])
    with guard.writes("test arrangement"):
        Evaluation.objects.update(report_at=clock.now())
    assert refused(case, Refused, lambda: ask(case, case.members[2])) == "report-laid-out"
    host = case.world.opening.host
    assert refused(case, Refused, lambda: extend(case, host)) == "report-laid-out"


# --- extending -----------------------------------------------------------------------------------


def test_time_is_extended_from_the_planned_end(case):
    row = Evaluation.objects.get()
    planned = more_time.planned_end(row)
    ask(case, *case.members[:2])
    done = extend(case, case.world.opening.host, hours=6)
    row.refresh_from_db()
    assert (row.until, row.more_time_at) == (planned + timedelta(hours=6), None)
    assert done == {"until": jcs.timestamp(row.until)}
    [event] = events(case.world.room, "extended")
    assert (event.actor, event.data) == (
        case.world.room.urn, {"hours": 6, "until": done["until"], "reason": REASON},
    )
    leaf = LedgerEntry.objects.order_by("index").last()
    entry = json.loads(bytes(leaf.data))["entry"]
    assert (entry["act"], entry["context"]["hours"]) == ("bidding.extend-evaluation", 6)
    assert REASON not in json.dumps(entry, ensure_ascii=False)


def test_time_that_ran_out_is_extended_from_now(case):
    with guard.writes("test arrangement"):
        Evaluation.objects.update(until=clock.now() - timedelta(days=2))
    ask(case, *case.members[:2])
    before = clock.now()
    extend(case, case.world.opening.host, hours=3)
    until = Evaluation.objects.get().until
    assert before + timedelta(hours=3) <= until <= clock.now() + timedelta(hours=3)


def test_time_is_not_extended_unless_over_a_third_ask(case):
    host = case.world.opening.host
    assert refused(case, Refused, lambda: extend(case, host)) == "more-time-asked"
    ask(case, case.members[0])
    assert refused(case, Refused, lambda: extend(case, host)) == "more-time-asked"
    ask(case, case.members[1])
    extend(case, host)
    assert refused(case, Refused, lambda: extend(case, host)) == "more-time-asked"


@pytest.mark.parametrize("who", ["chair", "supervisor", "bidder", "notary", "keeper"])
def test_nobody_but_tenderee_and_agency_extends(case, who):
    opening = case.world.opening
    people = {
        "chair": case.chair, "supervisor": opening.supervisor, "bidder": opening.bidders[0],
        "notary": opening.notary, "keeper": opening.keeper,
    }
    ask(case, *case.members[:2])
    assert refused(case, Denied, lambda: extend(case, people[who])) == "wrong-role"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"hours": 0}, "bad-hours"), ({"hours": -1}, "bad-hours"), ({"hours": 73}, "bad-hours"),
        ({"hours": True}, "bad-hours"), ({"hours": 1.5}, "bad-hours"),
        ({"reason": ""}, "bad-reason"), ({"reason": "  "}, "bad-reason"),
        ({"reason": "x" * 501}, "bad-reason"),
    ],
)
def test_extension_that_is_none_is_refused(case, fields, code):
    ask(case, *case.members[:2])
    host = case.world.opening.host
    assert refused(case, Malformed, lambda: extend(case, host, **fields)) == code


def test_interface_asks_and_extends(case):
    base = f"/api/v1/lots/{case.lot.pk}/evaluation"
    for one in case.members[:2]:
        made = case.api(one).post(f"{base}/more-time")
    assert made["result"]["suffices"] is True
    body = {"hours": 2, "reason": REASON}
    with pytest.raises(Denied):
        case.api(case.members[0]).post(f"{base}/extension", body)
    done = case.api(case.world.opening.host).post(f"{base}/extension", body)
    assert done["result"]["until"] == jcs.timestamp(Evaluation.objects.get().until)


# --- the pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_room_shows_how_many_ask_and_the_last_extension(case, language):
    page = as_(case.members[1], language).get(path(case, "evaluation"))
    assert 'data-do="ask-more-time"' in page.text
    sent = as_(case.members[1]).post(path(case, "evaluation"), {"do": "ask-more-time"})
    assert sent.status_code == 302
    page = as_(case.members[1], language).get(path(case, "evaluation"))
    assert 'data-do="ask-more-time"' not in page.text
    ask(case, case.members[2])
    if language == "en":
        for one in (case.members[0], case.world.opening.supervisor):
            assert "The tenderee must extend it" in text_of(
                as_(one, "en").get(path(case, "evaluation"))
            )
    extend(case, case.world.opening.host)
    assert REASON in as_(case.members[3], language).get(path(case, "evaluation")).text


def test_supervisor_is_not_offered_to_ask(case):
    page = as_(case.world.opening.supervisor).get(path(case, "evaluation"))
    assert 'data-do="ask-more-time"' not in page.text
    before = state(case)
    sent = as_(case.world.opening.supervisor).post(
        path(case, "evaluation"), {"do": "ask-more-time"}
    )
    assert (sent.status_code, state(case)) == (403, before)


def test_desk_project_and_message_lead_the_tenderee_to_its_page(case):
    host = case.world.opening.host
    project = reverse("project", args=[case.lot.project.code])
    assert path(case) not in as_(host).get(reverse("desk")).text
    assert path(case) not in as_(host).get(project).text
    ask(case, *case.members[:2])
    assert path(case) in as_(host).get(reverse("desk")).text
    assert path(case) in as_(host).get(project).text
    assert path(case) not in as_(case.world.opening.bidders[0]).get(project).text
    message = Message.objects.get(user=host, template="more-time-asked")
    client = as_(host)
    client.post(reverse("message", args=[message.pk]))
    assert path(case) in client.get(reverse("message", args=[message.pk])).text


@pytest.mark.parametrize("who", ["public", "supervisor", "bidder", "chair", "keeper"])
def test_page_is_for_tenderee_and_agency_alone(case, who):
    opening = case.world.opening
    ask(case, *case.members[:2])
    people = {
        "public": None, "supervisor": opening.supervisor, "bidder": opening.bidders[0],
        "chair": case.chair, "keeper": opening.keeper,
    }
    before = state(case)
    answers = [
        as_(people[who]).get(path(case)),
        as_(people[who]).post(path(case), {"hours": "2", "reason": REASON}),
    ]
    assert [each.status_code for each in answers] == [403, 403]
    assert state(case) == before


def test_tenderee_extends_from_its_page_once(case):
    host = case.world.opening.host
    page = as_(host, "en").get(path(case))
    assert "when more than a third of the committee ask for it" in text_of(page)
    assert 'name="hours"' not in page.text
    ask(case, *case.members[:2])
    sent = {"hours": "12", "reason": REASON, "once": "k" * 32}
    assert as_(host).post(path(case), sent).status_code == 302
    after = state(case)
    assert as_(host).post(path(case), sent).status_code == 302
    assert state(case) == after
    other = as_(host, "en").post(path(case), {**sent, "once": "m" * 32})
    assert (other.status_code, state(case)) == (409, after)
    assert REASON in other.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"hours": ""}, "Give whole hours, from 1 to 72."),
        ({"hours": "0"}, "Give whole hours, from 1 to 72."),
        ({"hours": "73"}, "Give whole hours, from 1 to 72."),
        ({"hours": "1.5"}, "Give whole hours, from 1 to 72."),
        ({"hours": "两"}, "Give whole hours, from 1 to 72."),
        ({"reason": " "}, "Give the reason."),
        ({"reason": "x" * 501}, "Say it in at most 500 characters."),
        ({"reason": "图多🙂"}, "cannot be printed in the record"),
    ],
)
def test_extension_that_is_not_right_is_explained_and_kept(case, fields, sentence):
    ask(case, *case.members[:2])
    before = state(case)
    sent = {"hours": "12", "reason": REASON, **fields}
    answer = as_(case.world.opening.host, "en").post(path(case), sent)
    assert (answer.status_code, state(case)) == (400, before)
    assert sentence in unescape(text_of(answer))
    assert sent["reason"].strip() in answer.text
