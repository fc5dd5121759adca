"""The availability log as everybody reads it, and an outage's certificate."""

from __future__ import annotations

import io
import json

import pikepdf
import pytest

from bidding.kit.receipts import check_receipt
from signatures.domain import platform
from signatures.models import LedgerOpening, Outage
from tests.bidding.sealing.test_outages import HOUR, MORNING, NIGHT, away, note
from tests.bidding.sealing.world import DEADLINE, World

pytestmark = pytest.mark.django_db

PAGE = "/availability/"


@pytest.fixture
def moved(world: World) -> World:
    away(NIGHT, MORNING)
    note()
    return world


def text(answer) -> str:
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_page_without_outages_says_so(client, db):
    said = text(client.get(PAGE, headers={"accept-language": "en"}))
    assert "No outage has been noted." in said
    assert "No sign of life has been kept yet" in said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("11 hours", "The platform is there", "Certificate (PDF)")),
        ("zh-hans", ("11 小时", "平台运行正常", "中断证明（PDF）")),
    ],
)
def test_page_shows_each_outage_with_what_it_moved(client, moved: World, language, words):
    said = text(client.get(PAGE, headers={"accept-language": language}))
    for word in (*words, "2026-03-30 23:00", "2026-03-31 10:00", "2026-04-01 10:00"):
        assert word in said, word
    assert f"{moved.house.lot.project.code}-{moved.house.lot.number}" in said


def test_page_of_a_short_outage_says_that_it_moved_nothing(client, world: World):
    away(DEADLINE - 5 * HOUR, DEADLINE - 5 * HOUR + HOUR / 20)
    note()
    said = text(client.get(PAGE, headers={"accept-language": "en"}))
    assert "3 minutes" in said
    assert "None" in said


def test_damaged_address_of_a_page_is_refused(client, db):
    assert client.get(f"{PAGE}?after=x").status_code == 400
    assert client.post(PAGE).status_code == 405


def test_project_page_says_why_the_deadline_moved(client, moved: World):
    lot = moved.house.lot
    said = text(
        client.get(
            f"/projects/{lot.project.code}/lots/{lot.number}/", headers={"accept-language": "en"}
        )
    )
    assert "The platform was away: no server answered from" in said
    assert "2026-04-01 10:00" in said


def opening() -> LedgerOpening:
    return LedgerOpening.objects.get(subject=Outage.objects.get().urn)


def test_certificate_is_checked_by_the_kit_as_a_receipt(client, moved: World):
    data = client.get(f"/receipts/{opening().pk}/file/").content
    checked = check_receipt(data, origin=platform.origin())
    assert (checked.act, checked.subject) == ("signatures.note-outage", Outage.objects.get().urn)
    assert client.get(f"/api/v1/receipts/{opening().pk}").content == data


def test_certificate_that_says_another_time_is_refused(client, moved: World):
    value = json.loads(client.get(f"/receipts/{opening().pk}/file/").content)
    value["receipt"]["entry"]["context"]["until"] = "2026-03-31T03:00:00.000Z"
    with pytest.raises(Exception, match="not what the platform signed"):
        check_receipt(json.dumps(value, separators=(",", ":"), sort_keys=True).encode(),
                      origin=platform.origin())


def test_certificate_on_paper_names_both_ends_and_holds_the_signed_one(client, moved: World):
    pdf = client.get(f"/receipts/{opening().pk}/receipt.pdf")
    with pikepdf.open(io.BytesIO(pdf.content)) as paper:
        inside = paper.attachments["receipt.json"].get_file().read_bytes()
        assert str(paper.docinfo["/Title"]).startswith("平台中断证明")
    assert inside == client.get(f"/receipts/{opening().pk}/file/").content


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_certificates_page_is_for_everybody(client, moved: World, language):
    said = text(
        client.get(f"/receipts/{opening().pk}/", headers={"accept-language": language})
    )
    assert "2026-03-30 23:00" in said


def test_receipts_of_others_stay_theirs(client, moved: World):
    others = [row for row in LedgerOpening.objects.exclude(pk=opening().pk) if row.owners]
    assert others
    for row in others:
        for path in ("", "file/", "receipt.pdf"):
            assert client.get(f"/receipts/{row.pk}/{path}").status_code == 404
        assert client.get(f"/api/v1/receipts/{row.pk}").status_code == 401
        assert client.get(f"/api/v1/receipts/{row.pk}/proof").status_code == 401
