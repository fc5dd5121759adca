"""A person's own certificates: whose, by whom, until when, and whether they serve now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from signatures.domain import statements, trust_store
from signatures.domain.trust import why
from signatures.models import User, UserCertificate
from trading.interfaces import reasons


@dataclass(frozen=True)
class Line:
    """One certificate that was bound. ``reasons`` say why it is recognised, or why not."""

    row: UserCertificate
    holder: str
    organisation: str
    authority: str
    valid_until: datetime
    shape: str
    word: str
    reasons: tuple[str, ...]


def of(person: User, *, at: datetime) -> list[Line]:
    """Those that serve first, the newest first; whether one is revoked is asked when it signs."""
    known = trust_store.recognition(now=at)
    lists = (*known.lists, *known.expired)
    lines = []
    for row in person.certificates.order_by("-bound_at", "fingerprint"):
        certificate = x509.Certificate.load(bytes(row.der))
        shape, word, told = "off", pgettext("certificate", "Withdrawn"), ()
        if row.withdrawn_at is None:
            explained = why(certificate, at=at, now=at, lists=lists)
            told = reasons.explanation(explained)[1:] or explained.sentences
            shape, word = "bad", _("Not recognised")
            if explained.recognised:
                shape, word = "good", _("Recognised")
        lines.append(
            Line(
                row=row,
                holder=statements.common_name(certificate),
                organisation=str(certificate.subject.native.get("organization_name", "")),
                authority=str(
                    certificate.issuer.native.get("common_name", "")
                    or certificate.issuer.human_friendly
                ),
                valid_until=certificate.not_valid_after,
                shape=shape,
                word=word,
                reasons=told,
            )
        )
    return sorted(lines, key=lambda line: line.row.withdrawn_at is not None)
