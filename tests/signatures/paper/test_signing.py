"""Fields, seals and marks on a signed record: still PDF/A, and seen on the page."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from io import BytesIO

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields as pdf_fields
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.domain.errors import Malformed
from signatures.paper import gate, pages
from signatures.paper.fields import create
from signatures.paper.glyphs import MissingGlyph
from signatures.paper.outline import Drawing
from signatures.paper.seal import hand, seal, stamp_style
from signatures.sandbox import run
from tests.signatures.paper.records import everything, made

NAME = "江城市公共资源交易中心"
DER = serialization.Encoding.DER


@pytest.fixture(scope="module")
def signer() -> signers.SimpleSigner:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 5)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        asn1_x509.Certificate.load(certificate.public_bytes(DER)),
        asn1_keys.PrivateKeyInfo.load(private),
        SimpleCertificateStore(),
    )


def signed(
    data: bytes, signer: signers.SimpleSigner, stamps: Sequence[tuple[str, Drawing]]
) -> bytes:
    for index, (name, drawing) in enumerate(stamps):
        metadata = signers.PdfSignatureMetadata(
            field_name=name,
            md_algorithm="sha256",
            subfilter=pdf_fields.SigSeedSubFilter.PADES,
            certify=index == 0,
            docmdp_permissions=pdf_fields.MDPPerm.FILL_FORMS,
        )
        one = signers.PdfSigner(metadata, signer=signer, stamp_style=stamp_style(drawing))
        data = one.sign_pdf(IncrementalPdfFileWriter(BytesIO(data))).getvalue()
    return data


def test_empty_fields_are_added_without_changing_a_byte() -> None:
    rendered = made(everything())
    data = rendered.with_fields()
    assert data.startswith(rendered.data)
    assert gate.validate(data, "2b", signed=True).findings == ()
    found = pdf_fields.enumerate_sig_fields(PdfFileReader(BytesIO(data)))
    assert [(name, value) for name, value, _ in found] == [
        ("Tenderee", None),
        ("Supervisor", None),
        ("Seal", None),
    ]


def test_no_field_changes_nothing() -> None:
    data = made(everything()).data
    assert create(data, ()) == data


def test_record_signed_three_times_is_valid_but_for_the_byte_range(
    signer: signers.SimpleSigner,
) -> None:
    data = signed(
        made(everything()).with_fields(),
        signer,
        [
            ("Tenderee", hand("林晓岚", lines=["2026-11-20 15:04:11 +08:00"])),
            ("Supervisor", hand("𠮷川䶮")),
            ("Seal", seal(NAME, kind="电子业务专用章", code="4201000041136")),
        ],
    )
    verdict = gate.validate(data, "2b", signed=True)
    assert verdict.findings == ()
    assert verdict.validators == ("page-validation",)
    unsigned = gate.validate(data, "2b")
    assert {one.rule for one in unsigned.findings if one.validator == "page-validation"} == {
        "PDFA2B-SIGNATURE-BYTERANGE-001"
    }


def test_seal_is_seen_in_red_on_the_page(signer: signers.SimpleSigner) -> None:
    def reds(data: bytes) -> int:
        image = Image.open(BytesIO(pages.png(data, 2))).convert("RGB")
        return sum(
            count
            for count, (red, green, blue) in image.getcolors(1 << 24) or ()
            if red > 180 and green < 60 and blue < 90
        )

    before = made(everything()).with_fields()
    assert reds(before) == 0
    assert reds(signed(before, signer, [("Seal", seal(NAME))])) > 1000


@pytest.mark.parametrize("name", ["甲", NAME, "中" * 40, "Sunlit Trading Co., Ltd.", "𠮷䶮"])
def test_seal_stays_within_its_circle(name: str) -> None:
    drawing = seal(name, kind="电子业务专用章" * 2, code="4201000041136" * 2)
    centre = drawing.width / 2
    for shape in drawing.shapes[1:]:
        for _, numbers in shape.steps:
            for x, y in zip(numbers[::2], numbers[1::2], strict=True):
                assert (x - centre) ** 2 + (y - centre) ** 2 < (70 / 150 * drawing.width) ** 2


def test_seal_as_image_says_what_it_is() -> None:
    root = ET.fromstring(seal("甲<乙>&公司").svg())
    assert root[0].text == "甲<乙>&公司"
    assert root.get("viewBox") == "0 0 113.4 113.4"


def test_seal_with_a_character_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(MissingGlyph):
        seal("公司\U0001f600")
    with pytest.raises(MissingGlyph):
        hand("李\u202e")


def test_page_image_is_png_of_its_size() -> None:
    image = Image.open(BytesIO(pages.png(made(everything()).data, 0, dpi=72)))
    assert (image.format, image.size, image.info) == ("PNG", (596, 842), {})


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"not a file"])
def test_unreadable_file_is_named_so(data: bytes) -> None:
    with pytest.raises(pages.Unreadable):
        pages.png(data)


@pytest.mark.parametrize("page", [-1, 3, 99])
def test_page_that_is_not_there_is_refused(page: int) -> None:
    with pytest.raises(pages.Unreadable, match="3 pages"):
        pages.png(made(everything()).data, page)


def test_pages_are_read_in_the_sandbox() -> None:
    data = made(everything()).data
    image = run("signatures.paper.pages:png_job", (1).to_bytes(2, "big") + data)
    assert image.startswith(b"\x89PNG")
    texts = json.loads(run("signatures.paper.pages:text_job", data))
    assert texts == list(pages.texts(data))
    with pytest.raises(Malformed) as caught:
        run("signatures.paper.pages:text_job", b"%PDF-1.7")
    assert caught.value.code == "unreadable-pdf"
