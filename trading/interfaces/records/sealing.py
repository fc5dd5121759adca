"""From a record to a sealed file: rendered as PDF/A, sealed to B-LTA, outside any transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from signatures import store
from signatures.domain import jcs, platform, services, signing, trust_store
from signatures.domain.assess import assess
from signatures.domain.keys import Signer
from signatures.paper import seal
from signatures.paper.document import Record, SignatureArea, SignatureAreas, Text, Words
from signatures.paper.engine import render
from signatures.paper.fields import Rendered

SEAL_FIELD = "Seal"


def seal_area(holder: Text) -> SignatureAreas:
    """Room for the one seal of a published record."""
    return SignatureAreas(
        areas=(
            SignatureArea(
                name=SEAL_FIELD, title=Words("电子签章", "Seal"), signer=holder, seal=True
            ),
        )
    )


def draft(record: Record, *, subject: UUID, at: datetime) -> Rendered:
    """The record as PDF/A with its empty signature fields, the same bytes for the same moment."""
    identifier = uuid5(subject, f"{record.number} {jcs.timestamp(at)}")
    return render(record, created=at, document_id=identifier)


def sealed(
    record: Record, *, subject: UUID, at: datetime, holder: str, signer: Signer | None = None
) -> bytes:
    """The record sealed by ``signer``, else by the platform, with evidence for the long term.

    ``holder`` is the name on the seal. Raises :class:`Unavailable` where the timestamp authority
    or a source of revocation does not answer, and ``InsideTransaction`` within a transaction.
    """
    rendered = draft(record, subject=subject, at=at)
    return signing.seal_pdf(
        rendered.with_fields(),
        signer=signer or platform.seal(),
        at=at,
        timestamper=services.timestamper(),
        policy=trust_store.policy(now=at),
        field=SEAL_FIELD,
        appearance=seal.stamp_style(seal.seal(holder, kind="电子签章")),
    )


def judged(data: bytes, *, at: datetime) -> dict[str, Any]:
    """What the dossier keeps beside a sealed record: ``verdict``, and the ``assessment`` as a file.

    The seal is judged once, when it is made, by the lists in force at ``at``, and never silently
    again.
    """
    assessment = assess(data, kind="pdf", at=at, policy=trust_store.policy(now=at))
    stored = store.put(jcs.dumps(assessment.as_dict()))
    return {"verdict": str(assessment.verdict), "assessment": stored.sha256}
