"""The notice and the tender document: what they say, and that the seal on them holds."""

from __future__ import annotations

import io
from datetime import timedelta

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures.domain import clock, services, trust_acts
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.keys import Signer
from signatures.domain.outside import InsideTransaction
from signatures.domain.trust_acts import PinListSigner
from signatures.lab.lab import Lab
from signatures.paper.document import Digest, Table
from tests.factories import floor
from tests.factories.floor import DATES, START
from trading.domain.notices import evaluation_digest
from trading.interfaces.records import notice, sealing

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return floor.house()


def cells(record):
    return [
        [getattr(cell, "zh", cell) for cell in row]
        for block in record.blocks
        if isinstance(block, Table)
        for row in block.rows
    ]


def test_notice_prints_the_chosen_dates_with_their_articles(house):
    rows = cells(notice.notice_record(house.lot, dates=DATES, at=START))
    assert ["投标截止", "2026-03-31 09:30", "招标投标法 24"] in rows
    assert ["招标文件发售截止", "2026-03-16 17:00", "招标投标法实施条例 16"] in rows
    both = "招标投标法 23, 招标投标法实施条例 21"
    assert ["影响投标的澄清修改截止", "2026-03-16 24:00", both] in rows
    assert not [row for row in rows if row[0] == "发出中标通知书"]


def test_tender_document_prints_the_digest_of_the_method(house):
    record = notice.tender_document_record(house.lot, at=START)
    (digest,) = [block for block in record.blocks if isinstance(block, Digest)]
    assert digest.hexadecimal == evaluation_digest(house.lot)


def test_drafts_are_the_same_bytes_for_the_same_moment(house):
    for record in (
        notice.notice_record(house.lot, dates=DATES, at=START),
        notice.tender_document_record(house.lot, at=START),
    ):
        first, second = (
            sealing.draft(record, subject=house.lot.pk, at=START) for _ in range(2)
        )
        assert first.data == second.data
        assert [field.name for field in first.fields] == ["Seal"]
        with pikepdf.open(io.BytesIO(first.with_fields())) as pdf:
            assert len(pdf.pages) == first.pages


@pytest.mark.django_db(transaction=True)
def test_records_are_never_made_inside_a_transaction(house):
    from django.db import transaction

    record = notice.tender_document_record(house.lot, at=START)
    with transaction.atomic(), pytest.raises(InsideTransaction):
        sealing.draft(record, subject=house.lot.pk, at=START)


@pytest.fixture
def lab(settings, tmp_path):
    """The lab of this test's platform, its lists pinned and taken in."""
    settings.LAB = tmp_path / "lab"
    made = Lab.create(settings.LAB, now=clock.now() - timedelta(days=1))
    services._open.cache_clear()
    now = clock.now()
    founder = Actor.process("founder")
    for name in ("east", "west"):
        region = made.region(name)
        dispatch(
            PinListSigner(
                territory=region.territory, certificate=region.list_signer.asn1.dump()
            ),
            actor=founder,
        )
        trust_acts.take_in(
            region.trust_list(now), territory=region.territory, actor=founder,
            clock=FixedClock(now),
        )
    yield made
    services._open.cache_clear()


def test_prepared_documents_are_sealed_for_the_long_term(house, lab):
    issued = lab.region("east").issue(
        "Tenderee", organisation=house.tenderee.name, credit_code=house.tenderee.credit_code
    )
    signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
    now = clock.now()
    data = notice.prepare_tender_document(house.lot, at=now, signer=signer)
    reader = PdfFileReader(io.BytesIO(data))
    kinds = [str(one.sig_object["/Type"]) for one in reader.embedded_signatures]
    assert kinds == ["/Sig", "/DocTimeStamp"]
    assert reader.embedded_signatures[0].field_name == "Seal"
    assert "/DSS" in reader.root
