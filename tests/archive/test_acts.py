"""From the request to the filed package, and everything that is refused on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from archive.domain import acts, layout, retention
from archive.domain.acts import BuildPackage, FilePackage, LiftHold, PlaceHold
from archive.interfaces import building
from archive.models import ArchivePackage, Hold
from archive.tasks import build_package
from signatures import store
from signatures.domain import clock, log
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused, Unavailable
from signatures.domain.outside import InsideTransaction
from tests.archive import world
from tests.factories import floor
from trading.models import Lot

ROOT = Path(__file__).resolve().parents[2]


def refused(call, code: str, kind: type[Exception] = Refused) -> None:
    """The act is refused with this code and leaves nothing."""
    before = log.size(), ArchivePackage.objects.count(), DBTaskResult.objects.count()
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert before == (log.size(), ArchivePackage.objects.count(), DBTaskResult.objects.count())


def entry(leaf: int) -> dict:
    return json.loads(log.entry(leaf))["entry"]


@pytest.mark.django_db
def test_request_is_queued_and_public(house) -> None:
    leaf = house.request()
    assert entry(leaf)["act"] == "archive.build-package"
    assert entry(leaf)["subject"] == house.lot.urn
    (task,) = DBTaskResult.objects.all()
    assert task.args_kwargs["kwargs"] == {
        "lot": str(house.lot.pk), "asker": str(house.archivist.pk), "after": leaf,
    }  # fmt: skip
    assert house.lot.state == "terminated"


@pytest.mark.django_db
def test_task_files_the_package_and_archives_the_lot(house) -> None:
    leaf = house.request()
    digest = build_package.func(
        lot=str(house.lot.pk), asker=str(house.archivist.pk), after=leaf
    )
    row = acts.package_of(house.lot.pk)
    assert (row.digest, row.name) == (digest, "GC-2025-0001-01-v1")
    assert (house.lot.stage, house.lot.state) == ("ARCHIVED", "archived")
    filed = entry(row.leaf)
    assert filed["act"] == "archive.file-package"
    assert filed["digests"] == {
        "package": digest, "layout": row.layout, "evidence": row.evidence,
        "index": row.index_digest,
    }  # fmt: skip
    found = layout.load(row.layout)
    assert (found.root, found.size, len(found.items)) == (row.name, row.size, row.files)
    assert found.item("tagmanifest-sha256.txt").sha256 == digest
    assert row.summary == {"outcome": "terminated", "records": 13, "gaps": 0}
    assert leaf < row.checkpoint <= row.leaf


@pytest.mark.django_db
def test_task_that_runs_again_changes_nothing(small) -> None:
    given = {"lot": small.lot.pk, "asker": small.archivist.pk, "after": small.request()}
    building.build_and_file(given["lot"], asker=given["asker"], after=given["after"])
    before = log.size(), list(ArchivePackage.objects.values())
    again = building.build_and_file(given["lot"], asker=given["asker"], after=given["after"])
    assert (log.size(), list(ArchivePackage.objects.values())) == before
    assert again.digest == before[1][0]["digest"]


@pytest.mark.django_db
def test_two_builders_file_one_package(small) -> None:
    leaf = small.request()
    first, second = (building.build(small.lot, version=1, after=leaf) for _ in range(2))
    small.act(building._filing(first))
    refused(lambda: small.act(building._filing(second)), "filed-already", Conflict)
    assert ArchivePackage.objects.get().digest == first.digest


@pytest.mark.django_db
def test_record_filed_meanwhile_asks_for_another_building(small) -> None:
    made = small.build()
    small.file(("objection", "迟到.txt", b"late", "text/plain", {}, ["archivist"]))
    refused(lambda: small.act(building._filing(made)), "dossier-changed", Conflict)
    assert small.lot.state == "terminated"


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["digest", "layout", "evidence", "index"])
def test_filing_without_a_digest_is_refused(house, change: str) -> None:
    given = {
        "lot": house.lot.pk, "code": "GC-2025-0001-01", "version": 1, "size": 1, "files": 1,
        "checkpoint": 1, "state": "", "outcome": "terminated", "records": 0, "gaps": 0,
        "built": clock.now(), **dict.fromkeys(("digest", "layout", "evidence", "index"), "0" * 64),
    }  # fmt: skip
    refused(lambda: house.act(FilePackage(**{**given, change: "x"})), "bad-digest", Malformed)


@pytest.mark.django_db
def test_filing_under_another_code_is_refused(small) -> None:
    from dataclasses import replace

    made = building._filing(small.build())
    for other in ({"code": "GC-2025-0002-01"}, {"version": 2}):
        refused(lambda other=other: small.act(replace(made, **other)), "wrong-code", Malformed)


@pytest.mark.django_db
def test_only_the_archivist_asks_and_files(small) -> None:
    made = building._filing(small.build())
    base = small.floor
    for person in (base.buyer, base.bidder, base.supervisor, base.operator, floor.person("路人")):
        for act in (BuildPackage(lot=small.lot.pk), made):
            refused(lambda act=act, by=person: small.act(act, by=by), "wrong-role", Denied)


@pytest.mark.django_db
def test_running_lot_is_not_archived(place) -> None:
    base = floor.house()
    archivist = floor.person("钱静")
    floor.assignment(base.lot, "archivist", user=archivist)
    running = world.House(base, archivist)
    refused(lambda: running.act(BuildPackage(lot=base.lot.pk)), "wrong-stage")


@pytest.mark.django_db
def test_archived_lot_is_not_asked_for_again(small) -> None:
    building.build_and_file(small.lot.pk, asker=small.archivist.pk, after=small.request())
    refused(lambda: small.act(BuildPackage(lot=small.lot.pk)), "filed-already", Conflict)


@pytest.mark.django_db
def test_nothing_is_built_inside_a_transaction(house) -> None:
    leaf = house.request()
    with transaction.atomic(), pytest.raises(InsideTransaction):
        building.build(house.lot, version=1, after=leaf)


@pytest.mark.django_db
def test_building_waits_for_a_checkpoint(house) -> None:
    with pytest.raises(Unavailable) as caught:
        building.build(house.lot, version=1, after=log.size() + 5)
    assert caught.value.code == "no-checkpoint"


@pytest.mark.django_db
def test_damaged_record_stops_the_building(house) -> None:
    exhibit = house.exhibits()[3]
    path = store.path(exhibit.digest)
    path.write_bytes(b"x" * exhibit.size)
    with pytest.raises((Unavailable, Malformed)):
        building.build(house.lot, version=1, after=house.request())
    assert not ArchivePackage.objects.exists()


@pytest.mark.django_db
def test_record_whose_bytes_are_gone_is_said_to_be_gone(house, tmp_path: Path) -> None:
    exhibit = house.exhibits()[4]
    store.delete(exhibit.digest)
    made = house.build()
    assert not any(str(exhibit.pk) in item.path for item in made.layout.items)
    assert made.examination.outcome("B6") == made.examination.outcome("A6") == "fail"
    ledger = b"".join(made.layout.item("metadata/ledger.jsonl").chunks())
    assert f'"exhibit":"{exhibit.urn}","kind":"absent"'.encode() in ledger


@pytest.mark.django_db
def test_unknown_lot_has_no_package(house) -> None:
    with pytest.raises(NotFound):
        acts.package_of(house.lot.pk)


# --- holds and terms ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_hold_stops_disposal_until_it_is_lifted(small) -> None:
    building.build_and_file(small.lot.pk, asker=small.archivist.pk, after=small.request())
    later = clock.now() + timedelta(days=366 * 40)
    assert retention.obstacles(small.lot, at=later) == ("term-not-confirmed",)
    hold = small.act(PlaceHold(lot=small.lot.pk, reason="诉讼")).result["hold"]
    assert "on-hold" in retention.obstacles(small.lot, at=later)
    small.act(LiftHold(lot=small.lot.pk, hold=hold))
    assert "on-hold" not in retention.obstacles(small.lot, at=later)
    refused(lambda: small.act(LiftHold(lot=small.lot.pk, hold=hold)), "lifted-already")


@pytest.mark.django_db
def test_holds_are_refused_to_others_and_without_a_reason(house) -> None:
    lot = house.lot.pk
    refused(
        lambda: house.act(PlaceHold(lot=lot, reason="x"), by=house.floor.bidder),
        "wrong-role", Denied,
    )  # fmt: skip
    refused(lambda: house.act(PlaceHold(lot=lot, reason=" ")), "bad-reason", Malformed)
    refused(lambda: house.act(PlaceHold(lot=lot, reason="x" * 201)), "bad-reason", Malformed)
    refused(lambda: house.act(LiftHold(lot=lot, hold=lot)), "no-such-hold", NotFound)
    assert Hold.objects.count() == 0


@pytest.mark.django_db
def test_term_runs_from_the_filing(small) -> None:
    assert retention.obstacles(small.lot, at=clock.now()) == ("not-filed",)
    building.build_and_file(small.lot.pk, asker=small.archivist.pk, after=small.request())
    assert "term-not-over" in retention.obstacles(small.lot, at=clock.now())


# --- killed at any moment -------------------------------------------------------------------------

CHILD = """
import django, sys
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from uuid import UUID
from archive.interfaces import building
print("ready", flush=True)
row = building.build_and_file(UUID(sys.argv[2]), asker=UUID(sys.argv[3]), after=int(sys.argv[4]))
print(row.digest, flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_one_package_is_filed(settings, place: Path) -> None:
    house = world.house(exhibits=False)
    leaf = house.request()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "trading.settings",
        "SUNLIT_MODE": "test",
        "SUNLIT_DATA": str(place),
        "SUNLIT_LAB": str(settings.LAB),
        "SUNLIT_LOG_LEVEL": "ERROR",
        "SUNLIT_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }

    def child() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", CHILD, connection.settings_dict["NAME"], str(house.lot.pk),
             str(house.archivist.pk), str(leaf)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    for seconds in (0.5, 1.2):
        process = child()
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    process = child()
    said = process.communicate()[0].split()
    assert process.returncode == 0
    row = ArchivePackage.objects.get()
    assert said == ["ready", row.digest]
    assert Lot.objects.get(pk=house.lot.pk).state == "archived"
    layout.check_there(layout.load(row.layout))
    filings = [n for n in range(log.size()) if b"archive.file-package" in log.entry(n)]
    assert filings[-1] == row.leaf
    assert sum(entry(n)["act"] == "archive.file-package" for n in filings) == 1
