"""The availability log: signs of life, the silences between them, and their record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection

from signatures.domain import (
    availability,
    clock,
    duties,
    guard,
    issuing,
    jcs,
    log,
    platform,
    receipts,
)
from signatures.domain.act import Actor, dispatch
from signatures.domain.availability import EVERYBODY, Gap, Keeper, NoteOutage
from signatures.domain.errors import Denied, Refused, Unavailable
from signatures.lab.lab import Lab
from signatures.models import LedgerEntry, LedgerOpening, Outage, Presence
from tests.bidding.sealing import people

pytestmark = pytest.mark.django_db

CLOCK = Actor.process("clock")
MINUTE = timedelta(minutes=1)


def was_there(since: datetime, until: datetime, server: str = "one") -> None:
    with guard.writes("test arrangement"):
        Presence.objects.create(server=server, since=since, until=until)


@pytest.fixture
def now() -> datetime:
    return clock.look().real


@pytest.fixture
def away(now: datetime) -> Gap:
    """One server until an hour ago, then none for twenty minutes, then another one until now."""
    gap = Gap(now - 60 * MINUTE, now - 40 * MINUTE)
    was_there(now - 600 * MINUTE, gap.since)
    was_there(gap.until, now, "two")
    return gap


# --- signs of life -------------------------------------------------------------------------------


def test_sign_begins_a_row_and_the_next_ones_let_it_grow():
    keeper = Keeper("one")
    keeper.sign()
    first = Presence.objects.get()
    keeper.sign()
    row = Presence.objects.get()
    assert (row.pk, row.since) == (first.pk, first.since)
    assert row.until > first.until


def test_sign_after_a_silence_begins_another_row():
    keeper = Keeper("one")
    keeper.sign()
    with guard.writes("test arrangement"):
        Presence.objects.update(until=clock.look().real - availability.least())
    keeper.sign()
    assert Presence.objects.count() == 2


def test_servers_do_not_grow_one_anothers_rows():
    Keeper("one").sign()
    Keeper("one").sign()
    assert Presence.objects.count() == 2


def test_no_sign_is_left_where_something_is_missing_that_tenderers_need(monkeypatch):
    def full() -> None:
        raise Unavailable("no room")

    monkeypatch.setitem(availability._probes, "test", full)
    with pytest.raises(Unavailable):
        Keeper("one").sign()
    assert not Presence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_kept_leaves_signs_and_ends_in_order():
    with availability.kept("one"):
        while not Presence.objects.exists():
            pass
    assert Presence.objects.get().server == "one"


def test_signs_need_no_act_and_an_outage_does():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signatures_presence")
        with pytest.raises(guard.WriteOutsideAct):
            cursor.execute("DELETE FROM signatures_outage")


# --- silence -------------------------------------------------------------------------------------


def test_platform_on_which_no_server_ever_answered_is_not_silent():
    assert not availability.is_silent()
    assert availability.began() is None


@pytest.mark.parametrize(("seconds", "silent"), [(0, False), (15, False), (21, True)])
def test_silence_counts_from_the_last_sign_of_any_server(now, seconds, silent):
    was_there(now - 90 * MINUTE, now - 80 * MINUTE)
    was_there(now - 60 * MINUTE, now - timedelta(seconds=seconds), "two")
    assert availability.is_silent() is silent
    assert availability.began() == now - 90 * MINUTE


def test_gap_is_what_lies_between(away: Gap):
    assert availability.gaps() == [away]


def test_gap_shorter_than_an_outage_is_none(now):
    was_there(now - 9 * MINUTE, now - 3 * MINUTE)
    was_there(now - 3 * MINUTE + timedelta(seconds=59), now)
    assert availability.gaps() == []


def test_gap_of_just_an_outages_length_is_one(now):
    was_there(now - 9 * MINUTE, now - 3 * MINUTE)
    was_there(now - 2 * MINUTE, now)
    assert availability.gaps() == [Gap(now - 3 * MINUTE, now - 2 * MINUTE)]


def test_gap_of_one_server_is_none_while_another_answers(away: Gap, now):
    was_there(away.since - MINUTE, away.until + MINUTE, "three")
    assert availability.gaps() == []


def test_gap_counts_from_the_longest_lived_server(now):
    was_there(now - 90 * MINUTE, now - 10 * MINUTE)
    was_there(now - 80 * MINUTE, now - 70 * MINUTE, "two")
    was_there(now - 5 * MINUTE, now, "three")
    assert availability.gaps() == [Gap(now - 10 * MINUTE, now - 5 * MINUTE)]


def test_gaps_after_a_moment_are_those_that_ended_after_it(away: Gap, now):
    assert availability.gaps(after=away.since) == [away]
    assert availability.gaps(after=away.until - MINUTE) == [away]
    assert availability.gaps(after=away.until) == []
    assert availability.gaps(after=now) == []


def test_silence_that_is_not_over_is_no_gap_yet(now):
    was_there(now - 90 * MINUTE, now - 30 * MINUTE)
    assert availability.gaps() == []
    assert availability.is_silent()


# --- the record ----------------------------------------------------------------------------------


def test_outage_is_noted_once_in_the_ledger_by_both_its_ends(away: Gap):
    availability.note_outages(clock.platform)
    availability.note_outages(clock.platform)
    row = Outage.objects.get()
    assert (row.real_since, row.real_until, row.settled_at) == (away.since, away.until, None)
    entry = jcs.loads(log.entry(row.leaf))["entry"]
    assert (entry["act"], entry["actor"], entry["subject"]) == (
        "signatures.note-outage", "process:clock", row.urn,
    )  # fmt: skip
    assert entry["context"]["since"] == jcs.timestamp(row.since)
    assert entry["context"]["until"] == jcs.timestamp(row.until)


def test_outage_is_noted_by_official_time(away: Gap):
    people.move_clock(datetime.fromisoformat("2026-03-10T01:30:00+00:00"))
    shift = clock.look().offset
    availability.note_outages(clock.platform)
    row = Outage.objects.get()
    assert row.since - away.since == row.until - away.until == timedelta(seconds=shift)


def test_certificate_is_a_receipt_that_everybody_may_have(away: Gap, keys, tmp_path):
    lab = Lab.create(tmp_path / "lab", now=clock.now())
    issued = lab.region("east").issue(
        "中心", organisation="中心", credit_code="12370000MB2840004B", usage="platform"
    )
    platform.install_seal(issued.pkcs12("pass"), "pass")
    platform.certify_receipt_key(clock.now())
    availability.note_outages(clock.platform)
    row = LedgerOpening.objects.get(subject=Outage.objects.get().urn)
    assert issuing.opening(row.pk, holders=[EVERYBODY]) == row
    issued = issuing.issue(row)
    assert receipts.verify_receipt(issued.data).body["entry"]["context"] == row.entry["context"]


def test_second_outage_is_noted_after_the_first(away: Gap, now):
    availability.note_outages(clock.platform)
    with guard.writes("test arrangement"):
        Presence.objects.filter(server="two").update(until=now - 30 * MINUTE)
    was_there(now - 20 * MINUTE, now, "three")
    availability.note_outages(clock.platform)
    assert [row.real_since for row in Outage.objects.order_by("since")] == [
        away.since, now - 30 * MINUTE,
    ]  # fmt: skip


def note(since: datetime, until: datetime, actor: Actor = CLOCK) -> None:
    dispatch(NoteOutage(since=since, until=until), actor=actor)


@pytest.mark.parametrize(
    ("early", "late"),
    [(MINUTE, 0 * MINUTE), (0 * MINUTE, MINUTE), (-MINUTE, -MINUTE), (-100 * MINUTE, 0 * MINUTE)],
)
def test_outage_that_the_signs_do_not_show_is_refused(away: Gap, early, late):
    before = LedgerEntry.objects.count()
    with pytest.raises(Refused) as caught:
        note(away.since + early, away.until + late)
    assert caught.value.code == "no-outage"
    assert not Outage.objects.exists()
    assert LedgerEntry.objects.count() == before


def test_outage_is_refused_a_second_time(away: Gap):
    note(away.since, away.until)
    with pytest.raises(Refused) as caught:
        note(away.since, away.until)
    assert caught.value.code == "outage-noted"
    assert Outage.objects.count() == 1


@pytest.mark.parametrize("name", ["worker", "founder", "procedure"])
def test_nobody_but_the_clock_notes_an_outage(away: Gap, name):
    with pytest.raises(Denied):
        note(away.since, away.until, Actor.process(name))
    assert not Outage.objects.exists()


def test_outages_are_noted_before_anything_that_is_due():
    names = [each.name for each in duties.registered()]
    assert names.index("signatures.availability") < names.index("trading.due")
