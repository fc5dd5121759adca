"""Keyset pages: a cursor names the last row seen, so that a page costs the same anywhere.

A cursor is ``<moment>~<uuid>`` in URL-safe base64; it is no secret and no promise of its form.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import Malformed

SIZE = 30
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Keyset(Generic[Row]):
    """One page of rows and the cursor of the next, or none on the last page."""

    items: list[Row]
    next: str | None


def encode(moment: datetime, pk: UUID) -> str:
    """The cursor after the row with this moment and key."""
    return base64.urlsafe_b64encode(f"{jcs.timestamp(moment)}~{pk}".encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, UUID]:
    """What a cursor says; raises :class:`Malformed`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        moment, _tilde, pk = raw.partition("~")
        return jcs.parse_timestamp(moment), UUID(pk)
    except (binascii.Error, ValueError, UnicodeError, Malformed):
        raise Malformed(
            _("This page address is damaged. Begin the list anew."), code="bad-cursor"
        ) from None


def page(rows: QuerySet[Row], *, by: str, after: str, size: int = SIZE) -> Keyset[Row]:
    """The page of ``rows`` after a cursor, newest first by ``by`` and then by key."""
    found = list(behind(rows, by=by, after=after).order_by(f"-{by}", "-pk")[: size + 1])
    return cut(found, by=by, size=size)


def behind(rows: QuerySet[Row], *, by: str, after: str, key: str = "pk") -> QuerySet[Row]:
    """The rows after a cursor; ``key`` is the column that its key is of."""
    if not after:
        return rows
    moment, pk = decode(after)
    # The first condition is where an index begins to be read; no index is entered at the second.
    return rows.filter(
        Q(**{f"{by}__lte": moment}),
        Q(**{f"{by}__lt": moment}) | Q(**{by: moment, f"{key}__lt": pk}),
    )


def cut(found: list[Row], *, by: str, size: int) -> Keyset[Row]:
    """A page of the rows that were found, one more than a page where there are more."""
    if len(found) <= size:
        return Keyset(items=found, next=None)
    last: Any = found[size - 1]
    return Keyset(items=found[:size], next=encode(getattr(last, by), last.pk))
