"""Files as tenderers choose them: sound ones, and every way in which one is not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pikepdf
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"
WORD = 'xmlns:w="urn:w"'


def pdf(*pages: str, info: Mapping[str, str] | None = None) -> bytes:
    """A PDF with these pages of text, and with no more properties than are given."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    drawn = io.BytesIO()
    canvas = Canvas(drawn, invariant=1)
    for text in pages or ("text",):
        canvas.setFont(FONT, 12)
        for line, words in enumerate(text.split("\n")):
            canvas.drawString(72, 720 - 20 * line, words)
        canvas.showPage()
    canvas.save()
    return changed(drawn.getvalue(), info=info or {})


def changed(
    data: bytes,
    *,
    info: Mapping[str, str] | None = None,
    xmp: str = "",
    script: str = "",
    inside: bytes = b"",
    password: str | None = None,
) -> bytes:
    """The same PDF with other properties, with something inside it, or encrypted."""
    found = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        if info is not None:
            del document.trailer["/Info"]
            for name, text in info.items():
                document.docinfo[f"/{name}"] = text
        if xmp:
            document.Root.Metadata = pikepdf.Stream(
                document, xmp.encode(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
            )
        if script:
            document.Root.OpenAction = pikepdf.Dictionary(
                S=pikepdf.Name.JavaScript, JS=pikepdf.String(script)
            )
        if inside:
            document.attachments["inside.bin"] = inside
        encryption = (
            False if password is None else pikepdf.Encryption(owner="owner", user=password)
        )
        document.save(
            found,
            deterministic_id=password is None,
            encryption=encryption,
            compress_streams=False,
            fix_metadata_version=False,
        )
    return found.getvalue()


def large(path: Path, blocks: Iterable[bytes]) -> Path:
    """A PDF of one page that is as long as the blocks that lie in it, written block by block."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/Filler 4 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
    )
    words = b"BT /F 12 Tf 72 720 Td (plan) Tj ET"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        offsets = []

        def begin(number: int) -> None:
            offsets.append(file.tell())
            file.write(b"%d 0 obj\n" % number)

        for number, body in enumerate(objects, start=1):
            begin(number)
            file.write(body + b"\nendobj\n")
        begin(4)
        file.write(b"<</Length 5 0 R>>\nstream\n")
        start = file.tell()
        for block in blocks:
            file.write(block)
        size = file.tell() - start
        file.write(b"\nendstream\nendobj\n")
        begin(5)
        file.write(b"%d\nendobj\n" % size)
        begin(6)
        file.write(b"<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(words), words))
        table = file.tell()
        file.write(b"xref\n0 7\n0000000000 65535 f \n")
        file.write(b"".join(b"%010d 00000 n \n" % each for each in offsets))
        file.write(b"trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table)
    return path


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP package of these parts."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return found.getvalue()


def docx(text: str = "施工方案", *, more: Mapping[str, str | bytes] | None = None) -> bytes:
    body = f"<w:document {WORD}><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:document>"
    return package({"[Content_Types].xml": "<Types/>", "word/document.xml": body, **(more or {})})


def core(**fields: str) -> dict[str, str]:
    """A package's core properties."""
    body = "".join(f"<dc:{name}>{text}</dc:{name}>" for name, text in fields.items())
    return {"docProps/core.xml": f'<cp:coreProperties xmlns:dc="urn:dc">{body}</cp:coreProperties>'}


def encrypted_entry(data: bytes) -> bytes:
    """The same package, its first part marked as encrypted."""
    found = bytearray(data)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found[found.index(mark) + flags] |= 1
    return bytes(found)


def jpeg(*, artist: str = "", gps: bool = False, comment: bytes = b"") -> bytes:
    exif = Image.Exif()
    if artist:
        exif[0x013B] = artist
    if gps:
        exif.get_ifd(0x8825)[1] = "N"
    found = io.BytesIO()
    more = {"comment": comment} if comment else {}
    Image.new("RGB", (8, 8), "red").save(found, "JPEG", exif=exif, **more)
    return found.getvalue()


def png(chunks: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    found = io.BytesIO()
    Image.new("RGB", (8, 8), "blue").save(found, "PNG")
    data = found.getvalue()
    # Behind the signature and IHDR.
    return data[:33] + b"".join(_chunk(*each) for each in chunks) + data[33:]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
