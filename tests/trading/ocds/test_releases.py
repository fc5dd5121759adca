"""Releases and records of lots at every stage, against the official schemas and the oracle."""

from __future__ import annotations

import copy
import json
from datetime import timedelta

import ocdsmerge
import pytest

from signatures.domain import guard, jcs
from tests.factories import evaluated as cases
from tests.factories.floor import DATES, START, sha
from tests.trading import billed
from tests.trading.domain import test_award as awarding
from tests.trading.ocds import schemas, stages
from tests.trading.ocds.stages import HOUR, STAGES, at_stage
from tests.trading.pages import move_clock
from trading.domain import procedure
from trading.domain.suspensions import Resume, Suspend, Terminate
from trading.models import Exhibit, Organisation
from trading.ocds import events, feed, ids, items, package
from trading.ocds.record import record
from trading.ocds.release import releases

pytestmark = pytest.mark.django_db


def released(house):
    return releases(feed.story(ids.ocid(house.lot)))


def compiled(house):
    return record(feed.story(ids.ocid(house.lot)))["compiledRelease"]


def packages(house):
    story = feed.story(ids.ocid(house.lot))
    return (
        package.of_releases(releases(story), path="/api/v1/ocds/releases/x"),
        package.of_records([record(story)], path="/api/v1/ocds/records/x"),
    )


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_valid(stage):
    for made in packages(at_stage(stage)):
        schemas.check(json.loads(json.dumps(made)))


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_releases(stage):
    house = at_stage(stage)
    found = released(house)
    assert [one.body["tag"][0] for one in found] == STAGES[stage][1]
    dates = [one.body["date"] for one in found]
    assert dates == sorted(dates)
    assert len({one.body["id"] for one in found}) == len(found)
    assert released(house) == found


@pytest.mark.parametrize("stage", STAGES)
def test_compiled_release_is_that_of_the_reference_implementation(stage):
    made = record(feed.story(ids.ocid(at_stage(stage).lot)))
    oracle = ocdsmerge.Merger(schema=schemas.release_schema())
    assert made["compiledRelease"] == oracle.create_compiled_release(made["releases"])


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("notice", "active"), ("suspended", "active"), ("terminated", "cancelled"),
        ("failed", "unsuccessful"), ("failed and archived", "unsuccessful"),
        ("candidates", "active"), ("awarded", "complete"), ("contracted", "complete"),
        ("ended after the award", "cancelled"), ("ended contract", "complete"),
    ],
)
def test_status_of_the_tender(stage, status):
    assert compiled(at_stage(stage))["tender"]["status"] == status


def test_earlier_releases_stay_as_they_were_when_a_lot_stands_still_and_ends():
    house = stages.fetched()
    move_clock(stages.LATER)
    before = released(house)
    lot = house.lot.pk
    for number, act in enumerate(
        (
            Suspend(lot=lot, reason="投诉"), Resume(lot=lot, reason="处理完毕"),
            Suspend(lot=lot, reason="再次投诉"), Resume(lot=lot, reason="处理完毕"),
            Terminate(lot=lot, reason="项目取消"),
        ),
        start=1,
    ):
        house.act(act, by=house.buyer, at=START + timedelta(days=number))
        after = released(house)
        assert after[:-1] == before
        before = after
    assert before[-1].body["tender"]["amendments"][0]["rationale"] == "项目取消"


def test_earlier_releases_stay_as_they_were_up_to_the_contract():
    case = cases.evaluated()
    move_clock(stages.LATER)
    before = released(case.house)
    for act in (
        lambda: awarding.publish(case),
        lambda: awarding.award(case),
        lambda: (
            awarding.offer(case), awarding.signed(case, stages.SIGNED),
            awarding.conclude(case, at=stages.SIGNED),
        ),
        lambda: awarding.report(case, at=stages.SIGNED + HOUR),
        lambda: awarding.perform(case, at=stages.PERFORMING),
    ):
        act()
        after = released(case.house)
        assert after[: len(before)] == before
        before = after
    assert len(before) == 5


def test_tender_as_the_notice_has_it():
    house = at_stage("notice")
    (first,) = released(house)
    told = first.body["tender"]
    project = house.lot.project
    assert first.body["ocid"] == f"ocds-sunlit-{project.code}-1"
    assert first.body["date"] == jcs.timestamp(START)
    assert told["title"] == "滨河路改造工程 一标段"
    assert told["value"] == {"amount": 5000000, "currency": "CNY"}
    assert (told["procurementMethod"], told["mainProcurementCategory"]) == ("open", "works")
    assert told["procurementMethodDetails"] == "工程建设项目公开招标"
    assert told["tenderPeriod"] == {
        "startDate": jcs.timestamp(START), "endDate": jcs.timestamp(DATES["deadline"]),
    }
    (document,) = told["documents"]
    exhibit = Exhibit.objects.get(kind="notice")
    assert document["documentType"] == "tenderNotice"
    assert document["url"].endswith(f"/api/v1/exhibits/{exhibit.pk}/content")
    assert document["description"] == f"SHA-256: {sha('notice')}"
    (buyer,) = first.body["parties"]
    assert buyer["identifier"]["scheme"] == "CN-USCI"
    assert buyer["identifier"]["id"] == house.tenderee.credit_code
    assert buyer["roles"] == ["buyer", "procuringEntity"]


def test_dates_move_with_a_resumption():
    house = at_stage("resumed")
    deadline = house.lot.dates["deadline"]
    assert deadline != jcs.timestamp(DATES["deadline"])
    first, *_between, last = released(house)
    assert first.body["tender"]["tenderPeriod"]["endDate"] == jcs.timestamp(DATES["deadline"])
    assert last.body["tender"]["tenderPeriod"]["endDate"] == deadline
    assert compiled(house)["tender"]["tenderPeriod"]["endDate"] == deadline


def test_deadline_that_a_schedule_moved_is_the_one_that_counts():
    house = at_stage("moved")
    assert compiled(house)["tender"]["tenderPeriod"]["endDate"] == house.lot.dates["deadline"]


def test_award_and_contract():
    house = at_stage("contracted")
    made = compiled(house)
    (award,), (contract,) = made["awards"], made["contracts"]
    winner = Organisation.objects.get(name="泰和建设")
    assert award["suppliers"] == [ids.reference(winner)]
    assert award["value"] == contract["value"] == {"amount": 4800000, "currency": "CNY"}
    assert award["contractPeriod"] == contract["period"] == {"durationInDays": 180}
    assert contract["awardID"] == award["id"]
    # The contract itself is for its parties: neither its file nor the day on it is told.
    assert "documents" not in contract and "dateSigned" not in contract
    roles = {one["name"]: one["roles"] for one in made["parties"]}
    assert roles["泰和建设"] == ["tenderer", "supplier"]
    assert made["tender"]["numberOfTenderers"] == len(made["tender"]["tenderers"]) == 4


def test_published_contract_has_its_file_and_its_day():
    (contract,) = compiled(at_stage("contract published"))["contracts"]
    assert contract["dateSigned"] == jcs.timestamp(stages.SIGNED)
    assert [one["documentType"] for one in contract["documents"]] == ["contractSigned"]


def test_cents_are_kept():
    assert ids.money("1234567.89") == {"amount": 1234567.89, "currency": "CNY"}
    assert json.dumps(ids.money("9999999999999.99")) == (
        '{"amount": 9999999999999.99, "currency": "CNY"}'
    )


# --- what must not be told -----------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["fetched", "suspended", "resumed", "terminated", "failed"])
def test_before_the_opening_nothing_tells_who_takes_part(stage):
    house = at_stage(stage)
    told = json.dumps(packages(house), ensure_ascii=False)
    for hidden in (
        house.tenderer.name, house.tenderer.credit_code, str(house.tenderer.pk),
        str(house.bidder.pk), house.bidder.full_name, "numberOfTenderers", "tenderer",
    ):
        assert hidden not in told


def test_fetching_changes_nothing():
    house = stages.documents()
    move_clock(stages.LATER)
    before = released(house)
    bidder = stages.floor.organisation("另一投标人", "tenderer")
    stages.floor.assignment(house.lot, "tenderer", organisation=bidder)
    assert released(house) == before


@pytest.mark.parametrize("kind", ["award", "opening-record", "candidates", "contract-notice"])
@pytest.mark.parametrize(
    "hidden", [{"audience": ["tenderee", "supervisor"]}, {"visible_from": stages.LATER + HOUR}]
)
def test_hidden_exhibits_are_not_told(kind, hidden):
    house = stages.fetched()
    facts = {
        "winner": house.tenderer.urn, "tenderers": [house.tenderer.urn], "price": "1.00",
        "award": "award:1", "contract": "contract:1", "signed-at": jcs.timestamp(START),
    }
    made = stages.shown(house.lot, kind, START + 4 * HOUR, facts=facts, **hidden)
    move_clock(stages.LATER)
    told = json.dumps(packages(house), ensure_ascii=False)
    for text in (str(made.pk), made.digest, house.tenderer.name, house.tenderer.credit_code):
        assert text not in told


def test_exhibit_is_told_from_the_moment_at_which_it_may_be_seen():
    house = stages.opened()
    from_ = stages.LATER - timedelta(days=1)
    made = stages.shown(house.lot, "candidates", START + 4 * HOUR, visible_from=from_)
    move_clock(stages.LATER)
    assert released(house)[-1].key == made.pk
    assert released(house)[-1].at == from_


def test_contract_and_performance_tell_nothing_of_their_files():
    house = at_stage("performing")
    told = json.dumps(packages(house), ensure_ascii=False)
    for row in Exhibit.objects.filter(kind__in=("contract", "performance", "evaluation-report")):
        assert row.digest not in told
        assert str(row.pk) not in told
    assert "陈蜀" not in told  # a person named in the terms of the bid


# --- the validator can refuse --------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda one: one.pop("ocid"),
        lambda one: one.update(date="10 March 2026"),
        lambda one: one.update(tag=["published"]),
        lambda one: one["tender"].update(status="suspended"),
        lambda one: one["tender"].update(procurementMethod="tender"),
        lambda one: one["tender"]["value"].update(amount="5000000"),
        lambda one: one["tender"]["value"].update(currency="RMB"),
        lambda one: one["tender"]["documents"][0].update(url="not an address"),
        lambda one: one["tender"]["documents"][0].pop("id"),
    ],
)
def test_broken_release_is_refused(damage):
    whole, records = packages(at_stage("notice"))
    broken = copy.deepcopy(whole)
    damage(broken["releases"][0])
    assert schemas.faults(broken)
    damage(records["records"][0]["compiledRelease"])
    assert schemas.faults(records)


def test_field_that_the_standard_does_not_know_is_noticed():
    whole, _records = packages(at_stage("notice"))
    whole["releases"][0]["tender"]["secret"] = 1
    with pytest.raises(AssertionError):
        schemas.check(whole)


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "ocds-sunlit", "ocds-sunlit-", "ocds-sunlit--1", "ocds-other-GC-2025-0001-1",
        "GC-2025-0001-1", "ocds-sunlit-GC-2025-0001-01", "ocds-sunlit-GC-2025-0001-１",
        "ocds-sunlit-GC-2025-0001-99999", "ocds-sunlit-GC-2025-0001--1",
    ],
)
def test_what_is_no_ocid_names_no_lot(text):
    named = ids.parse(text)
    assert named is None or named[0].endswith("-")


@pytest.mark.parametrize("name", procedure.names())
def test_every_procedure_is_told_validly(name):
    house = stages.notice()
    rules = procedure.load(name)
    with guard.writes("test arrangement"):
        house.lot.procedure = rules.frozen()
        house.lot.save()
    move_clock(stages.LATER)
    for made in packages(house):
        schemas.check(made)
    told = compiled(house)
    assert told["tender"]["procurementMethodDetails"] == rules.name_for_people("zh-hans")
    sold = bool(rules.contracting.get("sale"))
    assert ("buyer" in told, "value" in told["tender"]) == (not sold, not sold)
    assert told["parties"][0]["roles"] == ["seller" if sold else "buyer", "procuringEntity"]


def test_events_are_in_the_language_of_the_process():
    from django.utils import translation

    house = at_stage("suspended")
    story = feed.story(ids.ocid(house.lot))
    with translation.override("en"):
        english = events.of(story)
    with translation.override("zh-hans"):
        assert events.of(story) == english


def test_agency_is_a_party_of_its_own():
    house = stages.notice()
    agency = stages.floor.organisation("东岳招标代理有限公司", "agency")
    with guard.writes("test arrangement"):
        project = house.lot.project
        project.agency = agency
        project.save()
    move_clock(stages.LATER)
    roles = {one["name"]: one["roles"] for one in compiled(house)["parties"]}
    assert roles[agency.name] == ["procurementAgency"]
    for made in packages(house):
        schemas.check(made)


# --- what is wanted ------------------------------------------------------------------------------


@pytest.fixture
def billed_house(settings, tmp_path):
    settings.STORE = tmp_path / "store"
    house = stages.floor.house()
    billed.offer(house)
    move_clock()
    return house


def test_items_of_a_published_bill_are_told_and_valid(billed_house):
    for made in packages(billed_house):
        schemas.check(json.loads(json.dumps(made)))
    tender = compiled(billed_house)["tender"]
    assert [(one["id"], one["quantity"], one["unit"]["name"]) for one in tender["items"]] == [
        ("010101001001", 1250.5, "m2"), ("010101003001", 860, "m3"),
        ("010401003001", 1012.345, "m3"), ("011707001001", 1, "项"),
    ]
    assert tender["items"][0]["classification"] == {"scheme": "GB50500", "id": "010101001"}
    kinds = [one.get("documentType") for one in tender["documents"]]
    assert kinds.count("billOfQuantity") == 3


def test_features_and_sums_of_a_bill_are_not_told(billed_house):
    said = json.dumps(packages(billed_house), ensure_ascii=False)
    assert "平整场地" in said
    assert "土壤类别" not in said and "暂列金额" not in said


def test_bill_that_is_only_prepared_tells_nothing(settings, tmp_path):
    settings.STORE = tmp_path / "store"
    house = stages.notice()
    house.act(billed.importing(house.lot), by=house.buyer)
    move_clock()
    assert "items" not in compiled(house)["tender"]


@pytest.mark.parametrize("why", ["long", "invited"])
def test_long_bill_and_that_of_the_invited_tell_no_items(billed_house, monkeypatch, why):
    if why == "long":
        monkeypatch.setattr(items, "MOST", 3)
    else:
        monkeypatch.setattr(items.invitations, "is_invited", lambda rules: True)
    assert "items" not in compiled(billed_house)["tender"]
