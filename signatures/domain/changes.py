"""What was done to a PDF after somebody signed it, and whether that was allowed.

After the last signature or timestamp nothing may follow but evidence (security store, metadata).
After an earlier one the signature fields that were prepared may have been filled; anything else
counts only where a certifying signature allowed it. (An update that a viewer shows and a lenient
check of an earlier signature passes is a known attack.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signatures.domain.keys import describe

COVERED = {
    SignatureCoverageLevel.ENTIRE_FILE: "the whole file",
    SignatureCoverageLevel.ENTIRE_REVISION: "the file as it was when signed",
}
HARMLESS = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
FILLING = (fields.MDPPerm.FILL_FORMS, fields.MDPPerm.ANNOTATE)


@dataclass(frozen=True)
class Document:
    """What all signatures of one document share.

    ``known`` is what its security store holds; ``permission`` what a certifying signature allows.
    """

    reader: PdfFileReader
    data: bytes
    signatures: tuple[EmbeddedPdfSignature, ...]
    stamps: tuple[EmbeddedPdfSignature, ...]
    known: LocalKnowledge
    permission: fields.MDPPerm | None

    @property
    def last(self) -> EmbeddedPdfSignature:
        """The signature or timestamp that was put in last."""
        return max(self.signatures, key=lambda each: int(each.signed_revision))


def disallowed_change(signature: EmbeddedPdfSignature, document: Document) -> str | None:
    """A sentence on what was changed after signing and must not have been, or None.

    The signature's integrity must have been computed before.
    """
    if signature.coverage not in COVERED:
        return "The signature does not cover the whole document as it was then."
    difference = signature.diff_result
    if not isinstance(difference, DiffResult):
        return f"The document was changed after signing: {describe(Exception(str(difference)))}"
    last = signature is document.last
    if last and _stray(signature, document):
        return "Something was appended to the document after the last signature."
    if difference.modification_level in HARMLESS:
        return None
    if last or difference.modification_level is not ModificationLevel.FORM_FILLING:
        return "The document was changed after signing."
    stamps = {each.field_name for each in document.stamps}
    prepared = _fields_then(signature, only_signatures=document.permission not in FILLING)
    filled = sorted(difference.changed_form_fields - prepared - stamps)
    if filled:
        return f"Added or filled after signing, which nothing allowed: {', '.join(filled)}."
    return None


def _fields_then(signature: EmbeddedPdfSignature, *, only_signatures: bool) -> set[str]:
    """The names of the fields that stood in the document when it was signed."""
    then = signature.reader.get_historical_resolver(signature.signed_revision)
    found = {name for name, _, _ in fields.enumerate_sig_fields(then)}
    if only_signatures or "/AcroForm" not in then.root:
        return found

    def walk(items: Any, above: str) -> None:
        for reference in items:
            item = reference.get_object()
            own = item.get("/T")
            name = ".".join(str(part) for part in (above, own) if part)
            found.add(name)
            walk(item.get("/Kids", ()), name)

    walk(then.root["/AcroForm"].get("/Fields", ()), "")
    return found


def _stray(signature: EmbeddedPdfSignature, document: Document) -> bool:
    """Whether bytes follow the last signature that are no revision of the document."""
    if signature.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return False
    rest = document.data[int(signature.byte_range[2]) + int(signature.byte_range[3]) :]
    revisions = document.reader.xrefs.total_revisions - 1 - signature.signed_revision
    ended = rest.rstrip(b"\r\n").endswith(b"%%EOF")
    return revisions < 1 or rest.count(b"startxref") != revisions or not ended
