"""Which files somebody may read, and how they are sent: by digest, never guessed at, never run."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from django.http import FileResponse
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


def served(*, digest: str, name: str, media_type: str) -> FileResponse:
    """A stored file under its name, with its digest (RFC 9530)."""
    ending = _ENDINGS.get(media_type, "")
    answer = FileResponse(
        store.open_stored(digest),
        as_attachment=media_type not in SHOWN,
        filename=name if name.lower().endswith(ending) else f"{name}{ending}",
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
