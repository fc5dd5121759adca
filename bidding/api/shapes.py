"""What the sealing interface takes in. Statements, heads and hashes travel in base64."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import Field

from signatures.domain.errors import Malformed
from trading.api.shapes import Base64, In
from trading.domain.signed import Signed

#: H ‖ W of 16 trustees, and the leaf hashes of 4 GiB, in base64.
Head = Annotated[str, Field(max_length=4_000)]
Leaves = Annotated[str, Field(max_length=180_000)]
#: A policy or gate may name many.
LongBase64 = Annotated[str, Field(max_length=6_000_000)]


class SignedIn(In):
    """A statement's canonical bytes and the detached signature over them."""

    statement: LongBase64
    signature: Base64

    def signed(self) -> Signed:
        """Both as bytes; raises :class:`Malformed`."""
        return Signed.from_base64(self.statement, self.signature)


class CosignedIn(SignedIn):
    """A statement with further signatures under it, where a policy asks for several."""

    signatures: Annotated[list[Base64], Field(max_length=16)] = []

    def others(self) -> list[bytes]:
        """The further signatures."""
        return [decoded(each) for each in self.signatures]


class EnvelopeIn(In):
    """One envelope of a bid: H ‖ W and the concatenated leaf hashes of its parts."""

    slot: Annotated[int, Field(ge=1, le=4)]
    head: Head
    leaves: Leaves


class BidIn(SignedIn):
    """A bid's statement with its envelopes in slot order; ``organisation`` where one must say."""

    envelopes: Annotated[list[EnvelopeIn], Field(min_length=1, max_length=4)]
    organisation: UUID | None = None


class ConfirmationIn(In):
    """Which version stands under which edition, by the edition's digest."""

    organisation: UUID
    version: int
    digest: Annotated[str, Field(max_length=64)]


def decoded(text: str) -> bytes:
    """Bytes from base64; raises :class:`Malformed`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(_("This is not base64."), code="bad-base64") from None
