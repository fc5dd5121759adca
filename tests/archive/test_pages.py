"""The archive's pages: who may, what they say, and that they act through the acts alone."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from archive.domain import acts
from archive.interfaces import building
from archive.models import ArchivePackage, Hold
from signatures.domain import guard, log
from tests.trading.pages import as_, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(small_again):
    return small_again


def page(house) -> str:
    return reverse("archive", args=[house.lot.project.code, house.lot.number])


def file(house) -> ArchivePackage:
    return building.build_and_file(house.lot.pk, asker=house.archivist.pk, after=house.request())


def sent(house, person, **data):
    return as_(person, "en").post(page(house), {"once": "a" * 32, **data})


@pytest.mark.parametrize("who", [None, "buyer", "bidder", "operator"])
def test_keeping_is_for_archivists_and_supervisors(small, who):
    person = who and getattr(small.floor, who)
    assert as_(person).get(page(small)).status_code == 403
    before = log.size()
    assert as_(person).post(page(small), {"do": "hold", "reason": "诉讼"}).status_code == 403
    assert log.size() == before
    assert not Hold.objects.exists()


def test_keeping_says_what_is_gathered_and_what_is_missing(small):
    text = text_of(as_(small.archivist, "en").get(page(small)))
    assert "Not packed yet" in text
    assert "Build the package" in text
    assert "not required" in text


def test_keeping_asks_for_the_package_once(small):
    before = log.size()
    for _time in range(2):
        answer = sent(small, small.archivist, do="build")
        assert (answer.status_code, answer.url) == (302, page(small))
    assert log.size() == before + 1
    assert "waiting to be built" in text_of(as_(small.archivist, "en").get(page(small)))


def test_supervisor_does_not_pack(small):
    answer = sent(small, small.floor.supervisor, do="build")
    assert answer.status_code == 403
    assert "Build the package</button>" not in answer.content.decode()


def test_hold_is_placed_and_lifted(small):
    assert sent(small, small.archivist, do="hold", reason="有人提起诉讼").status_code == 302
    hold = Hold.objects.get()
    assert (hold.reason, hold.placed_by) == ("有人提起诉讼", small.archivist.urn)
    html = as_(small.floor.supervisor, "en").get(page(small)).content.decode()
    assert '<span lang="zh-Hans">有人提起诉讼</span>' in html
    sent(small, small.floor.supervisor, do="lift", hold=str(hold.pk), once="b" * 32)
    hold.refresh_from_db()
    assert hold.lifted_by == small.floor.supervisor.urn


@pytest.mark.parametrize(
    ("reason", "said"), [("", "Say why it is held."), ("长" * 201, "Give the reason in 1 to 200")]
)
def test_hold_without_a_fit_reason_names_the_field_and_keeps_it(small, reason, said):
    answer = sent(small, small.archivist, do="hold", reason=reason)
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert f'value="{reason}"' in answer.content.decode() or not reason
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"do": "lift", "hold": "nothing"}, 404),
        ({"do": "lift", "hold": "0" * 32}, 404),
        ({"do": "burn"}, 400),
        ({}, 400),
    ],
)
def test_keeping_stands_bad_input(small, data, status):
    before = log.size()
    assert sent(small, small.archivist, **data).status_code == status
    assert log.size() == before


def test_package_shows_everybody_the_outcomes_and_its_readers_the_findings(small):
    row = file(small)
    address = reverse("package", args=[row.code])
    public = as_(None, "en").get(address)
    text = text_of(public)
    assert "Signatures and timestamps hold" in text
    assert "No scanner is installed." not in text
    assert "package/download" not in public.content.decode()
    reader = as_(small.archivist, "en").get(address)
    assert re.search("No scanner is installed|A scanner is there", text_of(reader))
    assert f"/api/v1/lots/{small.lot.pk}/package/download" in reader.content.decode()


def test_package_says_in_chinese_what_was_examined(small):
    text = text_of(as_(None).get(reverse("package", args=[file(small).code])))
    assert "电子签名与时间戳有效" in text
    assert "未检测" in text


def test_package_without_its_examinations_says_where_they_are(small, monkeypatch):
    from signatures import store

    row = file(small)
    monkeypatch.setattr(store, "exists", lambda sha256: False)
    text = text_of(as_(None, "en").get(reverse("package", args=[row.code])))
    assert "The package holds it in metadata/examinations.json." in text


def test_list_names_packages_and_finds_them(small):
    assert "Nothing has been packed yet." in text_of(as_(None, "en").get(reverse("packages")))
    row = file(small)
    client = as_(None, "en")
    assert row.name in text_of(client.get(reverse("packages")))
    assert row.name in text_of(client.get(reverse("packages"), {"q": row.code[3:9]}))
    assert "No package is called so." in text_of(client.get(reverse("packages"), {"q": "zzz"}))
    assert client.get(reverse("packages"), {"q": "长" * 101}).status_code == 200
    assert client.get(reverse("packages"), {"after": "damaged"}).status_code == 400


def test_project_leads_to_its_package(small):
    address = f"/projects/{small.lot.project.code}/"
    assert "archive/" not in as_(None).get(address).content.decode()
    assert page(small) in as_(small.archivist).get(address).content.decode()
    row = file(small)
    assert reverse("package", args=[row.code]) in as_(None).get(address).content.decode()


def test_archivists_desk_counts_what_is_to_be_packed(small):
    text = text_of(as_(small.archivist, "en").get(reverse("desk")))
    assert "Archivist's desk" in text.replace("&#x27;", "'")
    assert "1 to be packed" in text
    assert "Yours to do" in text
    file(small)
    text = text_of(as_(small.archivist, "en").get(reverse("desk")))
    assert "0 to be packed" in text
    assert "1 packages filed" in text
    rows = text_of(as_(small.archivist, "en").get(reverse("desk-figure", args=["packages"])))
    assert acts.package_of(small.lot.pk).name in rows


def test_archivist_whose_part_is_over_has_no_desk(small):
    with guard.writes("test arrangement"):
        small.lot.assignments.filter(role="archivist").update(until=small.lot.stage_since)
    assert as_(small.archivist).get(reverse("desk")).status_code == 403
