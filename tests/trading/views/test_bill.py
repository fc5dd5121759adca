"""The pages of a bill of quantities: imported from a workbook, shown, published, fetched again."""

from __future__ import annotations

import base64
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from signatures import store
from signatures.domain import log
from tests.factories import floor
from tests.factories.floor import sha
from tests.trading import billed
from tests.trading.pages import LANGUAGES, as_, move_clock, text_of
from trading.domain import bill_acts, bills, preparing
from trading.domain.documents import PublishDocuments, RecordDownload
from trading.domain.notices import evaluation_digest
from trading.interfaces import bill_page, prepared_bill
from trading.models import Document, Preparation

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db, settings, tmp_path):
    settings.STORE = tmp_path / "store"
    house = floor.house()
    move_clock()
    return house


def at(house, name, *more):
    return reverse(name, args=[house.lot.project.code, 1, *more])


def upload(data: bytes | None = None, name: str = "清单.xlsx"):
    return SimpleUploadedFile(name, billed.workbook(*billed.LINES) if data is None else data)


def send(house, file, *, by=None, language="en", **more):
    data = {"do": "import", "once": "k1", **more} | ({"file": file} if file else {})
    return as_(by or house.buyer, language).post(at(house, "prepare-bill"), data)


def test_workbook_is_imported_once_and_shown_as_a_table(house):
    data = billed.workbook(*billed.LINES)
    first, second = (send(house, upload(data)) for _ in range(2))  # a double click
    assert first.status_code == second.status_code == 303
    bill = preparing.of(house.lot).bill
    assert bills.read(store.read(bill["digest"])).items == billed.BILL.items
    assert store.read(bill["print"]["digest"]).startswith(b"%PDF-")
    assert prepared_bill.read(store.read(bill["workbook"]["digest"])).items == billed.BILL.items
    text = text_of(as_(house.buyer, "en").get(at(house, "prepare-bill")))
    for words in ("010401003001", "砌筑工程", "1,012.345", "Lines 1 to 3 of 3", bill["digest"]):
        assert words in text


def test_faults_are_told_by_sheet_row_and_column_and_the_bill_before_stays(house):
    send(house, upload())
    before = preparing.of(house.lot).bill
    bad = billed.workbook(*billed.LINES, (4, "0104", "砖", "x", "m3", 0))
    size = log.size()
    answer = send(house, upload(bad), before=before["digest"], once="k2")
    text = text_of(answer)
    assert answer.status_code == 400
    for words in (
        "2 places in the workbook", "分部分项工程量清单", "B 项目编码", "no code of twelve digits",
        "The quantity is zero", "The bill that stood there stands as it was.",
    ):
        assert words in text
    assert preparing.of(house.lot).bill == before
    assert log.size() == size


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Choose the workbook."),
        (lambda: upload(b""), "The file is empty. Choose another."),
        (lambda: upload(b"MZ nothing"), "does not contain what its extension says"),
        (lambda: upload(name="a.xlsm"), "is of a type that is not accepted here"),
        (lambda: upload(name="a.csv"), "is of a type that is not accepted here"),
        (lambda: upload(name="con.xlsx"), "is reserved by an operating system"),
        (lambda: upload(billed.workbook()[:-60]), "The workbook is damaged or no XLSX"),
        (
            lambda: upload(
                billed.repacked(
                    billed.workbook(), lambda parts: parts.update({"xl/vbaProject.bin": b"x"})
                )
            ),
            "The workbook holds macros or controls",
        ),
    ],
)
def test_file_that_is_no_bill_is_refused_with_what_to_do(house, file, words):
    answer = send(house, file and file())
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert not Preparation.objects.exists()


def test_file_over_the_limit_is_not_read(house, monkeypatch):
    monkeypatch.setattr(prepared_bill, "MAX_BYTES", 100)
    answer = send(house, upload())
    assert "at most 100 are accepted here" in text_of(answer)
    assert not Preparation.objects.exists()


@pytest.mark.parametrize("who", [None, "bidder", "supervisor", "operator"])
def test_bill_is_prepared_by_the_tenderee_alone(house, who):
    client = as_(getattr(house, who) if who else None)
    for name, more in (("prepare-bill", ()), ("prepare-bill-file", ("xlsx",))):
        assert client.get(at(house, name, *more)).status_code in {403, 404}
    assert client.post(at(house, "prepare-bill"), {"file": upload()}).status_code in {403, 404}
    assert not Preparation.objects.exists()


def test_stale_page_neither_replaces_nor_takes_away(house):
    send(house, upload())
    for do in ("import", "remove"):
        other = upload(billed.workbook(billed.LINES[1]))
        answer = send(house, other, do=do, before="", once=f"stale {do}")
        assert answer.status_code == 409
        assert "The bill was changed meanwhile" in text_of(answer)
    assert preparing.of(house.lot).bill["counts"]["items"] == 3


def test_bill_is_taken_away_by_its_button(house):
    send(house, upload())
    digest = preparing.of(house.lot).bill["digest"]
    assert send(house, None, do="remove", before=digest, once="x").status_code == 303
    assert preparing.of(house.lot).bill == {}
    assert as_(house.buyer).get(at(house, "prepare-bill-file", "json")).status_code == 404


def test_only_works_have_the_page(house):
    billed.elsewhere(house, "land", "land-tender")
    assert as_(house.buyer).get(at(house, "prepare-bill")).status_code == 409
    assert send(house, upload()).status_code == 409
    tasks = as_(house.buyer).get(at(house, "prepare")).content.decode()
    assert at(house, "prepare-files") in tasks and at(house, "prepare-bill") not in tasks
    assert not Preparation.objects.exists()


def test_template_is_a_workbook_and_needs_a_session(house):
    assert as_(None).get(reverse("bill-template")).status_code in {302, 403}
    answer = as_(house.buyer).get(reverse("bill-template"))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content.startswith(b"PK")


# --- published -----------------------------------------------------------------------------------


@pytest.fixture
def offered(house):
    send(house, upload())
    house.publish_notice()
    publish = PublishDocuments(
        lot=house.lot.pk, title="招标文件", digest=sha("documents"), size=2000,
        evaluation=evaluation_digest(house.lot), bill=preparing.of(house.lot).bill["digest"],
    )
    house.act(publish, by=house.buyer)
    return house


def fetch(house):
    row = Document.objects.get(lot=house.lot, kind="tender-document")
    house.act(
        RecordDownload(lot=house.lot.pk, document=row.pk, organisation=house.tenderer.pk),
        by=house.bidder,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_learns_that_there_is_a_bill_and_tenderers_read_it(offered, language):
    def reads(who):
        answer = as_(who, language).get(at(offered, "bill"))
        assert answer.status_code == 200
        return "010401003001" in text_of(answer)

    assert (reads(None), reads(offered.bidder), reads(offered.buyer)) == (False, False, True)
    fetch(offered)
    assert reads(offered.bidder)
    assert at(offered, "bill") in as_(None).get(at(offered, "lot")).content.decode()


def test_tenderer_saves_the_same_data_as_a_workbook(offered):
    fetch(offered)
    client = as_(offered.bidder)
    pk = bill_acts.files(bill_acts.published(offered.lot))["xlsx"].pk
    answer = client.get(reverse("exhibit", args=[pk]))
    data = b"".join(answer.streaming_content)
    assert prepared_bill.read(data).items == billed.BILL.items
    assert as_(None).get(reverse("exhibit", args=[pk])).status_code == 404
    found = client.get(f"/api/v1/lots/{offered.lot.pk}/bill").json()
    assert found["bill"]["items"][0]["code"] == "010101001001"
    assert as_(None).get(f"/api/v1/lots/{offered.lot.pk}/bill").status_code == 404


def test_lot_without_a_bill_has_no_page_of_it(house):
    house.publish_notice()
    assert as_(None).get(at(house, "bill")).status_code == 404


def test_long_bill_is_shown_page_by_page():
    lines = tuple(
        bills.Item(code=f"{number:012d}", name="x", unit="m", quantity="1", part="一")
        for number in range(1, bill_page.LINES + 2)
    )
    bill = bills.Bill(items=lines)
    first, second = (bill_page.table(bill, page=page) for page in ("1", "2"))
    assert (first.last, second.first, second.pages) == (200, 201, 2)
    assert second.rows[0].part == "一"
    for page in ("0", "3", "-1", "x", "９", "99999"):
        assert bill_page.table(bill, section="none", page=page).page == 1


# --- the programming interface -------------------------------------------------------------------


def post(house, data: bytes, *, by=None, **more):
    body = {"name": "a.xlsx", "content": base64.b64encode(data).decode(), **more}
    return as_(by or house.buyer, "en").post(
        f"/api/v1/lots/{house.lot.pk}/bill", json.dumps(body), "application/json"
    )


def test_programs_import_a_bill_and_are_told_each_fault(house):
    assert post(house, billed.workbook((1, "12"))).status_code == 400
    told = post(house, billed.workbook((1, "12", "x", "y", "m", 1))).json()
    assert told["code"] == "bad-bill"
    assert [one["where"] for one in told["mistakes"]] == ["分部分项工程量清单 2 B 项目编码"]
    assert post(house, billed.workbook(), content="ö").status_code == 400
    assert post(house, billed.workbook(*billed.LINES), by=house.bidder).status_code in {403, 404}
    assert not Preparation.objects.exists()
    answer = post(house, billed.workbook(*billed.LINES))
    assert answer.status_code == 201
    assert answer.json()["result"]["counts"]["items"] == 3
    assert io.BytesIO(store.read(answer.json()["result"]["bill"])).read(1) == b"{"
