"""What was published on a lot, as documents of the standard.

Types are those of its codelist ``documentType``; the digest (SHA-256) stands in the description,
for which the standard has no field.
"""

from __future__ import annotations

from typing import Any

from trading.domain.award import AWARD
from trading.domain.candidates import CANDIDATES
from trading.domain.contract_publicity import PUBLISHED
from trading.domain.framework_orders import ORDERED
from trading.enums import DocumentKind
from trading.models import Document, Exhibit, Lot
from trading.ocds.ids import address, moment
from trading.ocds.story import NOTICE, OPENING, shown_at

LANGUAGE = "zh"
_EXHIBITS = {
    NOTICE: "tenderNotice",
    OPENING: "bidders",
    CANDIDATES: "evaluationReports",
    AWARD: "awardNotice",
    PUBLISHED: "contractSigned",
    ORDERED: "contractNotice",
}
_DOCUMENTS = {
    DocumentKind.TENDER_DOCUMENT.value: "biddingDocuments",
    DocumentKind.PREQUALIFICATION.value: "eligibilityCriteria",
    DocumentKind.CLARIFICATION.value: "clarifications",
    DocumentKind.ATTACHMENT.value: "biddingDocuments",
    DocumentKind.BILL.value: "billOfQuantity",
}


def of_exhibit(exhibit: Exhibit) -> dict[str, Any]:
    """An exhibit that everybody may read, with the address of its bytes."""
    return {
        "id": exhibit.urn,
        "documentType": _EXHIBITS[exhibit.kind],
        "title": exhibit.name,
        "description": f"SHA-256: {exhibit.digest}",
        "url": address(f"/api/v1/exhibits/{exhibit.pk}/content"),
        "datePublished": moment(shown_at(exhibit)),
        "format": exhibit.media_type,
        "language": LANGUAGE,
    }


def of_document(document: Document, lot: Lot) -> dict[str, Any]:
    """A document that tenderers fetch; the address is that of the page where they do."""
    return {
        "id": document.urn,
        "documentType": _DOCUMENTS[document.kind],
        "title": document.title,
        "description": f"SHA-256: {document.digest}",
        "url": address(f"/projects/{lot.project.code}/lots/{lot.number}/"),
        "datePublished": moment(document.published_at),
        "format": document.media_type,
        "language": LANGUAGE,
    }
