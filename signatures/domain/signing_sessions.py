"""Signing together, step by step: what is slow happens here, before the acts that record it.

A session leads one person to one signature. :func:`prepare` makes room for it in the newest
revision; the person's device signs those bytes (``signatures.domain.device_session``);
:func:`embed` checks the signature, adds timestamp and evidence and offers the result as the next
revision. Of two people who sign at the same moment the later one prepares and signs again: neither
loses anything. When all have signed, :func:`finish` seals the document for the long term.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from asn1crypto import x509
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from pyhanko.stamp import StaticStampStyle

from signatures import store
from signatures.domain import clock as clocks
from signatures.domain import findings, jcs, platform, services, signing, trust_store
from signatures.domain.act import Actor, Outcome, dispatch
from signatures.domain.assess import assess
from signatures.domain.assessment import Assessment, SignatureReport, Verdict
from signatures.domain.clock import Clock
from signatures.domain.errors import Denied, Malformed, Refused, Unavailable
from signatures.domain.outside import require_outside_transaction
from signatures.domain.signing_acts import (
    ConcludeDocument,
    EmbedSignature,
    OpenSession,
    PrepareSignature,
    SealDocument,
    require_alive,
    require_base,
    require_bound,
    require_capacity,
    require_open,
    session_of,
)
from signatures.domain.signing_documents import (
    Plan,
    Signatory,
    lay_out,
    on_complete,
    open_document,
    register_representation,
)
from signatures.enums import SigningState
from signatures.models import SigningDocument, SigningField, SigningSession, User
from signatures.paper import seal

__all__ = [
    "Plan",
    "Signatory",
    "embed",
    "finish",
    "lay_out",
    "on_complete",
    "open_document",
    "prepare",
    "register_representation",
    "start",
]

PLATFORM = "阳光交易平台"
SEAL_KIND = "电子签章"
#: Verdicts that another moment may change: revocation data could not be had.
UNSETTLED = frozenset({"TRY_LATER", "CERTIFICATE_CHAIN_GENERAL_FAILURE"})


@dataclass(frozen=True)
class Embedded:
    """What a signature came to: the document's revision, its digest and its state."""

    document: UUID
    revision: int
    digest: str
    state: str


def start(
    user: User,
    *,
    document: UUID,
    field: str,
    key: str | None = None,
    clock: Clock = clocks.platform,
) -> Outcome:
    """Begin to sign in one place; raises what :class:`OpenSession` raises."""
    act = OpenSession(document=document, field_name=field)
    return dispatch(act, actor=Actor.person(user), clock=clock, key=key)


def prepare(
    user: User,
    *,
    session: UUID,
    certificate: bytes,
    key: str | None = None,
    clock: Clock = clocks.platform,
) -> str:
    """Make room for this person's signature in the newest revision; returns its SHA-256.

    Only ``certificate`` (DER) may then sign. Raises :class:`Denied` where it is not bound to the
    person or is not of the organisation whose place it is, :class:`Refused` for a session that
    has expired and a place that is taken.
    """
    require_outside_transaction("Preparing a signature")
    row = session_of(session, user)
    place = row.field
    require_open(place)
    require_alive(row, real=clocks.look().real)
    require_capacity(user, place)
    parsed = _certificate(certificate)
    require_bound(user, parsed.sha256.hex())
    _require_code(place, findings.subject_of(parsed)["credit_code"])
    at = clock.read()
    base = place.document.digest
    prepared = signing.prepare(
        store.read(base),
        field=place.name,
        at=at,
        certificate=parsed,
        appearance=_appearance(place, user, stated=localtime(at).isoformat(" ", "seconds")),
        reason=place.document.title,
    )
    act = PrepareSignature(
        session=row.pk,
        certificate=parsed.sha256.hex(),
        base=base,
        prepared=store.put(prepared.data).sha256,
        stated_at=at,
    )
    outcome = dispatch(act, actor=Actor.person(user), clock=clock, key=key)
    return str(outcome.result["prepared"])


def embed(
    user: User, *, session: UUID, signature: bytes, clock: Clock = clocks.platform
) -> Embedded:
    """Check the device's signature (CMS, DER) and make the signed bytes the next revision.

    The same signature again gives the same answer. Raises :class:`Malformed` for a signature that
    is not exactly over the prepared bytes by the announced certificate, :class:`Refused` for one
    that no trust list recognises, for an expired session and, with the code ``document-moved-on``,
    where somebody else's signature arrived first: then prepare and sign again in this session.
    """
    require_outside_transaction("Embedding a signature")
    row = session_of(session, user)
    given = hashlib.sha256(signature).hexdigest()
    if row.signature == given:
        return _embedded(row)
    place, document = row.field, row.field.document
    require_open(place)
    require_alive(row, real=clocks.look().real)
    require_capacity(user, place)
    if row.stated_at is None:
        raise Refused(
            _("Nothing was prepared in this session yet. Prepare, then sign."),
            code="not-prepared",
        )
    require_base(document, row.base)
    prepared = signing.Prepared(
        data=store.read(row.prepared),
        field=place.name,
        at=row.stated_at,
        certificate_sha256=row.certificate,
    )
    stamped = signing.embed(prepared, signature, timestamper=services.timestamper())
    now = clock.read()
    signed = signing.extend(
        stamped,
        timestamper=services.timestamper(),
        policy=trust_store.policy(now=now),
        at=now,
    )
    assessment = _judged(signed, clock=clock)
    _require_code(place, _own_report(assessment, place).credit_code)
    kept = store.put(signed)
    act = EmbedSignature(
        session=row.pk,
        prepared=row.prepared,
        signature=given,
        digest=kept.sha256,
        size=kept.size,
        assessment=store.put(jcs.dumps(assessment.as_dict())).sha256,
    )
    store.put(signature)
    dispatch(act, actor=Actor.person(user), clock=clock)
    return _embedded(session_of(session, user))


def finish(document: UUID, *, clock: Clock = clocks.platform) -> SigningDocument:
    """Seal a document that all have signed, and let happen what follows; the worker's task.

    May run twice: what is done stays done. Raises what the timestamp authority, the sources of
    revocation or the function that concludes the document raise; the task is then tried again.
    """
    require_outside_transaction("Finishing a document")
    worker = Actor.process("worker")
    row = SigningDocument.objects.get(pk=document)
    if row.state == SigningState.SIGNED:
        _seal(row, worker, clock)
        row.refresh_from_db()
    if row.state == SigningState.SEALED:
        dispatch(ConcludeDocument(document=document), actor=worker, clock=clock)
        row.refresh_from_db()
    return row


def _seal(row: SigningDocument, worker: Actor, clock: Clock) -> None:
    now = clock.read()
    sealed = signing.add_signature(
        store.read(row.digest),
        signer=platform.seal(),
        field=row.seal_field,
        at=now,
        timestamper=services.timestamper(),
        policy=trust_store.policy(now=now),
        appearance=seal.stamp_style(seal.seal(PLATFORM, kind=SEAL_KIND)),
        reason=row.title,
    )
    assessment = _judged(sealed, clock=clock)
    if not assessment.is_valid:
        raise _refusal(assessment.sub_indication, assessment.reasons)
    kept = store.put(sealed)
    act = SealDocument(
        document=row.pk,
        base=row.digest,
        digest=kept.sha256,
        size=kept.size,
        assessment=store.put(jcs.dumps(assessment.as_dict())).sha256,
    )
    dispatch(act, actor=worker, clock=clock)


def _judged(data: bytes, *, clock: Clock) -> Assessment:
    """The assessment of a revision now, after its own timestamps were made."""
    now = clock.read()
    return assess(data, kind="pdf", at=now, policy=trust_store.policy(now=now))


def _own_report(assessment: Assessment, place: SigningField) -> SignatureReport:
    """What the assessment says of the signature in this place, where that is good."""
    for report in assessment.signatures:
        if report.field == place.name and report.kind == "signature":
            if report.verdict is Verdict.VALID:
                return report
            raise _refusal(report.sub_indication, report.reasons)
    raise _refusal(assessment.sub_indication, assessment.reasons)


def _refusal(sub_indication: str, reasons: tuple[str, ...]) -> Refused | Unavailable:
    told = {"reasons": " ".join(reasons)}
    if sub_indication in UNSETTLED:
        return Unavailable(
            _("It cannot be found out now whether a certificate is revoked. %(reasons)s") % told,
            code="revocation-unknown",
        )
    return Refused(
        _("The signature is not accepted here. %(reasons)s") % told, code="not-recognised"
    )


def _certificate(der: bytes) -> x509.Certificate:
    try:
        parsed = x509.Certificate.load(der, strict=True)
        findings.subject_of(parsed)  # parsed lazily: now is the time to find out
    except (ValueError, TypeError) as error:
        raise Malformed("The certificate cannot be read.", code="bad-certificate") from error
    return parsed


def _require_code(place: SigningField, code: str | None) -> None:
    if place.credit_code and code != place.credit_code:
        raise Denied(
            _("The place “%(name)s” takes a certificate of %(holder)s (%(code)s).")
            % {"name": place.name, "holder": place.holder, "code": place.credit_code},
            code="wrong-organisation",
        )


def _appearance(place: SigningField, user: User, *, stated: str) -> StaticStampStyle:
    """What the signature shows: an organisation's round seal, or a person's mark."""
    if place.seal:
        drawing = seal.seal(place.holder, kind=SEAL_KIND, code=place.credit_code)
        return seal.stamp_style(drawing)
    name = user.get_full_name()
    return seal.stamp_style(
        seal.hand(place.holder, lines=(stated,) if name == place.holder else (name, stated))
    )


def _embedded(row: SigningSession) -> Embedded:
    document = row.field.document
    return Embedded(
        document=document.pk,
        revision=row.field.revision or 0,
        digest=document.digest,
        state=str(document.state),
    )
