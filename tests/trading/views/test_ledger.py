"""The ledger's pages, receipts and trust lists for people."""

from __future__ import annotations

import json
from io import BytesIO
from uuid import uuid4

import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape

from signatures.domain import checkpoints, clock, log, receipts
from signatures.models import LedgerOpening
from tests.trading.domain import certified
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain.documents import RecordDownload
from trading.models import Document

pytestmark = pytest.mark.django_db


# --- the ledger ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "The ledger holds nothing yet."), ("zh-hans", "账本还没有记录。")],
)
def test_ledger_without_entries_says_so(empty, language, sentence):
    assert sentence in text_of(as_(None, language).get("/ledger/"))


@pytest.mark.parametrize(
    ("language", "open_", "closed"),
    [("en", "Notice published", "closed"), ("zh-hans", "发布公告", "未公开")],
)
def test_ledger_shows_what_is_public_and_hides_the_rest(house, language, open_, closed):
    answer = as_(None, language).get("/ledger/")
    text = text_of(answer)
    assert open_ in text or {"en": "Lot moved", "zh-hans": "标段进入新阶段"}[language] in text
    assert closed in text
    assert str(house.buyer.pk) not in text


def test_ledger_goes_back_to_its_beginning(house):
    size = log.size()
    text = text_of(as_(None, "en").get("/ledger/?before=1"))
    assert "The ledger begins here." in text
    assert "To the newest" in text
    assert f"{size} entries in all" in text


def test_ledger_goes_to_an_entry_by_its_number(house):
    assert "Entry 0" in text_of(as_(None, "en").get("/ledger/?entry=0"))


@pytest.mark.parametrize("entry", ["999999", "-1", "x", "1e3", "٣", "9" * 30, "<b>"])
def test_ledger_keeps_a_number_that_there_is_not(house, entry):
    answer = as_(None, "en").get("/ledger/", {"entry": entry})
    assert answer.status_code == 404
    assert "There is no entry" in text_of(answer)
    assert f'value="{escape(entry)}"' in answer.content.decode()


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30])
def test_ledger_refuses_a_page_that_is_no_number(house, before):
    assert as_(None).get(f"/ledger/?before={before}").status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_entry_is_proven_once_a_checkpoint_covers_it(house, platform_keys, language):
    client = as_(None, language)
    before, after = {
        "en": ("Not under a checkpoint yet", "Proven in the ledger"),
        "zh-hans": ("尚未进入检查点", "账本可证"),
    }[language]
    assert before in text_of(client.get("/ledger/entries/0/"))
    checkpoints.make(clock.platform)
    for index in (0, log.size() - 1):
        assert after in text_of(client.get(f"/ledger/entries/{index}/"))


def test_entry_that_is_not_there_is_not_found(house):
    assert as_(None).get("/ledger/entries/999999/").status_code == 404
    assert as_(None).get(f"/ledger/entries/{'9' * 30}/").status_code == 404


# --- receipts -----------------------------------------------------------------------------------


@pytest.fixture
def receipt(house, platform_keys):
    """A tenderer's receipt of having fetched the tender document."""
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    outcome = house.act(
        RecordDownload(
            lot=house.lot.pk, document=document.pk, organisation=house.tenderer.pk
        ),
        by=house.bidder,
    )
    return LedgerOpening.objects.get(leaf_id=outcome.leaves[-1])


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "The platform took this in"), ("zh-hans", "平台已收到")]
)
def test_receipt_is_shown_to_its_holder(house, receipt, language, sentence):
    answer = as_(house.bidder, language).get(reverse("receipt", args=[receipt.pk]))
    text = text_of(answer)
    assert sentence in text
    assert bytes(receipt.salt).hex() in text.replace(" ", "")
    file = as_(house.bidder).get(reverse("receipt-file", args=[receipt.pk]))
    assert receipts.verify_receipt(file.content).body["id"] == receipt.urn
    assert file["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("who", [None, "buyer", "supervisor", "operator"])
@pytest.mark.parametrize("name", ["receipt", "receipt-file", "receipt-pdf"])
def test_receipt_is_shown_to_nobody_else(house, receipt, who, name):
    client = as_(getattr(house, who) if who else None)
    answer = client.get(reverse(name, args=[receipt.pk]))
    assert answer.status_code == 404
    assert bytes(receipt.salt).hex() not in text_of(answer).replace(" ", "")
    assert client.get(reverse(name, args=[uuid4()])).status_code == 404


def test_printed_receipt_carries_the_signed_one_and_later_its_proof(house, receipt):
    def inside() -> dict[str, bytes]:
        answer = as_(house.bidder, "en").get(reverse("receipt-pdf", args=[receipt.pk]))
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Cache-Control"] == "private, no-store"
        with pikepdf.open(BytesIO(answer.content)) as pdf:
            return {
                name: bytes(spec.get_file().read_bytes()) for name, spec in pdf.attachments.items()
            }

    found = inside()
    assert set(found) == {"receipt.json"}
    assert receipts.verify_receipt(found["receipt.json"]).body["id"] == receipt.urn
    checkpoints.make(clock.platform)
    found = inside()
    assert json.loads(found["proof.json"])["index"] == receipt.leaf_id


# --- trust lists --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "No list has been taken in"), ("zh-hans", "尚未采纳任何列表")],
)
def test_trust_lists_without_any_say_so(empty, language, sentence):
    assert sentence in text_of(as_(None, language).get("/trust/"))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ("In force", "issues certificates", "gives timestamps", "Recognised")),
        ("zh-hans", ("有效", "签发证书", "签发时间戳", "已认可")),
    ],
)
def test_trust_lists_show_each_list_and_service(db, language, sentences):
    certified.recognise("east", "west")
    text = text_of(as_(None, language).get("/trust/"))
    for sentence in ("CN-DY", "CN-XC", *sentences):
        assert sentence in text


def ask(data, language="en", name="a.cer"):
    return as_(None, language).post(
        "/trust/", {"certificate": SimpleUploadedFile(name, data)}
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_trust_lists_say_why_a_certificate_is_recognised_and_why_not(db, language):
    certified.recognise("east")
    before = log.size()
    yes = text_of(ask(certified.signer("east").certificate.dump(), language))
    no = text_of(ask(certified.signer("west").certificate.dump(), language))
    good, bad = {
        "en": ("The certificate is recognised.", "No list in force names its issuer"),
        "zh-hans": ("这张证书被认可。", "没有一份有效的列表"),
    }[language]
    assert good in yes
    assert "CN-DY" in yes
    assert bad in no
    assert log.size() == before


def test_trust_lists_read_pem_too(db):
    certified.recognise("east")
    pem = certified.lab().region("east").credential("issuing").certificate
    assert "The certificate is recognised." in text_of(ask(pem.public_bytes(Encoding.PEM)))


@pytest.mark.parametrize(
    "data", [b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x80",
             b"-----BEGIN CERTIFICATE-----", b"\x30\x03\x02\x01\x05", b"x" * 100_001]
)
def test_trust_lists_refuse_what_is_no_certificate(db, data):
    answer = ask(data)
    assert answer.status_code == 400
    assert 'href="#id_certificate"' in answer.content.decode()


def test_trust_lists_without_a_file_name_the_field(empty):
    answer = as_(None, "en").post("/trust/", {})
    assert answer.status_code == 400
    assert "Choose the certificate" in text_of(answer)
