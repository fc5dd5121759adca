"""Signing PDF documents: PAdES B-B to B-LTA (EN 319 142-1), with the moment always given.

There is one route, whoever holds the key: :func:`prepare` leaves room for a signature in a named
field, the device signs (``signatures.domain.device``), :func:`embed` checks the signature and puts
it in, :func:`extend` adds the evidence that lets it outlive its certificate. :func:`seal_pdf` and
:func:`add_signature` walk it in one go with a key at hand.

All moments are the platform's, which in a demonstration lies behind the real present; nothing in
here asks a clock. Nothing in here may run inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asn1crypto import cms, x509
from pyhanko.sign import fields
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import BaseStampStyle, StaticStampStyle

from signatures.domain import cades, device
from signatures.domain.errors import Malformed, SunlitError, Unavailable
from signatures.domain.evidence import add_evidence, stamp_signature
from signatures.domain.keys import Signer, describe
from signatures.domain.outside import require_outside_transaction
from signatures.domain.pdf import Update, read
from signatures.domain.policy import Policy
from signatures.domain.waiting import wait

Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LT", "B-LTA")

BLANK = StaticStampStyle(border_width=0)
"""Shows nothing. The library's own default writes text in a font that PDF/A would want embedded."""

ROOM = 16 * 1024
"""Bytes kept for one signature: certificates with RSA keys, a chain and a timestamp take 10,000."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A place for one signature.

    ``page`` counts from 0, from the end if negative; ``box`` is (left, bottom, right, top) in
    points from the page's lower left corner, or None for a signature that shows nowhere.
    """

    name: str
    page: int = -1
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A document that waits for one signature.

    ``certificate_sha256`` (hex) is set when only that certificate may sign. All but ``data`` fits
    a database row.
    """

    data: bytes
    field: str
    at: datetime
    certificate_sha256: str | None = None


def create_fields(data: bytes, wanted: Iterable[Field]) -> bytes:
    """The document with empty signature fields, all of which must exist before anybody signs."""
    require_outside_transaction("Preparing a document for signatures")
    with _Reported("The document cannot take signature fields"):
        update = Update(data)
        for field in wanted:
            fields.append_signature_field(update, _specification(field))
        return update.written()


def prepare(
    data: bytes,
    *,
    field: Field | str,
    at: datetime,
    certificate: x509.Certificate | None = None,
    appearance: BaseStampStyle | None = None,
    certify: bool = False,
    reason: str | None = None,
    name: str | None = None,
) -> Prepared:
    """Leave room for a signature in ``field``, which is made where it does not exist.

    Only an unsigned document may get a new field. ``at`` is the signing time that the document
    will state. ``certify`` makes this the author's signature: from then on only prepared fields
    may be filled (DocMDP 2). Raises :class:`Malformed` when the document cannot be signed so.
    """
    require_outside_transaction("Preparing a signature")
    if at.tzinfo is None:
        raise Malformed("The signing time has no time zone.", code="bad-time")
    with _Reported("The document cannot be prepared for signing"):
        place = Field(name=field) if isinstance(field, str) else field
        signed, free = _fields_of(data)
        if place.name not in free:
            if place.name in signed:
                raise Malformed(f"The field {place.name} is signed already.", code="field-taken")
            if signed:
                raise Malformed(
                    f"The document has no field {place.name} and is signed already; create all "
                    "fields before the first signature.",
                    code="no-field",
                )
            data = create_fields(data, [place])
        if certify and signed:
            raise Malformed("Only the first signature can certify.", code="not-first")
        session = PdfSigner(
            PdfSignatureMetadata(
                field_name=place.name,
                md_algorithm="sha256",
                subfilter=fields.SigSeedSubFilter.PADES,
                certify=certify,
                docmdp_permissions=fields.MDPPerm.FILL_FORMS,
                reason=reason,
                name=name,
            ),
            signer=ExternalSigner(signing_cert=certificate, cert_registry=None),
            stamp_style=appearance or BLANK,
        ).init_signing_session(Update(data), existing_fields_only=True)
        session.system_time = at
        document = session.prepare_tbs_document(validation_info=None, bytes_reserved=2 * ROOM)
        _, output = document.digest_tbs_document()
        output.seek(0)
        prepared = output.read()
    device.find_room(prepared)
    return Prepared(
        data=prepared,
        field=place.name,
        at=at,
        certificate_sha256=None if certificate is None else certificate.sha256.hex(),
    )


def embed(prepared: Prepared, signature: bytes, *, timestamper: TimeStamper | None = None) -> bytes:
    """The signed document: B-B, or B-T when a timestamper is given.

    ``signature`` is what :func:`signatures.domain.device.sign_pdf` returned on the device. It must
    be a good signature over exactly these bytes, without a signing time of its own, and by the
    certificate that was announced; else :class:`Malformed`. Whether that certificate is recognised
    is for the assessment to say.
    """
    require_outside_transaction("Embedding a signature")
    room = device.find_room(prepared.data)
    checked = cades.check(
        signature, digest=lambda algorithm: device.digest(prepared.data, room, algorithm)
    )
    if checked.signing_time is not None:
        raise Malformed("A signature in a PDF carries no signing time.", code="bad-signature")
    if prepared.certificate_sha256 not in (None, checked.certificate.sha256.hex()):
        raise Malformed(
            "The signature is by another certificate than was announced.", code="wrong-certificate"
        )
    if timestamper is not None:
        with _Reported("The timestamp authority did not answer", Unavailable):
            signature = wait(stamp_signature(cms.ContentInfo.load(signature), timestamper))
    if len(signature) > room.capacity:
        raise Malformed(
            f"The signature takes {len(signature)} bytes; there is room for {room.capacity}.",
            code="signature-too-large",
        )
    filled = bytearray(prepared.data)
    encoded = signature.hex().encode()
    filled[room.start + 1 : room.start + 1 + len(encoded)] = encoded
    return bytes(filled)


def extend(
    data: bytes,
    *,
    level: Level = "B-LTA",
    timestamper: TimeStamper | None = None,
    policy: Policy,
    at: datetime,
) -> bytes:
    """Add what long-term validation needs to every signature in the document.

    B-LT adds certificates and revocation data for all signers and timestamps; B-LTA a document
    timestamp over them, and is repeated to renew it. Nothing is extended whose signer or
    timestamp is not recognised or whose status cannot be learnt: :class:`Unavailable`.
    """
    require_outside_transaction("Extending a signature")
    if level not in ("B-LT", "B-LTA"):
        return data
    if level == "B-LTA" and timestamper is None:
        raise Malformed("Level B-LTA needs a timestamp authority.", code="no-timestamper")
    with _Reported("The evidence for long-term validation cannot be gathered", Unavailable):
        stamper = timestamper if level == "B-LTA" else None
        return wait(add_evidence(data, timestamper=stamper, policy=policy, at=at))


def add_signature(
    data: bytes,
    *,
    signer: Signer,
    field: Field | str,
    at: datetime,
    timestamper: TimeStamper | None = None,
    policy: Policy | None = None,
    appearance: BaseStampStyle | None = None,
    level: Level = "B-LTA",
    certify: bool = False,
    reason: str | None = None,
    name: str | None = None,
) -> bytes:
    """Sign in one go with a key at hand; signatures that stand there already stay good.

    ``timestamper`` is needed from B-T on, ``policy`` from B-LT on. One co-signer's failure loses
    nobody else's signature: the document given in is never changed.
    """
    require_outside_transaction("Signing a document")
    if level not in LEVELS:
        raise Malformed(f"{level!r} is no level; choose from {', '.join(LEVELS)}.", code="no-level")
    if level != "B-B" and timestamper is None:
        raise Malformed(f"Level {level} needs a timestamp authority.", code="no-timestamper")
    if level in ("B-LT", "B-LTA") and policy is None:
        raise Malformed(f"Level {level} needs recognised anchors.", code="no-policy")
    prepared = prepare(
        data,
        field=field,
        at=at,
        certificate=signer.certificate,
        appearance=appearance,
        certify=certify,
        reason=reason,
        name=name,
    )
    signed = embed(
        prepared,
        device.sign_pdf(prepared.data, signer),
        timestamper=None if level == "B-B" else timestamper,
    )
    if policy is None:
        return signed
    return extend(signed, level=level, timestamper=timestamper, policy=policy, at=at)


def seal_pdf(
    data: bytes,
    *,
    signer: Signer,
    at: datetime,
    timestamper: TimeStamper | None = None,
    policy: Policy | None = None,
    field: Field | str = "Seal",
    also: Iterable[Field] = (),
    appearance: BaseStampStyle | None = None,
    level: Level = "B-LTA",
    certify: bool = False,
    reason: str | None = None,
    name: str | None = None,
) -> bytes:
    """Seal a document of the platform or of an organisation.

    ``also`` names the fields of those who will sign later; they are made before the seal.
    """
    others = list(also)
    if others:
        own = Field(name=field) if isinstance(field, str) else field
        data = create_fields(data, [own, *others])
    return add_signature(
        data,
        signer=signer,
        field=field,
        at=at,
        timestamper=timestamper,
        policy=policy,
        appearance=appearance,
        level=level,
        certify=certify,
        reason=reason,
        name=name,
    )


def _specification(field: Field) -> fields.SigFieldSpec:
    return fields.SigFieldSpec(sig_field_name=field.name, on_page=field.page, box=field.box)


def _fields_of(data: bytes) -> tuple[set[str], set[str]]:
    """The names of the filled and of the empty signature fields."""
    signed: set[str] = set()
    free: set[str] = set()
    for name, value, _ in fields.enumerate_sig_fields(read(data)):
        (free if value is None else signed).add(str(name))
    return signed, free


class _Reported:
    """Turn whatever the libraries below raise into one of our errors, and let our own pass."""

    def __init__(self, what: str, error: type[SunlitError] = Malformed) -> None:
        self.what = what
        self.error = error

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        if isinstance(raised, Exception) and not isinstance(raised, SunlitError):
            raise self.error(f"{self.what}: {describe(raised)}.") from raised
