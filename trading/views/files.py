"""The bytes behind a document, an exhibit: served by digest, to those who may see them."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures import store
from signatures.domain import clock
from signatures.domain.errors import NotFound
from trading.domain import dossier
from trading.interfaces import listing
from trading.models import Document

#: Types that a browser may show in its own window; everything else is saved.
SHOWN = frozenset({"application/pdf", "application/json", "text/plain"})


def served(*, digest: str, name: str, media_type: str) -> HttpResponseBase:
    """A stored file under its name, never guessed at and never run."""
    answer = FileResponse(
        store.open_stored(digest),
        as_attachment=media_type not in SHOWN,
        filename=name,
        content_type=media_type,
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer["Repr-Digest"] = f"sha-256=:{_base64(digest)}:"
    return answer


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()


def visible_document(pk: UUID, viewer: object) -> Document:
    """A document of a lot that the viewer may see; raises :class:`NotFound`."""
    row = (
        Document.objects.filter(pk=pk, lot__in=listing.visible_lots(viewer, clock.now()))
        .select_related("lot")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such document."), code="no-such-document")
    return row


@require_safe
def document(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A published document, for reading; tenderers fetch theirs through a recorded act."""
    row = visible_document(pk, request.user)
    return served(digest=row.digest, name=row.title, media_type=row.media_type)


@require_safe
def exhibit(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """An exhibit's bytes, for those who may see it."""
    person = request.user if request.user.is_authenticated else None
    row = dossier.exhibit(pk, viewer=person, at=clock.now())
    return served(digest=row.digest, name=row.name, media_type=row.media_type)
