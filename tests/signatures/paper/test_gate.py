"""The gate: both validators must agree, and say why not."""

from __future__ import annotations

import re
from io import BytesIO

import pikepdf
import pytest

from signatures.domain.outside import InsideTransaction
from signatures.paper import gate
from signatures.paper.pdfa import NotArchivable, convert
from tests.signatures.paper.records import CREATED, ID, everything, made, record


@pytest.fixture(scope="module")
def good() -> bytes:
    return made(everything()).data


def changed(data: bytes, change: object) -> bytes:
    with pikepdf.open(BytesIO(data)) as pdf:
        change(pdf)  # type: ignore[operator]
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()


def unembed(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing:
            del thing["/FontFile2"]


def script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
    )


def without_metadata(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Metadata


def without_intent(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def transition(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Named))


@pytest.mark.parametrize("change", [unembed, script, without_metadata, without_intent, transition])
def test_broken_file_does_not_pass(good: bytes, change: object) -> None:
    verdict = gate.validate(changed(good, change), "2b")
    assert not verdict.compliant
    assert verdict.findings
    with pytest.raises(NotArchivable) as caught:
        verdict.require()
    assert verdict.findings[0].rule in caught.value.message


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04", bytes(1000)])
def test_what_is_no_pdf_does_not_pass(data: bytes) -> None:
    verdict = gate.validate(data, "2b")
    assert not verdict.compliant
    assert {finding.validator for finding in verdict.findings} == {
        "page-validation",
        "pikepdf.pdfa",
    }


def test_truncated_file_does_not_pass(good: bytes) -> None:
    assert not gate.validate(good[: len(good) // 2], "2b").compliant


def test_file_of_one_profile_is_not_of_the_other(good: bytes) -> None:
    assert not gate.validate(good, "3b").compliant


def test_encrypted_file_does_not_pass(good: bytes) -> None:
    with pikepdf.open(BytesIO(good)) as pdf:
        out = BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user=""))
    assert not gate.validate(out.getvalue(), "2b").compliant


def test_good_file_passes_and_requires_nothing(good: bytes) -> None:
    verdict = gate.validate(good, "2b")
    verdict.require()
    assert (verdict.compliant, verdict.profile, verdict.signed) == (True, "2b", False)


def test_verdict_is_no_boolean(good: bytes) -> None:
    with pytest.raises(TypeError, match="compliant"):
        bool(gate.validate(good, "2b"))


def test_conversion_refuses_what_it_cannot_make_valid() -> None:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                )
            )
        )
        page.obj.Contents = pdf.make_stream(b"BT /F1 12 Tf (lost) Tj ET")
        out = BytesIO()
        pdf.save(out)
    with pytest.raises(NotArchivable, match="not valid PDF/A-2b"):
        convert(
            out.getvalue(),
            profile="2b",
            title="t",
            author="a",
            subject="s",
            language="en",
            created=CREATED,
            document_id=ID,
        )


def plain(data: bytes, ending: bytes) -> bytes:
    """The file without compression, its first page's content ending so."""
    with pikepdf.open(BytesIO(data)) as pdf:
        content = pdf.pages[0].obj.Contents
        content = content[0] if isinstance(content, pikepdf.Array) else content
        content.write(content.read_bytes().rstrip() + ending)
        out = BytesIO()
        pdf.save(
            out,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            deterministic_id=True,
        )
    return out.getvalue()


@pytest.mark.parametrize("ending", [b" ", b"\n", b"\r", b"\n\r"])
def test_stream_that_ends_in_a_line_end_is_no_fault(good: bytes, ending: bytes) -> None:
    data = plain(good, ending)
    assert ending + b"\nendstream" in data
    assert gate.validate(data, "2b", signed=True).findings == ()


@pytest.mark.parametrize("by", [-1, 1])
def test_wrong_length_does_not_pass_beside_a_carriage_return(good: bytes, by: int) -> None:
    data = plain(good, b"\r")
    length = re.search(rb"/Length (\d+)", data)
    assert length is not None
    wrong = str(int(length[1]) + by).encode()
    assert len(wrong) == len(length[1])
    data = data[: length.start(1)] + wrong + data[length.end(1) :]
    assert not gate.validate(data, "2b", signed=True).compliant


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_validated() -> None:
    from django.db import transaction

    data = made(record()).data
    with transaction.atomic(), pytest.raises(InsideTransaction):
        gate.validate(data, "2b")
