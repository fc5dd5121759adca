"""From registration to bidding; each refusal is shown by what did not happen."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from tests.factories import floor
from tests.factories.floor import DATES, LONG_AGO, START, beijing, sha
from trading.domain import calendar, lifecycle, procedure, ticking
from trading.domain.acts import Advance
from trading.domain.documents import PublishDocuments, RecordDownload
from trading.domain.notices import PublishNotice, dry_run, evaluation_digest
from trading.domain.projects import Assign, NewLot, RegisterProject
from trading.models import Assignment, Document, Download, Exhibit, Lot, Message, Project

pytestmark = pytest.mark.django_db

CLOCK = Actor.process("clock")


@pytest.fixture
def house():
    return floor.house()


def refused(call, code, *, kind=Refused):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def acts_of(outcome):
    return [json.loads(log.entry(leaf)) for leaf in outcome.leaves]


# --- registration ---------------------------------------------------------------------------------


def test_register_project_gives_code_lots_and_parties(house):
    project = house.lot.project
    assert project.code == "GC-2025-0001"
    assert house.lot.stage == "REGISTERED"
    assert [(row.role, row.organisation) for row in house.lot.assignments.all()] == [
        ("tenderee", house.tenderee)
    ]


def test_register_project_numbers_within_the_year(house):
    command = RegisterProject(
        title="二期", category="construction", tenderee=house.tenderee.pk,
        lots=(NewLot(title="A"), NewLot(title="B")),
    )
    codes = [
        dispatch(
            command, actor=Actor.person(house.buyer), clock=FixedClock(at)
        ).result["code"]
        for at in (LONG_AGO, START, START)
    ]
    assert codes == ["GC-2025-0002", "GC-2026-0001", "GC-2026-0002"]
    assert Lot.objects.filter(project__code="GC-2026-0002").count() == 2


@pytest.mark.parametrize(
    ("change", "code", "kind"),
    [
        ({"title": " "}, "bad-title", Malformed),
        ({"lots": ()}, "bad-lots", Malformed),
        ({"lots": (NewLot(title=""),)}, "bad-title", Malformed),
        ({"category": "circus"}, "unknown-category", NotFound),
        ({"category": "../settings"}, "unknown-category", NotFound),
    ],
)
def test_register_project_with_bad_input_registers_nothing(house, change, code, kind):
    values = {
        "title": "二期", "category": "construction", "tenderee": house.tenderee.pk,
        "lots": (NewLot(title="A"),), **change,
    }
    refused(
        lambda: dispatch(RegisterProject(**values), actor=Actor.person(house.buyer)),
        code, kind=kind,
    )
    assert Project.objects.count() == 1


def test_register_project_for_another_organisation_is_denied(house):
    command = RegisterProject(
        title="二期", category="construction", tenderee=house.tenderee.pk,
        lots=(NewLot(title="A"),),
    )
    refused(
        lambda: dispatch(command, actor=Actor.person(house.bidder)), "wrong-role", kind=Denied
    )
    assert Project.objects.count() == 1


def test_register_project_by_an_unverified_tenderee_is_refused():
    fresh = floor.organisation("新设单位", "tenderee", verified=False)
    command = RegisterProject(
        title="二期", category="construction", tenderee=fresh.pk, lots=(NewLot(title="A"),)
    )
    clerk = floor.person("新人", fresh)
    refused(lambda: dispatch(command, actor=Actor.person(clerk)), "not-verified")
    assert Project.objects.count() == 0


# --- the notice -----------------------------------------------------------------------------------


def test_publish_notice_freezes_the_procedure_and_the_dates(house):
    outcome = house.publish_notice()
    lot = house.lot
    assert lot.stage == "NOTICE"
    assert lot.published_at == START
    assert lot.procedure["digest"] == procedure.load("construction").digest
    assert procedure.of(lot) == procedure.load("construction")
    dates = lifecycle.position(lot).dates
    assert dates["deadline"] == DATES["deadline"]
    assert dates["opening"] == DATES["deadline"]
    assert "documents-from" not in dates
    assert "award" not in dates
    exhibit = Exhibit.objects.get(lot=lot)
    assert (exhibit.kind, exhibit.digest, exhibit.audience) == ("notice", sha("notice"), ["public"])
    entry = json.loads(log.entry(exhibit.leaf))["entry"]
    assert entry["digests"] == {"exhibit": exhibit.digest}
    assert [leaf["entry"]["act"] for leaf in acts_of(outcome)] == [
        "trading.move-lot", "trading.file-exhibit",
    ]


def test_publish_notice_twice_is_refused_by_its_stage(house):
    house.publish_notice()
    refusal = refused(house.publish_notice, "wrong-stage")
    assert refusal.rule == "TBL 16, TBR 15"
    assert Exhibit.objects.count() == 1


def test_publish_notice_repeated_with_its_key_answers_the_same(house):
    command = PublishNotice(
        lot=house.lot.pk, title="公告", digest=sha("n"), size=1, dates=DATES
    )
    first = house.act(command, by=house.buyer, key="one")
    again = house.act(command, by=house.buyer, key="one")
    assert (again.repeated, again.result, again.leaves) == (True, first.result, first.leaves)
    assert Document.objects.count() == 1


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_publish_notice_by_others_is_denied(house, who):
    command = PublishNotice(
        lot=house.lot.pk, title="公告", digest=sha("n"), size=1, dates=DATES
    )
    refused(lambda: house.act(command, by=getattr(house, who)), "wrong-role", kind=Denied)
    assert house.refresh().stage == "REGISTERED"
    assert Document.objects.count() == 0


@pytest.mark.parametrize(
    ("dates", "code", "rule"),
    [
        ({**DATES, "deadline": beijing(2026, 3, 29)}, "days-not-kept", "TBL 24"),
        ({**DATES, "documents-until": beijing(2026, 3, 15, 17)}, "days-not-kept", "TBR 16"),
        (
            {"documents-until": beijing(2026, 3, 13), "deadline": beijing(2026, 3, 20)},
            "days-not-kept",
            "TBR 16; TBL 24",
        ),
        ({**DATES, "deadline": DATES["documents-until"]}, "dates-out-of-order", None),
        ({**DATES, "deadline": START - timedelta(days=1)}, "dates-out-of-order", None),
    ],
)
def test_publish_notice_blocks_on_a_breach_with_its_article(house, dates, code, rule):
    refusal = refused(lambda: house.publish_notice(dates=dates), code)
    if rule:
        assert refusal.rule == rule
    assert house.refresh().stage == "REGISTERED"
    assert house.lot.dates == {}
    assert Exhibit.objects.count() == 0


def test_publish_notice_needs_every_chosen_date(house):
    refused(
        lambda: house.publish_notice(dates={"deadline": DATES["deadline"]}),
        "date-missing", kind=Malformed,
    )
    assert house.refresh().published_at is None


@pytest.mark.parametrize(
    ("values", "code"),
    [({"estimate": None}, "estimate-stated"), ({"parameters": {}}, "method-stated")],
)
def test_publish_notice_asks_the_guards(values, code):
    house = floor.house(**values)
    assert refused(house.publish_notice, code).rule
    assert house.refresh().stage == "REGISTERED"


@pytest.mark.parametrize("digest", ["", "A" * 64, "0" * 63, "../" + "0" * 61])
def test_publish_notice_refuses_what_is_no_digest(house, digest):
    command = PublishNotice(
        lot=house.lot.pk, title="公告", digest=digest, size=1, dates=DATES
    )
    refused(lambda: house.act(command, by=house.buyer), "bad-digest", kind=Malformed)
    assert house.refresh().stage == "REGISTERED"


def test_a_lot_that_is_not_there():
    command = PublishNotice(lot=uuid4(), title="公告", digest=sha("n"), size=1, dates=DATES)
    refused(
        lambda: dispatch(command, actor=Actor.person(floor.person("某人"))),
        "unknown-lot", kind=NotFound,
    )


# --- the documents --------------------------------------------------------------------------------


def test_publish_documents_marks_the_offer_and_tells_the_tenderee(house):
    house.publish_notice()
    house.publish_documents()
    assert house.lot.stage == "DOCUMENTS"
    exhibit = Exhibit.objects.get(lot=house.lot, kind="tender-document")
    assert exhibit.facts["evaluation"] == evaluation_digest(house.lot)
    assert "public" not in exhibit.audience
    assert [message.template for message in Message.objects.filter(user=house.buyer)] == [
        "documents-published"
    ]


def test_publish_documents_late_breaks_the_twenty_days(house):
    house.publish_notice()
    refusal = refused(
        lambda: house.publish_documents(START + timedelta(days=2)), "days-not-kept"
    )
    assert refusal.rule in {"TBR 16", "TBL 24"}
    assert house.refresh().stage == "NOTICE"
    assert Document.objects.count() == 1


def test_publish_documents_made_for_other_parameters_is_refused(house):
    house.publish_notice()
    command = PublishDocuments(
        lot=house.lot.pk, title="文件", digest=sha("d"), size=1, evaluation=sha("other")
    )
    refused(lambda: house.act(command, by=house.buyer), "other-parameters")
    assert house.refresh().stage == "NOTICE"


def test_publish_documents_before_the_notice_is_refused(house):
    refused(house.publish_documents, "wrong-stage")
    assert Document.objects.count() == 0


# --- downloads ------------------------------------------------------------------------------------


def fetch(house, *, by=None, at=START, organisation=None, document=None):
    document = document or Document.objects.get(lot=house.lot, kind="tender-document").pk
    return house.act(
        RecordDownload(
            lot=house.lot.pk, document=document,
            organisation=organisation or house.tenderer.pk,
        ),
        by=by or house.bidder,
        at=at,
    )


@pytest.fixture
def offered(house):
    house.publish_notice()
    house.publish_documents()
    return house


def test_first_download_makes_a_tenderer(offered):
    outcome = fetch(offered)
    assert outcome.result["digest"] == sha("documents")
    assert outcome.result["first"]
    assert Assignment.objects.get(lot=offered.lot, role="tenderer").organisation == offered.tenderer
    again = fetch(offered)
    assert not again.result["first"]
    assert Download.objects.count() == 2
    assert Assignment.objects.filter(role="tenderer").count() == 1


def test_download_after_the_offer_is_for_tenderers_only(offered):
    fetch(offered)
    late = DATES["documents-until"]
    other = floor.organisation("后来公司", "tenderer")
    refusal = refused(
        lambda: fetch(offered, by=floor.person("后来", other), organisation=other.pk, at=late),
        "too-late",
    )
    assert refusal.rule == "TBR 16"
    fetch(offered, at=late)
    assert Download.objects.count() == 2


@pytest.mark.parametrize("who", ["buyer", "supervisor"])
def test_download_by_those_who_do_not_tender_is_denied(offered, who):
    refused(lambda: fetch(offered, by=getattr(offered, who)), "wrong-role", kind=Denied)
    assert Download.objects.count() == 0


def test_download_for_an_organisation_of_others_is_denied(offered):
    other = floor.organisation("别家公司", "tenderer")
    refused(
        lambda: fetch(offered, organisation=other.pk), "wrong-organisation", kind=Denied
    )
    assert Download.objects.count() == 0


def test_download_by_a_blocked_organisation_is_refused(offered, arrange):
    offered.tenderer.blocked_until = START + timedelta(days=1)
    offered.tenderer.save()
    refused(lambda: fetch(offered), "blocked")
    assert Assignment.objects.filter(role="tenderer").count() == 0
    fetch(offered, at=START + timedelta(days=1))


def test_download_by_an_unverified_organisation_is_denied(offered):
    fresh = floor.organisation("未核验公司", "tenderer", verified=False)
    clerk = floor.person("新人", fresh)
    refused(
        lambda: fetch(offered, by=clerk, organisation=fresh.pk), "wrong-role", kind=Denied
    )
    assert Download.objects.count() == 0


def test_download_of_another_lots_document_is_refused(offered):
    other = floor.house()
    other.publish_notice()
    document = Document.objects.get(lot=other.lot).pk
    refused(lambda: fetch(offered, document=document), "unknown-document", kind=NotFound)
    assert Download.objects.count() == 0


# --- assignments ----------------------------------------------------------------------------------


def test_assign_gives_a_role_once(house):
    archivist = floor.person("档案员")
    command = Assign(lot=house.lot.pk, role="archivist", user=archivist.pk)
    house.act(command, by=house.operator)
    refused(lambda: house.act(command, by=house.operator), "already-assigned")
    assert Assignment.objects.filter(role="archivist").count() == 1


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("buyer", "supervisor"),
        ("buyer", "evaluator"),
        ("operator", "evaluator"),
        ("operator", "tenderee"),
    ],
)
def test_assign_a_role_that_is_not_the_actors_to_give_is_denied(house, who, role):
    command = Assign(lot=house.lot.pk, role=role, user=floor.person("某人").pk)
    refused(lambda: house.act(command, by=getattr(house, who)), "wrong-role", kind=Denied)
    assert Assignment.objects.filter(role=role, user__isnull=False).count() == 0


@pytest.mark.parametrize("role", ["clock", "operator", "prospect", "king"])
def test_assign_a_role_that_nobody_is_given_is_refused(house, role):
    command = Assign(lot=house.lot.pk, role=role, user=floor.person("某人").pk)
    refused(lambda: house.act(command, by=house.operator), "bad-role", kind=Malformed)


def test_assign_by_a_bidder_is_denied(house):
    command = Assign(lot=house.lot.pk, role="trustee", organisation=house.tenderer.pk)
    refused(lambda: house.act(command, by=house.bidder), "wrong-role", kind=Denied)
    assert Assignment.objects.filter(role="trustee").count() == 0


# --- the clock ------------------------------------------------------------------------------------


def test_tick_opens_bidding_when_the_offer_ends_and_once_only(offered):
    at = DATES["documents-until"]
    assert ticking.tick(FixedClock(at - timedelta(microseconds=1))) == ()
    (done,) = ticking.tick(FixedClock(at))
    assert (done.command, done.held) == ("trading.open-bidding", None)
    assert offered.refresh().stage == "BIDDING"
    assert ticking.tick(FixedClock(at)) == ()
    assert offered.lot.stage_since == at


def test_tick_leaves_a_suspended_lot_alone(offered):
    from trading.domain.suspensions import Resume, Suspend

    since = START + timedelta(days=1)
    offered.act(Suspend(lot=offered.lot.pk, reason="异议"), by=offered.supervisor, at=since)
    assert lifecycle.due(offered.lot) == []
    assert ticking.tick(FixedClock(DATES["deadline"])) == ()
    assert offered.refresh().stage == "DOCUMENTS"
    offered.act(
        Resume(lot=offered.lot.pk, reason="已答复"), by=offered.supervisor,
        at=since + timedelta(days=2, hours=1),
    )
    due, *_later = lifecycle.due(offered.lot)
    assert due.when == DATES["documents-until"] + timedelta(days=3)
    assert ticking.tick(FixedClock(DATES["documents-until"])) == ()
    assert len(ticking.tick(FixedClock(due.when))) == 1


def test_advance_by_a_person_is_denied(offered):
    command = Advance(lot=offered.lot.pk, command_name="trading.open-bidding")
    refused(
        lambda: offered.act(command, by=offered.buyer, at=DATES["deadline"]),
        "wrong-role", kind=Denied,
    )
    assert offered.refresh().stage == "DOCUMENTS"


def test_advance_does_not_stand_in_for_an_act_of_its_own(house):
    command = Advance(lot=house.lot.pk, command_name="trading.publish-notice")
    refused(lambda: house.act(command, by=house.buyer), "denied", kind=Denied)
    assert house.refresh().stage == "REGISTERED"


def test_one_lot_that_waits_does_not_hold_up_another(offered, arrange):
    second = floor.house()
    second.publish_notice()
    second.publish_documents()
    # A lot whose dossier lacks the tender document: the guard holds the clock's command up.
    Lot.objects.filter(pk=offered.lot.pk).update(next_due_at=START)
    Lot.objects.filter(pk=offered.lot.pk).update(
        dates={**offered.lot.dates, "documents-until": offered.lot.dates["notice"]}
    )
    lot = offered.refresh()
    models_delete(lot)
    results = {one.subject: one.held for one in ticking.tick(FixedClock(DATES["documents-until"]))}
    assert results == {lot.urn: "exhibit-filed", second.lot.urn: None}


def models_delete(lot):
    """Take an exhibit away behind the model's back, as no code of ours can."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM trading_exhibit WHERE lot_id = %s AND kind = %s",
            [lot.pk.hex if connection.vendor == "sqlite" else lot.pk, "tender-document"],
        )


def test_allowed_is_what_the_buttons_show(offered):
    roles = frozenset({"tenderee"})
    assert lifecycle.allowed(offered.lot, START, roles) == (
        "trading.announce-visit", "trading.amend-documents",
        "bidding.publish-policy", "bidding.publish-schedule",
        "trading.assign", "trading.suspend", "trading.terminate",
    )
    assert lifecycle.allowed(offered.lot, START, frozenset({"prospect"})) == (
        "trading.record-download", "trading.object-to-documents", "trading.lodge-complaint",
    )
    assert lifecycle.allowed(offered.lot, START, frozenset()) == ()


def test_dry_run_of_a_lot_uses_the_calendar_in_force(house, arrange):
    calendar.seed([2026])
    run = dry_run(house.lot, start=START)
    assert run.at("documents-until") == beijing(2026, 3, 16, 17, 0)
