"""The platform at the desk: calendar, lists, failed work, outbox, health."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from signatures.domain import clock, duties, guard, heartbeats, jcs, log
from signatures.domain.duties import Standing
from signatures.models import AcceptedTrustList, Heartbeat, ListSigner, RefusedTrustList
from tests.factories import floor
from tests.factories.floor import START
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import CalendarDay, Delivery, Message

pytestmark = pytest.mark.django_db

CALENDAR = "/operator/calendar/?year=2026"
TRACE = 'Traceback\n  File "/srv/x/store.py", line 7, in put\n    raise\nOSError: 秘密 4711'


@pytest.fixture
def client(house):
    return as_(house.operator, "en")


# --- calendar -------------------------------------------------------------------------------------


def decide(client, day="2026-05-08", working="no", name="省政府通知", **more):
    return client.post(CALENDAR, {"day": day, "working": working, "name": name, **more})


def test_day_is_decided_by_an_act_and_taken_back(client):
    before = log.size()
    answer = decide(client)
    row = CalendarDay.objects.get(day=date(2026, 5, 8))
    assert (answer.status_code, answer["Location"]) == (303, CALENDAR)
    assert (row.working, row.name, row.source[:5]) == (False, "省政府通知", "user:")
    html = client.get(CALENDAR).content.decode()
    assert "decided here" in html
    assert "省政府通知" in html
    assert client.post(CALENDAR, {"do": "undo", "day": "2026-05-08"}).status_code == 303
    assert not CalendarDay.objects.filter(day=date(2026, 5, 8)).exists()
    assert log.size() == before + 2
    again = client.post(CALENDAR, {"do": "undo", "day": "2026-05-08"})
    assert again.status_code == 404
    assert "Nothing was decided on this day." in text_of(again)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", ""), ("day", "8. Mai"), ("day", "2026-02-30"), ("working", ""),
        ("working", "perhaps"), ("name", ""), ("name", "x" * 81),
    ],
)
def test_day_with_a_mistake_names_its_field_and_keeps_the_rest(client, field, value):
    before = (CalendarDay.objects.count(), log.size())
    answer = decide(client, **{field: value})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert f'href="#id_{field}"' in html
    assert 'value="省政府通知"' in html or field == "name"
    assert (CalendarDay.objects.count(), log.size()) == before


@pytest.mark.parametrize(
    ("day", "working", "said", "status"),
    [
        ("2026-03-10", "no", "is not to come any more", 409),
        ("2020-01-06", "no", "is not to come any more", 409),
        ("2026-05-09", "no", "is a working day already", 303),
        ("2026-05-10", "no", "is a day of rest already", 409),
        ("2026-05-08", "yes", "is a working day already", 409),
        ("2099-05-08", "no", "within five years", 400),
    ],
)
def test_day_by_its_rules(client, day, working, said, status):
    before = log.size()
    answer = decide(client, day=day, working=working)
    assert answer.status_code == status
    if status != 303:
        assert said in text_of(answer)
        assert log.size() == before
        assert f'value="{day}"' in answer.content.decode()


@pytest.mark.parametrize("year", ["", "x", "1", "99999", "2031", "0000", "٢٠٢٦"])
def test_calendar_any_year_is_shown_or_the_present_one(client, year):
    answer = client.get("/operator/calendar/", {"year": year})
    assert answer.status_code == 200
    assert 2021 <= answer.context["year"] <= 2031
    assert len(answer.context["months"]) == 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_calendar_says_in_words_what_it_shows(house, language):
    html = as_(house.operator, language).get(CALENDAR).content.decode()
    word = {"zh-hans": "休息日", "en": "day of rest"}[language]
    assert f'<td class="off">1<span class="unseen"> {word}</span></td>' in html


# --- tasks and duties -----------------------------------------------------------------------------


def failed(workers=5, **values):
    with guard.writes("test arrangement"):
        return DBTaskResult.objects.create(
            **{
                "status": "FAILED",
                "args_kwargs": {"args": ["标书"], "kwargs": {}},
                "task_path": "bidding.tasks.open_envelope",
                "worker_ids": [f"w{n}" for n in range(workers)],
                "backend_name": "default",
                "run_after": START,
                "finished_at": START,
                "exception_class_path": "builtins.OSError",
                "traceback": TRACE,
                **values,
            }
        )


def test_failed_task_shows_kind_and_place_but_nothing_of_its_content(client):
    failed()
    html = client.get("/operator/work/").content.decode()
    assert "bidding.tasks.open_envelope" in html
    assert "OSError" in html
    assert "store.py:7 put" in html
    for hidden in ("4711", "秘密", "标书", "/srv/x"):
        assert hidden not in html
    assert client.get("/operator/").context["failed_tasks"] == 1


def test_task_is_tried_again_by_an_act_once(client):
    task, before = failed(), log.size()
    assert client.post("/operator/work/", {"task": task.pk}).status_code == 303
    task.refresh_from_db()
    assert (task.status, task.finished_at, log.size()) == ("READY", None, before + 1)
    again = client.post("/operator/work/", {"task": task.pk})
    assert again.status_code == 404
    assert "it may be running again already" in text_of(again)


@pytest.mark.parametrize("task", ["", "x", "7f9c24e8-3b12-4fd4-a1c6-2f3d8c5b9e01"])
def test_unknown_task_is_explained(client, task):
    before = log.size()
    assert client.post("/operator/work/", {"task": task}).status_code in {400, 404}
    assert log.size() == before


def test_duties_say_how_they_went(client):
    real = clock.look().real
    standings = {
        "test.sound": Standing(every=1.0, done_at=real),
        "test.broken": Standing(
            every=1.0, failed_at=real, failures=3, in_a_row=2, error="The disk is full."
        ),
    }
    heartbeats.note_duties(standings)
    heartbeats.note_duties(standings)
    lines = client.get("/operator/work/").context["duties"]
    assert [(line.name, line.shape, line.failures) for line in lines] == [
        ("test.broken", "bad", 3), ("test.sound", "good", 0),
    ]
    assert "The disk is full." in text_of(client.get("/operator/work/"))
    with guard.writes("test arrangement"):
        Heartbeat.objects.update(beat_at=real - timedelta(minutes=1))
    assert {line.shape for line in client.get("/operator/work/").context["duties"]} == {"unsure"}


def test_duties_are_no_processes(client):
    heartbeats.note_duties({"test.sound": Standing(every=1.0)})
    assert heartbeats.alive("worker") == []
    assert client.get("/operator/health/").context["processes"] == []


def test_round_remembers_failures_in_words_for_people(monkeypatch):
    monkeypatch.setattr(duties, "_duties", {})

    @duties.register("test.broken", every=0)
    def broken(_):
        raise ValueError("秘密")

    @duties.register("test.telling", every=0)
    def telling(_):
        return {"CN": {"looked": "now"}}

    round_ = duties.Round(clock.FixedClock(START))
    round_.turn()
    round_.turn()
    broken_, telling_ = round_.standings["test.broken"], round_.standings["test.telling"]
    assert (broken_.failures, broken_.in_a_row, broken_.error) == (2, 2, "ValueError")
    assert (telling_.failures, telling_.found) == (0, {"CN": {"looked": "now"}})


# --- outbox ---------------------------------------------------------------------------------------


def delivery(person, *, lot=None, state="failed", **values):
    with guard.writes("test arrangement"):
        message = Message.objects.create(
            user=person, lot=lot, template="lot-suspended", digest="ab" * 32, sent_at=START,
            texts={
                "zh-hans": {"subject": "通知", "body": "x"},
                "en": {"subject": "Notice", "body": "x"},
            },
        )
        return Delivery.objects.create(
            message=message, channel="email", address="li.qiang@taihe.example", state=state,
            attempts=6, reference="ConnectionError", **values,
        )


def test_outbox_hides_who_is_addressed_about_a_lot(house, client):
    delivery(house.bidder, lot=house.lot)
    html = client.get("/operator/outbox/").content.decode()
    assert "l***@taihe.example" in html
    for hidden in ("li.qiang", "李强", "Notice", house.lot.project.code):
        assert hidden not in html
    delivery(house.bidder)
    html = client.get("/operator/outbox/").content.decode()
    assert "li.qiang@taihe.example" in html
    assert "李强" in html


def test_delivery_is_tried_again_by_an_act_once(house, client):
    row, before = delivery(house.bidder), log.size()
    assert client.post("/operator/outbox/", {"delivery": row.pk}).status_code == 303
    row.refresh_from_db()
    assert (row.state, row.attempts, log.size()) == ("waiting", 0, before + 1)
    task = DBTaskResult.objects.latest("enqueued_at")
    assert task.args_kwargs["kwargs"] == {"messages": [str(row.message_id)]}
    assert client.post("/operator/outbox/", {"delivery": row.pk}).status_code == 404


@pytest.mark.parametrize("asked", ["", "x", "-1", "9" * 30, "0", "١"])
def test_unknown_delivery_is_explained(client, asked):
    before = log.size()
    assert client.post("/operator/outbox/", {"delivery": asked}).status_code in {400, 404}
    assert log.size() == before


def test_outbox_is_sieved_paged_and_counted(house, client):
    for _number in range(31):
        delivery(house.bidder, state="sent")
    delivery(house.bidder, state="waiting")
    answer = client.get("/operator/outbox/", {"state": "sent"})
    assert (len(answer.context["rows"]), answer.context["sent"]) == (30, 31)
    last = client.get("/operator/outbox/" + answer.context["next_address"])
    assert (len(last.context["rows"]), last.context["next_address"]) == (1, "")
    assert client.get("/operator/outbox/?after=x").status_code == 400


# --- trust lists ----------------------------------------------------------------------------------


def believed(territory="CN-SD", *, until=START + timedelta(days=90), sequence=1, **signer):
    with guard.writes("test arrangement"):
        ListSigner.objects.get_or_create(
            territory=territory, fingerprint="cd" * 32,
            defaults={"der": b"x", "pinned_at": START, **signer},
        )
        AcceptedTrustList.objects.create(
            territory=territory, sequence=sequence, digest="ab" * 32, signer="cd" * 32,
            operator="东岳省密码管理局", issued_at=START, next_update_at=until, accepted_at=START,
            changes=["East CA is recognised now."],
        )


@pytest.mark.parametrize(
    ("until", "shape"),
    [(timedelta(days=90), "good"), (timedelta(days=3), "unsure"), (-timedelta(days=1), "bad")],
)
def test_trust_list_stands_until_it_ends(client, until, shape):
    believed(until=START + until)
    (line,) = client.get("/operator/trust/").context["lines"]
    assert (line.shape, line.standing.sequence) == (shape, 1)
    assert len(client.get("/operator/").context["troubled_lists"]) == (shape != "good")


def test_trust_list_tells_changes_fetching_and_refusals(client):
    believed()
    believed(sequence=2)
    with guard.writes("test arrangement"):
        RefusedTrustList.objects.create(
            territory="CN-SD", digest="ef" * 32, code="list-sequence-lower",
            reason="The version is older.", refused_at=START,
        )
    at = jcs.timestamp(START - timedelta(minutes=30))
    found = {"CN-SD": {"looked": at, "error": "No answer.", "failed": at}}
    heartbeats.note_duties({"signatures.trust-lists": Standing(every=2.0, found=found)})
    text = text_of(client.get("/operator/trust/"))
    for said in ("v2", "2026-03-10 09:00", "No answer.", "East CA is recognised now.",
                 "The version is older.", "list-sequence-lower"):
        assert said in text


def test_withdrawn_signer_is_believed_no_longer(client):
    believed(withdrawn_at=START)
    (line,) = client.get("/operator/trust/").context["lines"]
    assert line.shape == "off"


# --- health ---------------------------------------------------------------------------------------


def test_health_without_processes_says_what_to_start(client):
    answer = client.get("/operator/health/")
    assert answer.context["missing"] == ["worker", "clock"]
    assert "Start one." in text_of(answer)


def test_health_tells_living_from_silent_processes(client):
    heartbeats.beat("worker-1", "worker")
    heartbeats.beat("clock-1", "clock")
    with guard.writes("test arrangement"):
        Heartbeat.objects.filter(name="clock-1").update(
            beat_at=clock.look().real - timedelta(seconds=31)
        )
    answer = client.get("/operator/health/")
    assert [(each.name, each.shape) for each in answer.context["processes"]] == [
        ("clock-1", "bad"), ("worker-1", "good"),
    ]
    assert answer.context["missing"] == ["clock"]


def test_health_forgets_processes_that_were_replaced(client):
    heartbeats.beat("hub:1", "hub")
    with guard.writes("test arrangement"):
        Heartbeat.objects.update(beat_at=clock.look().real - timedelta(minutes=61))
    assert client.get("/operator/health/").context["processes"] == []


def test_health_shows_ledger_skew_and_disk(client):
    signs = {sign.name: sign for sign in client.get("/operator/health/").context["signs"]}
    assert signs["Ledger"].figure == f"{log.size()} entries"
    assert signs["Clock skew"].shape == "good"
    assert signs["Last checkpoint"].figure == "none"
    assert any(name.startswith("Disk of") for name in signs)


def more_of_everything(house, count):
    for number in range(count):
        failed()
        delivery(house.bidder)
        delivery(house.buyer, lot=house.lot)
        believed(f"CN-{number + count:03}")
        heartbeats.beat(f"worker-{count}-{number}", "worker")
        heartbeats.note_duties({f"test.{count}-{number}": Standing(every=1.0)})
        floor.organisation("公司", "tenderer", verified=False)


@pytest.mark.parametrize("page", ["", "work/", "outbox/", "trust/", "health/", "calendar/"])
def test_pages_take_the_same_queries_for_one_and_for_thirty(house, client, page):
    counts = []
    for more in (1, 29):
        more_of_everything(house, more)
        client.get(f"/operator/{page}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/operator/{page}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
