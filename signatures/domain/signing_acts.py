"""The acts of signing together: a session, what was prepared in it, the signature, the seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain import signing_documents as documents
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Conflict, Denied, NotFound, Refused
from signatures.enums import SigningState
from signatures.models import (
    SigningDocument,
    SigningField,
    SigningSession,
    User,
    UserCertificate,
)

WORKER = "process:worker"
MOVED_ON = "document-moved-on"
#: How long a session lasts, on real time: a person reads the document in it.
LASTS = timedelta(minutes=30)


def _finish() -> Any:
    """The queue's task: it stands above this room, so it is named by string only."""
    return import_string("signatures.tasks.finish_document")


def session_of(pk: UUID, user: User | None) -> SigningSession:
    """A person's own session, with its field and document; raises :class:`NotFound`."""
    row = (
        SigningSession.objects.select_related("field", "field__document")
        .filter(pk=pk, user=user)
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such signing session of yours."), code="no-such-session")
    return row


def require_alive(session: SigningSession, *, real: datetime) -> None:
    """Refuse a session that has ended, by real time."""
    if real >= session.expires_at:
        raise Refused(
            _("The signing session has expired. Nothing was signed; begin a new one."),
            code="session-expired",
        )


def require_open(place: SigningField) -> None:
    """Refuse a place that is signed already, and a document that takes no more signatures."""
    if place.signed_at is not None:
        raise Refused(
            _("The place “%(name)s” is signed already.") % {"name": place.name},
            code="field-signed",
        )
    if place.document.state != SigningState.OPEN:
        raise Refused(_("The document takes no more signatures."), code="document-complete")


def require_base(document: SigningDocument, base: str) -> None:
    """Refuse what was prepared over another revision than the newest."""
    if document.digest != base:
        raise Conflict(
            _("Somebody else signed in the meantime. Prepare and sign the newest revision; no "
              "signature is lost."),
            code=MOVED_ON,
        )


def require_capacity(user: User | None, place: SigningField) -> None:
    """Deny whoever may not sign here: the place is somebody else's."""
    if user is None or place.signer not in documents.capacities(user):
        raise Denied(
            _("The place “%(name)s” is reserved for %(holder)s.")
            % {"name": place.name, "holder": place.holder},
            code="not-your-field",
        )


def require_bound(user: User | None, fingerprint: str) -> None:
    """Deny a certificate that is not, or no longer, bound to the person."""
    bound = UserCertificate.objects.filter(
        user=user, fingerprint=fingerprint, withdrawn_at__isnull=True
    )
    if user is None or not bound.exists():
        raise Denied(
            _("This certificate is not bound to you here. “Your certificates”, at the foot of every"
              " page, is where you bind it; or sign with one that is bound."),
            code="certificate-unbound",
        )


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Denied(_("Documents are signed by people."))
    return actor.user


@command("signatures.open-session")
@dataclass(frozen=True, kw_only=True)
class OpenSession(Act):
    """Begin to sign in one place of a document.

    Result: ``{"session", "document", "field", "expires_at"}``, the last on real time.
    """

    document: UUID
    field_name: str

    def permit(self, actor: Actor) -> None:
        user = _person(actor)
        document = documents.document_for(self.document, viewer=user)
        require_capacity(user, documents.place(document, self.field_name))

    def decide(self, scene: Scene) -> Result:
        user = _person(scene.actor)
        place = SigningField.objects.select_related("document").get(
            document=self.document, name=self.field_name
        )
        require_open(place)
        session = SigningSession.objects.create(
            field=place,
            user=user,
            opened_at=scene.now,
            expires_at=clock.look().real + LASTS,
        )
        scene.enter(
            subject=place.document.subject,
            digests={"document": place.document.digest},
            context={"signing": place.document.urn, "field": place.name, "session": session.urn},
        )
        return {
            "session": str(session.pk),
            "document": str(place.document.pk),
            "field": place.name,
            "expires_at": jcs.timestamp(session.expires_at),
        }


@dataclass(frozen=True, kw_only=True)
class SessionAct(Act):
    """An act within a session: its own person's, over the document's locked row."""

    session: UUID

    def permit(self, actor: Actor) -> None:
        row = session_of(self.session, actor.user)
        require_capacity(actor.user, row.field)

    def lock(self) -> SigningSession:
        document = SigningField.objects.values_list("document_id", flat=True).get(
            sessions=self.session
        )
        lock_document(document)
        return SigningSession.objects.select_related("field", "field__document").get(
            pk=self.session
        )

    def proceed(self, scene: Scene) -> SigningSession:
        """The session, alive, in a place that is still free."""
        session: SigningSession = scene.subject
        require_open(session.field)
        require_alive(session, real=clock.look().real)
        return session


def lock_document(pk: UUID) -> SigningDocument:
    """The document's row, locked until the transaction ends; raises :class:`NotFound`."""
    row = SigningDocument.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such document to sign."), code="no-such-document")
    return row


@command("signatures.prepare-signature")
@dataclass(frozen=True, kw_only=True)
class PrepareSignature(SessionAct):
    """Bind a session to a certificate and to the bytes that it shall sign, already in the store.

    ``base`` is the revision over which ``prepared`` was made, ``stated_at`` the signing time in
    it. It may be done again while the session lasts. Result: ``{"prepared", "base"}``.
    """

    certificate: str
    base: str = field(metadata={"request": False})
    prepared: str = field(metadata={"request": False})
    stated_at: datetime = field(metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        session = self.proceed(scene)
        require_base(session.field.document, self.base)
        require_bound(scene.actor.user, self.certificate)
        session.base = self.base
        session.prepared = self.prepared
        session.certificate = self.certificate
        session.stated_at = self.stated_at
        session.save(update_fields=["base", "prepared", "certificate", "stated_at"])
        scene.enter(
            subject=session.field.document.subject,
            digests={
                "base": self.base,
                "prepared": self.prepared,
                "certificate": self.certificate,
            },
            context={"session": session.urn},
        )
        return {"prepared": self.prepared, "base": self.base}


@command("signatures.embed-signature")
@dataclass(frozen=True, kw_only=True)
class EmbedSignature(SessionAct):
    """Make the signed bytes, checked and already in the store, the document's next revision.

    Where a co-signer was faster it refuses (``document-moved-on``), and nothing is lost. With the
    last required signature the platform's seal follows. Result: ``{"document", "revision",
    "digest", "state"}``.
    """

    prepared: str
    signature: str
    digest: str = field(metadata={"request": False})
    size: int = field(metadata={"request": False})
    assessment: str = field(metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        session = self.proceed(scene)
        place, document = session.field, session.field.document
        if session.prepared != self.prepared:
            raise Refused(
                _("The document was prepared anew in this session. Sign what was prepared last."),
                code="prepared-anew",
            )
        require_base(document, session.base)
        require_bound(scene.actor.user, session.certificate)
        before = document.digest
        document.digest, document.size = self.digest, self.size
        document.revision += 1
        place.signed_at, place.signed_by = scene.now, scene.actor.urn
        place.certificate, place.signature = session.certificate, self.signature
        place.assessment, place.revision = self.assessment, document.revision
        place.save()
        session.signature = self.signature
        session.save(update_fields=["signature"])
        complete = not document.fields.filter(required=True, signed_at__isnull=True).exists()
        if complete:
            document.state, document.signed_at = SigningState.SIGNED, scene.now
        document.save()
        scene.enter(
            subject=document.subject,
            digests={
                "before": before,
                "document": self.digest,
                "signature": self.signature,
                "certificate": session.certificate,
                "assessment": self.assessment,
            },
            context={
                "signing": document.urn,
                "purpose": document.purpose,
                "field": place.name,
                "signer": place.signer,
                "revision": document.revision,
            },
            receipt_for=tuple(sorted({scene.actor.urn, place.signer})),
        )
        if complete:
            _finish().enqueue(document=str(document.pk))
        return {
            "document": str(document.pk),
            "revision": document.revision,
            "digest": document.digest,
            "state": str(document.state),
        }


@dataclass(frozen=True, kw_only=True)
class WorkerAct(Act):
    """An act of the worker on a document that all have signed."""

    document: UUID

    def permit(self, actor: Actor) -> None:
        if actor.urn != WORKER:
            raise Denied(_("Only the platform's worker finishes documents."))

    def lock(self) -> SigningDocument:
        return lock_document(self.document)


@command("signatures.seal-document")
@dataclass(frozen=True, kw_only=True)
class SealDocument(WorkerAct):
    """Make the bytes that bear the platform's seal the document's last revision."""

    base: str
    digest: str
    size: int
    assessment: str

    def decide(self, scene: Scene) -> Result:
        document: SigningDocument = scene.subject
        if document.state != SigningState.SIGNED:
            raise Refused(_("The document does not wait for the seal."), code="not-to-be-sealed")
        require_base(document, self.base)
        document.digest, document.size = self.digest, self.size
        document.revision += 1
        document.assessment = self.assessment
        document.state, document.sealed_at = SigningState.SEALED, scene.now
        document.save()
        scene.enter(
            subject=document.subject,
            digests={
                "before": self.base,
                "document": self.digest,
                "assessment": self.assessment,
            },
            context={"signing": document.urn, "purpose": document.purpose},
        )
        return {"digest": self.digest, "state": str(document.state)}


@command("signatures.conclude-document")
@dataclass(frozen=True, kw_only=True)
class ConcludeDocument(WorkerAct):
    """Let happen what follows from a sealed document: whoever opened it for signing is called."""

    def decide(self, scene: Scene) -> Result:
        document: SigningDocument = scene.subject
        if document.state != SigningState.SEALED:
            raise Refused(_("The document is not to be concluded."), code="not-to-be-concluded")
        documents.completion(document.purpose)(scene, document)
        document.state, document.concluded_at = SigningState.CONCLUDED, scene.now
        document.save(update_fields=["state", "concluded_at"])
        scene.enter(
            subject=document.subject,
            digests={"document": document.digest},
            context={"signing": document.urn, "purpose": document.purpose},
        )
        return {"digest": document.digest, "state": str(document.state)}
