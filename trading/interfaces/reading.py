"""A document or an exhibit as its page tells it: what it is, where it lies, who sealed it.

The seal's assessment was made when the document was filed and lies in the store; it is shown as it
was found then. Whoever wants it judged anew verifies the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from signatures import store
from signatures.domain import clock, jcs
from signatures.domain.assessment import Assessment
from signatures.domain.errors import SunlitError
from signatures.models import User
from trading import access
from trading.enums import DocumentKind
from trading.interfaces import files
from trading.interfaces.judgement import Signed, signed
from trading.interfaces.kinds import kind_label
from trading.interfaces.timeline import Badge, seal_badge
from trading.models import Document, Exhibit, Lot

PDF = "application/pdf"


@dataclass(frozen=True)
class Manifest:
    """The signed list that names a file by its digest: its title, and its page where it is open."""

    title: str
    address: str


@dataclass(frozen=True)
class Reading:
    """One record of a lot, to be read.

    ``file`` is the address of its bytes. ``sealed`` where it was filed under a seal; ``seals`` are
    the signatures that were found then, ``judged`` when that was; ``manifest`` is the signed list
    that covers it instead.
    """

    lot: Lot
    title: str
    kind: str
    at: datetime
    file: str
    digest: str
    size: int
    media_type: str
    leaf: int | None
    badge: Badge | None
    sealed: bool
    seals: tuple[Signed, ...]
    judged: datetime | None
    manifest: Manifest | None

    @property
    def is_paper(self) -> bool:
        """Whether it has pages that the viewer can show."""
        return self.media_type == PDF


def of_document(pk: UUID, *, viewer: Any) -> Reading:
    """A published document that the viewer may read; raises :class:`NotFound`."""
    row = files.readable_document(pk, viewer=viewer)
    twin = Exhibit.objects.filter(lot=row.lot, digest=row.digest).order_by("filed_at").first()
    return _reading(
        row,
        twin,
        viewer=viewer,
        title=row.title,
        kind=str(DocumentKind(row.kind).label),
        at=row.published_at,
        file=reverse("document", args=[row.pk]),
    )


def of_exhibit(pk: UUID, *, viewer: Any) -> Reading:
    """An exhibit that the viewer may see now; raises :class:`NotFound`."""
    row = files.readable_exhibit(pk, viewer=viewer)
    return _reading(
        row,
        row,
        viewer=viewer,
        title=row.name,
        kind=kind_label(row.kind),
        at=row.filed_at,
        file=reverse("exhibit", args=[row.pk]),
    )


def _reading(
    row: Document | Exhibit, exhibit: Exhibit | None, *, viewer: Any, **words: Any
) -> Reading:
    seal = {} if exhibit is None else exhibit.seal
    made = _assessment(seal)
    return Reading(
        lot=row.lot,
        digest=row.digest,
        size=row.size,
        media_type=row.media_type,
        leaf=None if exhibit is None else exhibit.leaf,
        badge=None if exhibit is None else seal_badge(exhibit),
        sealed=bool(seal),
        seals=() if made is None else tuple(signed(each.as_dict()) for each in made.signatures),
        judged=None if made is None else made.at,
        manifest=_manifest(row.lot, seal, viewer),
        **words,
    )


def _assessment(seal: dict[str, Any]) -> Assessment | None:
    """The stored judgement on the seal; none where there is none, or its bytes are not at hand."""
    digest = seal.get("assessment")
    try:
        if not isinstance(digest, str) or not store.exists(digest):
            return None
        return Assessment.from_dict(jcs.loads(store.read(digest)))
    except (SunlitError, KeyError, TypeError, ValueError):
        return None


def _manifest(lot: Lot, seal: dict[str, Any], viewer: Any) -> Manifest | None:
    digest = seal.get("manifest")
    row = Exhibit.objects.filter(lot=lot, digest=digest).first() if digest else None
    if row is None:
        return None
    at = clock.now()
    person = viewer if isinstance(viewer, User) else None
    open_ = access.may_see(row, access.audiences_of(person, lot, at), at)
    return Manifest(row.name, reverse("exhibit-read", args=[row.pk]) if open_ else "")
