"""Signed statements: what a person, an organisation or a trustee signs that is not a PDF.

A statement is a canonical JSON object (``signatures.domain.jcs``) with a ``purpose`` from a closed
list, the ``origin`` of the platform that it is meant for and the time ``at`` which its signer gave
it; its signature is a detached CAdES-B over those bytes (design: "Signed statements"). Whoever
verifies names the purpose expected, so that nothing signed for one end serves another.

Nothing here knows Django: the command-line kit signs and checks with the same functions. Whether
a certificate is recognised is not asked here but in ``signatures.domain.assess``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from asn1crypto import x509

from signatures.domain import cades, jcs
from signatures.domain.errors import Malformed
from signatures.domain.keys import Signer
from signatures.domain.outside import require_outside_transaction

PURPOSES = frozenset(
    f"sunlit.{name}/1"
    for name in (
        "answer",
        "application",
        "attendance",
        "award",
        "ballot",
        "bid",
        "binding",
        "clarification",
        "commit",
        "complaint",
        "confirm",
        "consortium",
        "conflict",
        "contract",
        "examination",
        "finding",
        "gate",
        "grievance",
        "grievance-step",
        "guarantee",
        "guarantee-answer",
        "guarantee-claim",
        "guarantee-release",
        "login",
        "manifest",
        "objection",
        "performance",
        "performance-answer",
        "platform-key",
        "policy",
        "question",
        "record",
        "redraw",
        "report",
        "reveal",
        "schedule",
        "score-sheet",
        "share",
        "trustee-key",
        "withdrawal",
    )
)
COMMON = frozenset({"purpose", "origin", "at"})
MAXIMUM_STATEMENT = 16 * 1024 * 1024
MAXIMUM_ORIGIN = 255


def build(purpose: str, *, origin: str, at: datetime, **fields: Any) -> bytes:
    """The canonical bytes of a statement, ready to be signed.

    ``purpose`` is one of :data:`PURPOSES`; ``origin`` names the platform (``https://…``); ``at``
    is a moment with a zone; ``fields`` are the statement's own, of the kinds that canonical JSON
    has. Raises :class:`Malformed`.
    """
    _require_purpose(purpose)
    _require_origin(origin)
    clash = COMMON & fields.keys()
    if clash:
        raise Malformed(f"The fields {', '.join(sorted(clash))} belong to every statement.")
    return jcs.dumps({"purpose": purpose, "origin": origin, "at": jcs.timestamp(at), **fields})


def parse(
    data: bytes,
    *,
    purpose: str,
    origin: str | None = None,
    fields: Collection[str] | None = None,
) -> dict[str, Any]:
    """The statement in ``data``, which must be for ``purpose`` (and for ``origin``, if given).

    With ``fields`` the statement must have exactly these beside the common three. Raises
    :class:`Malformed` for any other purpose or origin, bytes that are not canonical, a bad time.
    """
    _require_purpose(purpose)
    if len(data) > MAXIMUM_STATEMENT:
        raise Malformed(f"A statement has at most {MAXIMUM_STATEMENT} bytes.")
    value = _read(data)
    found = value.get("purpose")
    if found != purpose:
        raise Malformed(
            f"The statement is for {_shown(found)}; one for {purpose} is needed.",
            code="wrong-purpose",
        )
    _require_origin(value.get("origin"))
    if origin is not None and value["origin"] != origin:
        raise Malformed(
            f"The statement is meant for {_shown(value['origin'])}, not for {origin}.",
            code="wrong-origin",
        )
    jcs.parse_timestamp(_text(value, "at"))
    if fields is not None:
        jcs.require_fields(value, COMMON | set(fields), where=f"The statement {purpose}")
    return value


def sign(data: bytes, signer: Signer) -> bytes:
    """A detached CAdES-B signature, DER, over a statement's bytes.

    The signed attributes hold content type, message digest, signing certificate, algorithm
    protection and, as signing time, the statement's own ``at``. Raises :class:`Malformed` when
    ``data`` is no statement.
    """
    require_outside_transaction("Signing a statement")
    value = _read(data)
    _require_purpose(value.get("purpose"))
    digest = hashlib.new(signer.digest_algorithm, data).digest()
    at = jcs.parse_timestamp(_text(value, "at"))
    return cades.sign_digest(digest, signer, signing_time=at)


def check_signature(data: bytes, cms: bytes) -> x509.Certificate:
    """The certificate by whose key ``cms`` signs exactly ``data``.

    Proves the signature and its signed attributes, among them a signing time that is the
    statement's ``at`` to the second; says nothing about trust, validity or revocation. Compare
    certificates by ``.dump()`` (asn1crypto's equality is identity). Raises :class:`Malformed`
    whatever is wrong.
    """
    checked = cades.check(cms, digest=lambda name: hashlib.new(name, data).digest())
    at = jcs.parse_timestamp(_text(_read(data), "at"))
    if checked.signing_time != at.replace(microsecond=0):
        raise Malformed("The signing time is not the statement's own time.", code="wrong-time")
    return checked.certificate


def common_name(certificate: x509.Certificate) -> str:
    """The subject's common name, or its whole name where it has none."""
    name = certificate.subject.native.get("common_name")
    return str(name) if isinstance(name, str) else str(certificate.subject.human_friendly)


def _read(data: bytes) -> dict[str, Any]:
    value = jcs.loads(data, canonical=True)
    if not isinstance(value, dict):
        raise Malformed("A statement is a JSON object.")
    return value


def _text(value: dict[str, Any], field: str) -> str:
    text = value.get(field)
    if not isinstance(text, str):
        raise Malformed(f"The statement's field '{field}' is missing or not a text.")
    return text


def _require_purpose(purpose: object) -> None:
    if not isinstance(purpose, str) or purpose not in PURPOSES:
        raise Malformed(f"There are no statements for {_shown(purpose)}.", code="wrong-purpose")


def _require_origin(origin: object) -> None:
    if not isinstance(origin, str) or not 1 <= len(origin) <= MAXIMUM_ORIGIN:
        raise Malformed("A statement names the origin that it is meant for.", code="wrong-origin")


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
