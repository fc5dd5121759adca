"""The living place: laid out once, set aside where that was cut short; its people and tenders."""

from __future__ import annotations

import stat
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from bidding.kit.api import ApiClient, DemonstrationClock
from demo.actors import Actor, Troupe
from demo.living import people, tenders
from demo.living.place import BEGUN, FILE, READY, Place, greet
from demo.living.timeline import Timeline
from demo.platform import Platform, write_secret
from demo.scenario.bidding import BY_HAND
from demo.tenders import RIVERSIDE
from signatures.domain.errors import Refused
from trading.domain import credit_code
from trading.interfaces import cards, sign_ins, tour
from trading.interfaces.sign_ins import SignIn


def place(tmp_path: Path) -> Place:
    return Place(data=tmp_path, out=tmp_path / "devices")


def filled(tmp_path: Path, state: str) -> Place:
    """A place of this state, with rows, devices and something that is nobody's of ours."""
    found = place(tmp_path)
    found._write(state, chapter="bid-first")
    (tmp_path / "lab").mkdir()
    (tmp_path / "devices" / "actors").mkdir(parents=True)
    for name in ("sunlit.sqlite3", "thesis.docx", "devices/actors/key"):
        (tmp_path / name).write_text(name)
    return found


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


# --- laid out once ------------------------------------------------------------------------------


def test_place_without_anything_is_new(tmp_path: Path) -> None:
    assert place(tmp_path).is_new
    assert place(tmp_path).state == {}


@pytest.mark.parametrize("state", [BEGUN, READY])
def test_place_with_a_file_is_not_new(tmp_path: Path, state: str) -> None:
    assert not filled(tmp_path, state).is_new


def test_place_whose_founding_was_cut_short_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUNLIT_DATABASE_URL", raising=False)
    found = place(tmp_path)
    found.begin()
    (tmp_path / "lab").mkdir()
    assert found.set_aside() is not None
    assert found.is_new


def test_place_of_a_headless_run_is_not_new_and_not_set_aside(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    assert not place(tmp_path).is_new
    assert place(tmp_path).set_aside() is None
    assert names(tmp_path) == {"lab"}


def test_file_with_sign_ins_is_for_its_owner(tmp_path: Path) -> None:
    filled(tmp_path, READY)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [each for each in names(tmp_path) if each.startswith(f"{FILE}.")] == []


def test_place_that_is_ready_is_left_alone(tmp_path: Path) -> None:
    found = filled(tmp_path, READY)
    before = names(tmp_path)
    assert found.set_aside() is None
    assert names(tmp_path) == before


def test_interrupted_place_is_set_aside_whole_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUNLIT_DATABASE_URL", raising=False)
    found = filled(tmp_path, BEGUN)
    target = found.set_aside()
    assert target is not None
    assert names(target) == {"lab", "devices", "sunlit.sqlite3", FILE}
    assert (target / "devices" / "actors" / "key").exists()
    assert names(tmp_path) == {"interrupted", "thesis.docx"}
    assert found.is_new
    said = capsys.readouterr().out
    assert "bid-first" in said
    assert str(target) in said


def test_interrupted_place_over_a_database_of_its_own_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUNLIT_DATABASE_URL", "postgresql://somebody@db/sunlit")
    found = filled(tmp_path, BEGUN)
    before = names(tmp_path)
    with pytest.raises(Refused) as refusal:
        found.set_aside()
    assert refusal.value.code == "interrupted"
    assert "SUNLIT_DATABASE_URL" in refusal.value.message
    assert names(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", "no json"])
def test_place_with_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Refused):
        place(tmp_path).set_aside()


# --- who and what -------------------------------------------------------------------------------


def test_organisations_have_valid_codes_of_their_own() -> None:
    codes = [company.code for company in people.COMPANIES]
    assert [credit_code.check(code) for code in codes] == codes
    assert len(set(codes)) == len(codes) == 13


def test_place_has_the_people_that_visitors_are_promised() -> None:
    parts = [people.part_of(role) for role in people.ROLES]
    assert {part: parts.count(part) for part in sorted(set(parts) - {"keeper"})} == {
        "agency": 1, "archivist": 1, "evaluator": 9, "guarantor": 1, "inspector": 3, "notary": 1,
        "supervisor": 2, "tenderee": 3, "tenderer": 5,
    }
    assert {*parts, "operator"} - people.UNATTENDED == set(cards.PARTS)
    assert {role.region for role in people.ROLES if people.part_of(role) == "tenderer"} == {
        "east", "west",
    }


@pytest.mark.parametrize("tender", tenders.ALL, ids=lambda tender: tender.key)
def test_tender_is_played_by_people_of_the_place(tender: tenders.Tender) -> None:
    keys = {role.key for role in people.ROLES}
    parts = ("tenderee", "agency", "supervisor", "notary", "keeper", "archivist")
    assert {tender.played_by(part) for part in (*parts, *tender.tenderers)} <= keys
    prices = [Decimal(offer.price) for offer in tender.offers.values()]
    assert all(0 < price < Decimal(tender.estimate) for price in prices)
    assert len(set(prices)) == len(prices)


def test_tenders_keep_their_things_apart() -> None:
    keys = [tender.key for tender in tenders.ALL]
    assert "" not in keys
    assert len(set(keys)) == len({tender.title for tender in tenders.ALL}) == len(keys) == 7
    assert len({tender.played_by("tenderee") for tender in tenders.ALL}) == 3
    assert RIVERSIDE.key == ""


def test_failed_tender_has_too_few_tenderers_and_the_visitor_has_one_left() -> None:
    assert len(tenders.FAILED.tenderers) == 2
    assert 3 <= tenders.BIDS_IN < len(tenders.BIDDING.tenderers)


def test_page_knows_every_stop_of_the_route() -> None:
    assert set(tour.STAGES) == set(tour.texts()) == {"bid", "open", "score", "inspect"}


# --- what the program writes, the page reads ----------------------------------------------------


@pytest.fixture
def played(tmp_path: Path) -> Timeline:
    """A timeline at its end, as its actors' folders and facts tell it."""
    platform = Platform(data=tmp_path, out=tmp_path / "devices", port=1)
    write_secret(platform.operator_password_file, "operator-word")
    clock = DemonstrationClock(platform.clock_url)
    troupe = Troupe(platform=platform, clock=clock, operator=ApiClient(platform.origin))
    for role in people.ROLES:
        folder = platform.out / "actors" / role.key
        actor = Actor(role=role, folder=folder, client=troupe.operator, username=role.key)
        write_secret(actor.password_file, f"password of {role.key}")
        write_secret(actor.passphrase_file, f"passphrase of {role.key}")
        troupe.actors[role.key] = actor
    found = Timeline(platform, troupe, lambda chapter: None)
    for number, run in enumerate(found.runs.values(), 1):
        run.facts["lot"] = str(UUID(int=number))
        for part in BY_HAND:
            write_secret(run.folder(run[part]) / "trustee" / "keys.json", "{}")
    found[tenders.OPENED].facts["at work"] = troupe["expert-8"]
    return found


def test_page_reads_the_sign_ins_that_the_program_writes(tmp_path: Path, played: Timeline) -> None:
    found = place(tmp_path)
    found.finish(played)
    known = sign_ins.read(found.file)
    assert known.state == sign_ins.READY == READY
    by_name = {each.username: each for each in known.people}
    assert set(by_name) == {"operator", *(role.key for role in people.ROLES)} - people.UNATTENDED
    assert by_name["operator"] == SignIn("operator", "operator", "operator-word")
    actor = played.troupe["tenderee-2"]
    assert by_name["tenderee-2"] == SignIn(
        part="tenderee",
        username="tenderee-2",
        password="password of tenderee-2",
        certificate=str(actor.certificate_file),
        passphrase="passphrase of tenderee-2",
        trustee={tenders.OPENED.title: str(actor.folder / "bridge" / "trustee" / "keys.json")},
    )
    assert by_name["tenderer-1"].trustee == {}
    assert set(by_name["notary"].trustee) == {
        tenders.OPENED.title, tenders.BIDDING.title, tenders.PUBLISHED.title,
    }
    assert [(stop.name, stop.username) for stop in known.route] == [
        ("bid", "tenderer-3"), ("open", "tenderee"), ("score", "expert-8"),
        ("inspect", "supervisor"),
    ]
    assert known.route[0].lot == UUID(played[tenders.BIDDING].lot)


def test_greeting_gives_the_address_and_a_sign_in_for_each_role(
    tmp_path: Path, played: Timeline, capsys: pytest.CaptureFixture[str]
) -> None:
    found = place(tmp_path)
    found.finish(played)
    greet(played.runs["pipes"].platform, found)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Sunlit Trading 阳光交易 is at http://127.0.0.1:1"
    assert [line.split()[0] for line in lines[2:-1]] == [
        "operator", "tenderee", "agency", "supervisor", "notary", "guarantor", "tenderer",
        "archivist", "inspector", "evaluator",
    ]
    assert any("expert-1" in line and "password of expert-1" in line for line in lines)
