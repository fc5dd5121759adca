"""A document's page: who may read it, what it says of its seal, and what it takes to be shown."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.urls import reverse

from signatures import store
from signatures.domain import guard, jcs
from signatures.domain.assessment import (
    Assessment,
    Listing,
    RevocationSource,
    SignatureReport,
    Verdict,
)
from tests.factories import floor
from tests.trading.pages import as_, text_of
from trading.models import Document, Exhibit

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)


def page(name: str, row: Document | Exhibit, person=None, language: str = "en"):
    return as_(person, language).get(reverse(f"{name}-read", args=[row.pk]))


def judged(**report) -> str:
    """The digest of a stored assessment with one signature."""
    one = SignatureReport(
        **{
            "kind": "signature",
            "verdict": Verdict.VALID,
            "sub_indication": "",
            "signer": "江城市水务局",
            "organisation": "江城市水务局",
            "authority": "东江省数字证书认证中心",
            "listing": Listing(territory="CN-33", version=12, service="东江 CA"),
            "revocation": RevocationSource(kind="OCSP", at=AT),
            "proven_time": AT,
            "coverage": "the file as it was when signed",
            "not_covered": ("evidence that was added later", "field 签章1"),
            "level": "B-LTA",
            **report,
        }
    )
    made = Assessment(
        kind="pdf",
        at=AT,
        sha256="0" * 64,
        verdict=one.verdict,
        sub_indication=one.sub_indication,
        signatures=(one,),
    )
    return store.put(jcs.dumps(made.as_dict())).sha256


def filed(house, *, kind: str = "opening-record", media_type: str = "application/pdf", **seal):
    """An exhibit for everybody that bears this seal."""
    with guard.writes("test arrangement"):
        row = Exhibit(
            lot=house.lot, kind=kind, stage="NOTICE", name="开标记录",
            digest=store.put(f"%PDF-1.7 {uuid4()}".encode()).sha256, size=10,
            media_type=media_type, audience=["public"], filed_at=floor.START, leaf=3, seal=seal,
        )  # fmt: skip
        row.save()
    return row


def test_reading_shows_the_viewer_with_the_file_and_what_it_needs(house):
    notice = Document.objects.get(kind="notice")
    answer = page("document", notice)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'data-file="{reverse("document", args=[notice.pk])}"' in html
    assert 'data-worker="/static/vendor/pdfjs/build/pdf.worker.mjs"' in html
    assert "style=" not in html
    assert answer["Cache-Control"] == "private, no-cache"


def test_reading_of_what_has_no_pages_offers_the_file_alone(house):
    html = page("exhibit", filed(house, media_type="application/json")).content.decode()
    assert "data-viewer" not in html
    assert "Open the file" in html


def test_reading_says_who_sealed_it_and_what_is_not_covered(house):
    row = filed(house, signing="signing:1", assessment=judged())
    english = text_of(page("exhibit", row))
    assert "trust list CN-33 v12, 东江 CA" in english
    assert "not revoked as of 2026-03-10 09:30:00 (OCSP)" in english
    assert "Evidence that was added later" in english
    assert "The form field 签章1, which was filled later." in english
    chinese = text_of(page("exhibit", row, language="zh-hans"))
    assert "CN-33 信任列表 v12" in chinese
    assert "evidence that was added" not in chinese
    assert "the file as it was" not in chinese


def test_reading_gives_the_reason_of_a_seal_that_does_not_hold(house):
    broken = judged(verdict=Verdict.INVALID, sub_indication="REVOKED", reasons=("It is revoked.",))
    text = text_of(page("exhibit", filed(house, verdict="invalid", assessment=broken)))
    assert "Seal not valid" in text
    assert "The certificate was revoked before it signed." in text


@pytest.mark.parametrize("assessment", ["0" * 64, "nothing", 7, None])
def test_reading_without_a_stored_assessment_says_so(house, assessment):
    answer = page("exhibit", filed(house, signing="signing:1", assessment=assessment))
    assert answer.status_code == 200
    assert "No details of its seal are kept here." in text_of(answer)


def test_reading_of_a_damaged_assessment_says_so(house):
    kept = store.put(b'{"kind":"pdf"}').sha256
    answer = page("exhibit", filed(house, verdict="valid", assessment=kept))
    assert "No details of its seal are kept here." in text_of(answer)


def test_reading_names_the_signed_list_that_covers_a_file(house):
    listing = filed(house, kind="bid-manifest", media_type="application/json")
    covered = filed(house, kind="bid-document", manifest=listing.digest)
    html = page("exhibit", covered).content.decode()
    assert f'<a href="{reverse("exhibit-read", args=[listing.pk])}"' in html


def test_reading_does_not_lead_to_a_list_that_is_not_open(house):
    listing = filed(house, kind="bid-manifest")
    with guard.writes("test arrangement"):
        Exhibit.objects.filter(pk=listing.pk)._raw_delete(Exhibit.objects.db)
        listing.audience, listing._state.adding = ["supervisor"], True
        listing.save()
    covered = filed(house, kind="bid-document", manifest=listing.digest)
    answer = page("exhibit", covered)
    assert reverse("exhibit-read", args=[listing.pk]) not in answer.content.decode()
    assert "a signed list names it by its digest" in text_of(answer)


@pytest.mark.parametrize("who", [None, "bidder", "operator"])
def test_reading_a_tender_document_before_the_fetch_is_refused(house, who):
    tender = Document.objects.get(kind="tender-document")
    answer = page("document", tender, who and getattr(house, who))
    assert answer.status_code == 404
    assert "data-viewer" not in answer.content.decode()


@pytest.mark.parametrize("name", ["document-read", "exhibit-read"])
def test_reading_what_is_not_there_is_not_found(house, name):
    assert as_(None).get(reverse(name, args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("name", ["document-read", "exhibit-read"])
def test_reading_is_only_read(house, name):
    assert as_(house.buyer).post(reverse(name, args=[uuid4()])).status_code == 405


def test_project_leads_to_the_page_of_each_document(house):
    notice = Document.objects.get(kind="notice")
    html = as_(None).get(f"/projects/{house.lot.project.code}/").content.decode()
    assert f'href="{reverse("document-read", args=[notice.pk])}"' in html
