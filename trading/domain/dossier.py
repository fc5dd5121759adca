"""What a lot will be remembered by, growing as it happens.

Every stage files its outcome as an immutable exhibit, whose digest stands in a ledger entry of
its own. Supervision, risk signals, guards and the archive read the dossier and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from signatures.domain.act import Scene
from signatures.domain.errors import Malformed, NotFound
from signatures.domain.log import Pending
from signatures.models import User
from trading import access
from trading.enums import PUBLIC, LotRole
from trading.models import Exhibit, Lot

FILE_ACT = "trading.file-exhibit"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}")
_AUDIENCE = re.compile(r"(?:org|user):[0-9a-f-]{36}|edition:[1-9][0-9]{0,4}")


def check_digest(digest: str) -> str:
    """A SHA-256 in hex, or :class:`Malformed`."""
    if not _DIGEST.fullmatch(digest):
        raise Malformed(
            _("A digest is 64 hexadecimal digits (SHA-256), in small letters."), code="bad-digest"
        )
    return digest


def file(
    scene: Scene,
    *,
    lot: Lot,
    kind: str,
    name: str,
    digest: str,
    size: int,
    media_type: str,
    facts: Mapping[str, Any] | None = None,
    audience: Iterable[str] = (),
    visible_from: datetime | None = None,
    seal: Mapping[str, Any] | None = None,
) -> Exhibit:
    """Put an exhibit into the dossier, inside an act; its bytes are in the store already.

    ``audience`` are roles, ``org:`` or ``user:`` URNs, ``public``, or ``edition:2`` for those who
    fetched that edition of the tender document or a later one; nobody else sees it, and nobody
    before ``visible_from``. The entry is a plain leaf where everybody may see it at once.
    """
    audience = sorted(set(audience))
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind!r} is no kind of exhibit.")
    for one in audience:
        if one not in LotRole.values and one != PUBLIC and not _AUDIENCE.fullmatch(one):
            raise ValueError(f"{one!r} is no audience.")
    exhibit = Exhibit(
        lot=lot,
        kind=kind,
        stage=lot.stage,
        name=name,
        digest=check_digest(digest),
        size=size,
        media_type=media_type,
        seal=dict(seal or {}),
        facts=dict(facts or {}),
        audience=audience,
        visible_from=visible_from,
        filed_at=scene.now,
    )
    exhibit.save(force_insert=True)
    entry: Pending = scene.enter(
        subject=lot.urn,
        act=FILE_ACT,
        public=PUBLIC in audience and (visible_from is None or visible_from <= scene.now),
        digests={"exhibit": digest},
        context={
            "exhibit": exhibit.urn,
            "kind": kind,
            "stage": lot.stage,
            "size": size,
            "visible-from": visible_from.isoformat() if visible_from else None,
        },
        receipt_for=tuple(one for one in audience if one.startswith(("org:", "user:"))),
    )
    entry.placed.append(lambda leaf: Exhibit.objects.place(exhibit, leaf))
    return exhibit


def exhibits(
    lot: Lot, *, viewer: User | None, at: datetime, kind: str | None = None
) -> list[Exhibit]:
    """What this viewer (None: the public) may see of the dossier at ``at``, oldest first."""
    rows = Exhibit.objects.filter(Q(visible_from__isnull=True) | Q(visible_from__lte=at), lot=lot)
    if kind is not None:
        rows = rows.filter(kind=kind)
    audiences = access.audiences_of(viewer, lot, at)
    return [
        exhibit
        for exhibit in rows.order_by("filed_at", "id")
        if access.may_see(exhibit, audiences, at)
    ]


def latest(lot: Lot, kind: str) -> Exhibit:
    """The last exhibit of a kind, for decisions (nobody's eyes); raises :class:`NotFound`."""
    row = Exhibit.objects.filter(lot=lot, kind=kind).order_by("filed_at", "id").last()
    if row is None:
        raise NotFound(
            _("The dossier holds no %(kind)s.") % {"kind": kind}, code="no-such-exhibit"
        )
    return row


def every(lot: Lot, kind: str) -> list[Exhibit]:
    """All exhibits of a kind, oldest first, for decisions; raises :class:`NotFound` for none."""
    latest(lot, kind)
    return list(Exhibit.objects.filter(lot=lot, kind=kind).order_by("filed_at", "id"))


def exhibit(identifier: UUID | str, *, viewer: User | None, at: datetime) -> Exhibit:
    """One exhibit for this viewer; :class:`NotFound` also where they may not know of it."""
    row = Exhibit.objects.select_related("lot").filter(pk=identifier).first()
    if row is None or not access.can_see_exhibit(viewer, row, at):
        raise NotFound(_("There is no such exhibit."), code="unknown-exhibit")
    return row
