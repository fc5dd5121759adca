"""Which files somebody may read, and how they are sent: by digest, never guessed at, never run."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import clock
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.domain import dossier
from trading.interfaces import listing
from trading.models import Document, Exhibit

#: Types that a browser may show in its own window; everything else is saved.
SHOWN = frozenset({"application/pdf", "application/json", "text/plain"})
_ENDINGS = {"application/pdf": ".pdf", "application/json": ".json", "text/plain": ".txt"}
#: Whatever a stored file holds, it runs nothing and asks nobody.
POLICY = "default-src 'none'; sandbox"
_PIECE = 256 * 1024


async def _chunks(digest: str) -> AsyncIterator[bytes]:
    """The file piece by piece, read beside the event loop: the whole is never in memory."""
    stream = await sync_to_async(store.open_stored)(digest)
    try:
        while chunk := await sync_to_async(stream.read)(_PIECE):
            yield chunk
    finally:
        await sync_to_async(stream.close)()


def served(
    *, digest: str, name: str, media_type: str, request: HttpRequest | None = None
) -> StreamingHttpResponse:
    """A stored file under its name, with its digest (RFC 9530).

    With the ``request`` of a server that runs on an event loop it is streamed; without it the
    server reads the whole file first, which is for small files only.
    """
    ending = _ENDINGS.get(media_type, "")
    filename = name if name.lower().endswith(ending) else f"{name}{ending}"
    saved = media_type not in SHOWN
    answer: StreamingHttpResponse
    if isinstance(request, ASGIRequest):
        answer = StreamingHttpResponse(_chunks(digest), content_type=media_type)
        answer["Content-Length"] = str(store.size(digest))
        answer["Content-Disposition"] = content_disposition_header(saved, filename) or "inline"
    else:
        answer = FileResponse(
            store.open_stored(digest),
            as_attachment=saved,
            filename=filename,
            content_type=media_type,
        )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(digest)).decode()}:"
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _person(viewer: Any) -> User | None:
    return viewer if isinstance(viewer, User) else None


def document(pk: UUID, *, viewer: Any) -> Document:
    """A document on a lot that the viewer may see, whether or not they may read it yet."""
    lots = listing.visible_lots(viewer, clock.now())
    row = Document.objects.filter(pk=pk, lot__in=lots).select_related("lot").first()
    if row is None:
        raise NotFound(_("There is no such document."), code="no-such-document")
    return row


def readable_document(pk: UUID, *, viewer: Any) -> Document:
    """A document that the viewer may read: the exhibit with its digest is theirs to see."""
    row = document(pk, viewer=viewer)
    at = clock.now()
    audiences = access.audiences_of(_person(viewer), row.lot, at)
    twins = Exhibit.objects.filter(lot=row.lot, digest=row.digest)
    if not any(access.may_see(twin, audiences, at) for twin in twins):
        raise NotFound(
            _(
                "This document is for those who take part. A verified tenderer fetches it on the "
                "project's page; the fetch is recorded."
            ),
            code="document-not-fetched",
        )
    return row


def readable_exhibit(pk: UUID, *, viewer: Any) -> Exhibit:
    """An exhibit that the viewer may see now."""
    return dossier.exhibit(pk, viewer=_person(viewer), at=clock.now())
