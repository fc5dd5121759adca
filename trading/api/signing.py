"""Signing together: documents that wait for somebody's signature, and the steps to it.

The key never comes here: a device takes the prepared bytes, computes their digest and builds the
signature itself (``signatures.domain.device_session`` does all of it against these addresses).
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from signatures.domain import jcs, signing_documents, signing_sessions
from signatures.domain.errors import Malformed, Refused
from signatures.domain.signing_acts import session_of
from signatures.enums import SigningState
from signatures.models import SigningDocument, SigningField
from signatures.tasks import finish_document
from trading.api import shapes
from trading.api.auth import SIGNED_IN, idempotency_key, person_of
from trading.interfaces import files

PDF = "application/pdf"
DIGEST = "sha256"

router = Router(tags=["signing"], auth=SIGNED_IN)


class SessionIn(shapes.In):
    field: Annotated[str, Field(max_length=80)]


class PrepareIn(shapes.In):
    certificate: shapes.Base64


class EmbedIn(shapes.In):
    cms: Annotated[str, Field(max_length=400_000)]


def document_line(row: SigningDocument) -> dict[str, Any]:
    """A document as its signatories see it."""
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "purpose": row.purpose,
        "title": row.title,
        "subject": row.subject,
        "state": str(row.state),
        "revision": row.revision,
        "original_sha256": row.original,
        "sha256": row.digest,
        "size": row.size,
        "content": reverse("api:signing_content", args=[row.pk]),
        "opened_at": jcs.timestamp(row.opened_at),
        "fields": [_field_line(field) for field in row.fields.order_by("position")],
    }


def _field_line(field: SigningField) -> dict[str, Any]:
    return {
        "field": field.name,
        "signer": field.signer,
        "holder": field.holder,
        "required": field.required,
        "signed_at": None if field.signed_at is None else jcs.timestamp(field.signed_at),
        "signed_by": field.signed_by or None,
        "certificate": field.certificate or None,
    }


@router.get("", response=list[dict[str, Any]])
def listed(request: HttpRequest, subject: str = "") -> list[dict[str, Any]]:
    """The documents in which the asker has a place, newest first; of one lot with ``subject``."""
    rows = signing_documents.documents_of(person_of(request), subject=subject)
    return [document_line(row) for row in rows]


@router.get("/{uuid:document}", response=dict[str, Any])
def one(request: HttpRequest, document: UUID) -> dict[str, Any]:
    """One document, for those who have a place in it."""
    return document_line(signing_documents.document_for(document, viewer=person_of(request)))


@router.get("/{uuid:document}/content", response={200: bytes}, url_name="signing_content")
def content(request: HttpRequest, document: UUID) -> HttpResponseBase:
    """The newest revision's bytes."""
    row = signing_documents.document_for(document, viewer=person_of(request))
    return files.served(
        digest=row.digest, name=row.title, media_type=PDF, request=request
    )


@router.post("/{uuid:document}/sessions", response={201: dict[str, Any]})
def start(request: HttpRequest, document: UUID, body: SessionIn) -> Status[dict[str, Any]]:
    """Begin to sign in one place: a session, and what is signed."""
    person = person_of(request)
    outcome = signing_sessions.start(
        person, document=document, field=body.field, key=idempotency_key(request)
    )
    row = signing_documents.document_for(document, viewer=person)
    answer = {
        **outcome.result,
        "title": row.title,
        "purpose": row.purpose,
        "subject": row.subject,
        "sha256": row.digest,
        "content": reverse("api:signing_content", args=[row.pk]),
        "digest_algorithm": DIGEST,
        "leaves": list(outcome.leaves),
    }
    return Status(201, answer)


@router.post("/{uuid:document}/sessions/{uuid:session}/prepare", response={200: bytes})
def prepare(
    request: HttpRequest, document: UUID, session: UUID, body: PrepareIn
) -> HttpResponseBase:
    """The bytes to sign: the newest revision with room for this certificate's signature."""
    person = person_of(request)
    _check_session(request, document, session)
    digest = signing_sessions.prepare(
        person,
        session=session,
        certificate=_decoded(body.certificate),
        key=idempotency_key(request),
    )
    return files.served(
        digest=digest, name=str(session), media_type=PDF, request=request
    )


@router.post("/{uuid:document}/sessions/{uuid:session}/embed", response=dict[str, Any])
def embed(request: HttpRequest, document: UUID, session: UUID, body: EmbedIn) -> dict[str, Any]:
    """Hand in the device's signature (CMS, DER); the same one again gives the same answer."""
    person = person_of(request)
    _check_session(request, document, session)
    made = signing_sessions.embed(person, session=session, signature=_decoded(body.cms))
    return {
        "document": str(made.document),
        "revision": made.revision,
        "sha256": made.digest,
        "state": made.state,
    }


@router.post("/{uuid:document}/conclusion", response=dict[str, Any])
def conclude(request: HttpRequest, document: UUID) -> dict[str, Any]:
    """Ask for the seal and what follows once more, where it failed after all had signed."""
    row = signing_documents.document_for(document, viewer=person_of(request))
    if row.state == SigningState.OPEN:
        raise Refused(_("Not everybody has signed yet."), code="not-signed-by-all")
    if row.state != SigningState.CONCLUDED:
        finish_document.enqueue(document=str(row.pk))
    return document_line(row)


def _check_session(request: HttpRequest, document: UUID, session: UUID) -> None:
    """The session is the asker's own and of the document in the address."""
    row = session_of(session, person_of(request))
    if row.field.document_id != document:
        raise Refused(_("The session is for another document."), code="wrong-document")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(_("Send the base64 of the bytes."), code="bad-base64") from None
