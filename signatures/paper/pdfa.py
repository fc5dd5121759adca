"""Conversion of a drawn file to PDF/A-2b or 3b (ISO 19005-2 and -3), before any signature.

A signature covers bytes: so the file is converted first and signed after, and never rewritten.
The result depends on its input alone: dates and identifiers are the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal
from uuid import UUID

import pikepdf
from pikepdf import pdfa

from signatures.domain.errors import Malformed
from signatures.paper.document import Attachment

Profile = Literal["2b", "3b"]
PRODUCER = "Sunlit Trading"
_BFCHAR = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{5,6})>")


class NotArchivable(Malformed):
    """The file breaks a rule of PDF/A; the message holds the first rules broken."""

    default_code = "not-pdfa"


def pdf_date(moment: datetime) -> str:
    """A date in PDF's form and universal time (ISO 32000-2, 7.9.4). Refuses a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("A record's date needs its time zone.")
    return moment.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00")


def xmp_date(moment: datetime) -> str:
    """A date in XMP's form (ISO 8601, seconds, universal time)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _mend_unicode_maps(pdf: pikepdf.Pdf) -> None:
    """Write code points beyond U+FFFF as the surrogate pairs that ToUnicode maps ask for.

    ReportLab writes them as five plain digits (against Adobe Technical Note 5411), and the
    characters of rare names would then be copied and searched as two wrong ones.
    """

    def pair(match: re.Match[bytes]) -> bytes:
        character = chr(int(match[2], 16))
        return b"<%s> <%s>" % (match[1], character.encode("utf-16-be").hex().upper().encode())

    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font":
            stream = thing.get("/ToUnicode")
            if isinstance(stream, pikepdf.Stream):
                data = stream.read_bytes()
                mended = _BFCHAR.sub(pair, data)
                if mended != data:
                    stream.write(mended)


def _attach(pdf: pikepdf.Pdf, attachments: Sequence[Attachment], created: datetime) -> None:
    names = [attachment.name for attachment in attachments]
    if len(set(names)) != len(names):
        raise ValueError("Two attachments have the same name.")
    for attachment in attachments:
        moment = pdf_date(attachment.modified or created)
        spec = pikepdf.AttachedFileSpec(
            pdf,
            attachment.data,
            filename=attachment.name,
            description=attachment.description or attachment.name,
            mime_type=attachment.mime,
            creation_date=moment,
            mod_date=moment,
        )
        spec.relationship = pikepdf.Name(f"/{attachment.relationship}")
        pdf.attachments[attachment.name] = spec


def convert(
    drawn: bytes,
    *,
    profile: Profile,
    title: str,
    author: str,
    subject: str,
    language: str,
    created: datetime,
    document_id: UUID,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Return ``drawn`` as PDF/A of the given profile.

    ``document_id`` names the record in its XMP metadata and every date is ``created``, so equal
    input gives equal bytes. Attachments need profile 3b. Raises :class:`NotArchivable` when
    pikepdf's own check, which reads the written bytes, does not pass.
    """
    if attachments and profile != "3b":
        raise ValueError("Only PDF/A-3b carries attachments.")
    with pikepdf.open(BytesIO(drawn)) as pdf:
        for page in pdf.pages:
            if "/Trans" in page.obj:
                del page.obj["/Trans"]
        pdf.Root.Lang = pikepdf.String(language)
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        # ReportLab's file identifier depends on its own idea of the date.
        pdf.trailer.ID = pikepdf.Array([pikepdf.String(document_id.bytes)] * 2)
        _mend_unicode_maps(pdf)
        _attach(pdf, attachments, created)
        info = pdf.docinfo
        for key in list(info.keys()):
            del info[key]
        info["/Title"] = title
        info["/Author"] = author
        info["/Subject"] = subject
        info["/Creator"] = info["/Producer"] = PRODUCER
        info["/CreationDate"] = info["/ModDate"] = pdf_date(created)
        pdfa.prepare(pdf, profile)
        info["/Producer"] = PRODUCER
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["pdf:Producer"] = PRODUCER
            metadata["xmp:MetadataDate"] = xmp_date(created)
            metadata["xmpMM:DocumentID"] = f"urn:uuid:{document_id}"
            metadata["dc:language"] = {language}
        out = BytesIO()
        try:
            pdfa.save(pdf, out, profile, repair=False, deterministic_id=True, recompress_flate=True)
        except pdfa.PdfaError as error:
            raise NotArchivable(
                f"The record is not valid PDF/A-{profile}: {error.report.summary(5)}"
            ) from error
    return out.getvalue()
