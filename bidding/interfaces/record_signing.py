"""A record while it is being signed: who has a place, who has signed, who still may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.domain import opening_records
from signatures.domain import signing_documents
from signatures.enums import SigningState
from signatures.models import SigningDocument, User
from trading.models import Lot


@dataclass(frozen=True)
class Place:
    """One place for a signature; ``mine`` where this reader may sign there."""

    field: str
    holder: str
    required: bool
    signed_at: datetime | None
    mine: bool

    @property
    def waits(self) -> bool:
        """Whether this reader can sign here now."""
        return self.mine and self.signed_at is None


@dataclass(frozen=True)
class RecordSigning:
    """How far the record has come; ``document`` is None until it is laid out."""

    document: SigningDocument | None
    places: tuple[Place, ...]

    @property
    def is_open(self) -> bool:
        """Whether signatures are still taken."""
        return self.document is not None and self.document.state == SigningState.OPEN

    @property
    def may_read(self) -> bool:
        """Whether the reader has a place, and so may read what is being signed."""
        return any(place.mine for place in self.places)

    @property
    def own(self) -> tuple[Place, ...]:
        """The places where this reader can sign now."""
        return tuple(place for place in self.places if place.waits) if self.is_open else ()


def of_opening(lot: Lot, person: User | None) -> RecordSigning:
    """The record of the lot's opening, for ``person`` (None: the public)."""
    return build(opening_records.offered(lot), person)


def build(document: SigningDocument | None, person: User | None) -> RecordSigning:
    """A record that several sign, None before it is laid out, for ``person`` (None: the public)."""
    if document is None:
        return RecordSigning(None, ())
    mine = frozenset() if person is None else signing_documents.capacities(person)
    return RecordSigning(
        document,
        tuple(
            Place(
                field=row.name,
                holder=row.holder,
                required=row.required,
                signed_at=row.signed_at,
                mine=row.signer in mine,
            )
            for row in document.fields.order_by("position")
        ),
    )
