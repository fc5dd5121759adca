"""The gate before signing: two validators of PDF/A that know nothing of one another.

``page-validation`` reads every rule of ISO 19005; ``pikepdf.pdfa`` accepts only constructs that
it knows. A file passes when both say so. After signing the first alone can judge, without its
rule on the signed byte range, which our own assessment of signatures checks instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import page
import pikepdf
from pikepdf import pdfa

from signatures.paper.guard import outside
from signatures.paper.pdfa import NotArchivable, Profile

# ISO 19005-2, 6.4.3: the byte range of a signature covers the whole file. In a file that is
# signed more than once every signature but the last covers its own revision only.
BYTE_RANGE_RULE = "-SIGNATURE-BYTERANGE-001"
STREAM_LENGTH_RULE = "-STREAM-LENGTH-001"


@dataclass(frozen=True)
class Finding:
    """One broken rule: which validator says so, the clause, and what is wrong."""

    validator: str
    rule: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """What the validators say of a file. ``validators`` are those that judged it."""

    compliant: bool
    profile: Profile
    signed: bool
    validators: tuple[str, ...]
    findings: tuple[Finding, ...]
    pages: int

    def __bool__(self) -> bool:
        raise TypeError("Read .compliant: a verdict is never a lone tick.")

    def require(self) -> None:
        """Raise :class:`~signatures.paper.pdfa.NotArchivable` with the first findings."""
        if not self.compliant:
            first = "; ".join(f"{one.rule}: {one.message}" for one in self.findings[:3])
            raise NotArchivable(f"The file is not valid PDF/A-{self.profile}: {first}")


def _lengths_hold(data: bytes) -> bool:
    """Whether every stream is as long as it says, where page-validation may be mistaken.

    It takes a carriage return that ends a stream's own data for a part of the line end after
    it, which happens to one compressed stream in 256. So each stream is read by its length, and
    a line end with ``endstream`` must follow exactly there (ISO 19005-2, 6.1.7.1).
    """
    if b"\r\nendstream" not in data:
        return False
    at = 0
    try:
        with pikepdf.open(BytesIO(data), suppress_warnings=True) as pdf:
            for thing in pdf.objects:
                if not isinstance(thing, pikepdf.Stream):
                    continue
                ended = thing.read_raw_bytes() + b"\nendstream"
                # Writers put streams in the order of their numbers: look ahead first.
                found = data.find(ended, at)
                at = found if found >= 0 else data.find(ended)
                if at < 0:
                    return False
            return not pdf.get_warnings()
    except pikepdf.PdfError:
        return False


def _page_validation(data: bytes, profile: Profile, signed: bool) -> tuple[list[Finding], int]:
    try:
        report = page.validate_pdf_bytes(data, profile=profile)
    except page.PageError as error:
        return [Finding("page-validation", type(error).__name__, str(error))], 0
    findings = []
    for failure in report.failures:
        if signed and failure.rule_id.endswith(BYTE_RANGE_RULE):
            continue
        if failure.rule_id.endswith(STREAM_LENGTH_RULE) and _lengths_hold(data):
            continue
        findings.append(Finding("page-validation", failure.rule_id, failure.message))
    if not report.is_compliant and not report.failures:
        findings.append(Finding("page-validation", "", "not compliant, and no rule was named"))
    return findings, report.document.page_count


def validate(data: bytes, profile: Profile, signed: bool = False) -> Verdict:
    """Judge a PDF/A file; never raises for what is wrong with the file.

    ``signed`` files are judged by ``page-validation`` alone and without its byte-range rule:
    ``pikepdf.pdfa`` knows no signature fields.
    """
    outside("Validating a PDF/A file")
    findings, pages = _page_validation(data, profile, signed)
    validators = ["page-validation"]
    if not signed:
        validators.append("pikepdf.pdfa")
        report = pdfa.validate_written(BytesIO(data), profile)
        findings.extend(
            Finding("pikepdf.pdfa", one.rule, f"{one.message} ({one.where})")
            for one in report.findings
        )
    return Verdict(not findings, profile, signed, tuple(validators), tuple(findings), pages)
