"""Uploads judged before they are kept."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain.errors import Malformed
from signatures.sandbox.filetype import (
    Checked,
    EmptyFile,
    HostileName,
    TooLarge,
    WrongType,
    check_name,
    check_upload,
)

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "x" * 10)
    return out.getvalue()


def upload(name: str, data: bytes, *allowed: str, max_bytes: int = 1000) -> Checked:
    return check_upload(name, io.BytesIO(data), allowed or ("pdf",), max_bytes)


@pytest.mark.parametrize(
    ("name", "data", "extension", "mime"),
    [
        ("技术标.pdf", PDF, "pdf", "application/pdf"),
        ("𠮷田建设 报价（第二次）.PDF", PDF, "pdf", "application/pdf"),
        ("scan.png", PNG, "png", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0" + bytes(9), "jpeg", "image/jpeg"),
        ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "ofd", "application/ofd"),
        (
            "a.docx",
            archive("[Content_Types].xml", "word/document.xml"),
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("a.json", b" {}", "json", "application/json"),
        ("清单.csv", "序号，名称\n".encode(), "csv", "text/csv"),
        ("a.mp4", bytes(4) + b"ftypisom" + bytes(9), "mp4", "video/mp4"),
    ],
)
def test_upload_of_its_type_passes(name: str, data: bytes, extension: str, mime: str) -> None:
    stream = io.BytesIO(data)
    assert check_upload(name, stream, (extension,), 1000) == Checked(
        name, extension, mime, len(data)
    )
    assert stream.tell() == 0


def test_name_is_composed() -> None:
    assert upload("e\u0301tude.pdf", PDF).name == "\u00e9tude.pdf"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.pdf",
        "a/b.pdf",
        "a\\b.pdf",
        "C:x.pdf",
        "a<b>.pdf",
        "a|b.pdf",
        "what?.pdf",
        "a*.pdf",
        '"a".pdf',
        "a\x00.pdf",
        "a\n.pdf",
        "a\x1b[31m.pdf",
        "a\x7f.pdf",
        "报价\u202efdp.exe.pdf",
        "a\u2066b.pdf",
        "a\u200b.pdf",
        "a\ufeff.pdf",
        "a\u2028b.pdf",
        "a\ue000.pdf",
        "a\U000e0041.pdf",
        "",
        " ",
        ".",
        "..",
        "...",
        "\u3000",
        ".htaccess",
        "-rf.pdf",
        "~a.pdf",
        " a.pdf",
        "a.pdf ",
        "a.pdf.",
        "CON.pdf",
        "con",
        "nul.tar.pdf",
        "LPT1.pdf",
        "com¹.pdf",
        "招" * 100 + ".pdf",
        "a" * 250 + ".pdf",
    ],
)
def test_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(HostileName) as caught:
        upload(name, PDF)
    assert caught.value.code == "hostile-name"
    assert not any(ord(c) < 32 or c in "\u202e\u2066\u200b" for c in caught.value.message)


def test_lone_surrogate_in_a_name_is_refused() -> None:
    with pytest.raises(HostileName):
        check_name("a\udc80.pdf")


@given(st.text(max_size=40))
def test_any_name_passes_unchanged_in_nfc_or_is_refused(name: str) -> None:
    try:
        clean = check_name(name)
    except HostileName:
        return
    assert check_name(clean) == clean
    assert clean.replace("\u3000", " ").replace("\u00a0", " ").isprintable()


@pytest.mark.parametrize("space", ["\u1680", "\u2002", "\u2009", "\u202f", "\u205f"])
def test_space_that_nobody_types_is_refused(space: str) -> None:
    with pytest.raises(HostileName, match=f"U\\+{ord(space):04X}"):
        check_name(f"0{space}0.pdf")


@pytest.mark.parametrize(
    ("name", "data", "allowed"),
    [
        ("a.exe", b"MZ", ("pdf",)),
        ("a", PDF, ("pdf",)),
        ("a.pdf.exe", PDF, ("pdf",)),
        ("a.pdf", b"MZ" + bytes(30), ("pdf",)),
        ("a.pdf", b"\n%PDF-1.7", ("pdf",)),
        ("a.pdf", PNG, ("pdf", "png")),
        ("a.png", PDF, ("pdf", "png")),
        ("a.ofd", archive("word/document.xml"), ("ofd",)),
        ("a.docx", archive("OFD.xml"), ("docx",)),
        ("a.xlsx", archive("[Content_Types].xml", "word/document.xml"), ("xlsx",)),
        ("a.json", b"\x00{}", ("json",)),
        ("a.csv", b"\xff\xfe1\x00", ("csv",)),
        ("a.csv", "价".encode("gbk"), ("csv",)),
        ("a.mp4", b"%PDF-ftyp" + bytes(9), ("mp4",)),
    ],
)
def test_wrong_type_is_refused_by_name(name: str, data: bytes, allowed: tuple[str, ...]) -> None:
    with pytest.raises(WrongType) as caught:
        upload(name, data, *allowed)
    assert name in caught.value.message


def test_empty_file_is_refused_by_name() -> None:
    with pytest.raises(EmptyFile) as caught:
        upload("技术标.pdf", b"")
    assert "技术标.pdf" in caught.value.message


def test_file_at_the_limit_passes_and_one_byte_more_is_refused() -> None:
    assert upload("a.pdf", PDF.ljust(1000), max_bytes=1000).size == 1000
    with pytest.raises(TooLarge) as caught:
        upload("a.pdf", PDF.ljust(1001), max_bytes=1000)
    assert "1,001" in caught.value.message
    assert "1,000" in caught.value.message


def test_every_refusal_is_malformed() -> None:
    for error in (HostileName, WrongType, EmptyFile, TooLarge):
        assert issubclass(error, Malformed)


def test_character_cut_by_the_window_is_no_fault() -> None:
    data = b"a" + "标".encode() * 40_000
    assert upload("a.csv", data, "csv", max_bytes=10**6).size == len(data)
