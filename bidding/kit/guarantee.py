"""``sunlit.guarantee/1``: a guarantor's signed word that it stands in for a tenderer (电子保函).

The guarantor signs on its own device and hands the file to the tenderer, which seals it with its
bid: who gave a bid security tells who bids, so no platform learns of it before the opening
(TBL 22). Parties are named by name and unified social credit code (GB 32100). The file is
canonical JSON::

    {"format": "sunlit.guarantee-file/1", "statement": base64, "signature": base64}

``document`` names the guarantee as its guarantor prints and seals it, which lies beside the file in
the same envelope, where there is one.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bidding.kit import fields
from bidding.kit.errors import Malformed
from bidding.kit.parties import Party
from signatures.domain import jcs, statements
from signatures.domain.keys import Signer

PURPOSE = "sunlit.guarantee/1"
FORMAT = "sunlit.guarantee-file/1"
#: The name under which the file lies in an envelope.
FILE_NAME = "guarantee.json"
#: The slots whose envelope may hold it: with the opening sheet or with the qualification.
SLOTS = (1, 2)
MAX_FILE = 512 * 1024
LONGEST_TERMS = 2000
_FIELDS = (
    "lot", "number", "guarantor", "principal", "beneficiary", "amount", "currency",
    "valid_from", "valid_until", "terms", "document",
)  # fmt: skip
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,14})\.[0-9]{2}", re.ASCII)
_CURRENCY = "CNY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Guarantee:
    """What a guarantor promises: ``amount`` in CNY to the beneficiary for the principal's bid.

    It holds from the first day to the last one, both included. ``document`` is the SHA-256 (32
    bytes) of the printed guarantee, None where there is none.
    """

    origin: str
    at: datetime
    lot: str
    number: str
    guarantor: Party
    principal: Party
    beneficiary: Party
    amount: Decimal
    valid_from: date
    valid_until: date
    terms: str
    document: bytes | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise Malformed("The amount of a guarantee is above zero.")
        if self.valid_from > self.valid_until:
            raise Malformed("A guarantee's last day does not lie before its first.")

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            lot=self.lot,
            number=self.number,
            guarantor=self.guarantor.as_json(),
            principal=self.principal.as_json(),
            beneficiary=self.beneficiary.as_json(),
            amount=f"{self.amount:.2f}",
            currency=_CURRENCY,
            valid_from=self.valid_from.isoformat(),
            valid_until=self.valid_until.isoformat(),
            terms=self.terms,
            document=None if self.document is None else self.document.hex(),
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Guarantee:
        """Read a statement; ``Malformed`` for unknown fields or values out of bounds."""
        value = statements.parse(data, purpose=PURPOSE, origin=origin, fields=_FIELDS)
        if value["currency"] != _CURRENCY:
            raise Malformed("A guarantee is given in CNY.")
        document = value["document"]
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            lot=fields.urn(value["lot"], where="The guarantee's lot"),
            number=fields.text(value["number"], 60, where="The guarantee's number"),
            guarantor=Party.read(value["guarantor"], where="The guarantor"),
            principal=Party.read(value["principal"], where="The tenderer"),
            beneficiary=Party.read(value["beneficiary"], where="The beneficiary"),
            amount=_amount(value["amount"]),
            valid_from=_day(value["valid_from"], "The guarantee's first day"),
            valid_until=_day(value["valid_until"], "The guarantee's last day"),
            terms=fields.text(value["terms"], LONGEST_TERMS, where="The guarantee's terms"),
            document=None
            if document is None
            else fields.hexadecimal(document, 32, where="The printed guarantee's digest"),
        )


@dataclass(frozen=True, slots=True)
class GuaranteeFile:
    """A signed guarantee as it lies in an envelope: the statement's bytes and its CAdES, DER."""

    statement: bytes
    signature: bytes

    @classmethod
    def sign(cls, guarantee: Guarantee, signer: Signer) -> GuaranteeFile:
        """The guarantee under its guarantor's signature."""
        statement = guarantee.encode()
        return cls(statement=statement, signature=statements.sign(statement, signer))

    @classmethod
    def parse(cls, data: bytes) -> GuaranteeFile:
        """Read the file; ``Malformed`` where it is none. Says nothing of the signature."""
        value = jcs.require_fields(
            jcs.loads(data, canonical=True, max_bytes=MAX_FILE),
            ("format", "statement", "signature"),
            where="The guarantee's file",
            error=Malformed,
        )
        if value["format"] != FORMAT:
            raise Malformed("The guarantee's file is of an unknown format.")
        return cls(
            statement=fields.base64_bytes(
                value["statement"], where="The guarantee's statement"
            ), signature=fields.base64_bytes(
                value["signature"], where="The guarantee's signature"
            )
        )

    def encode(self) -> bytes:
        """The file's bytes."""
        return jcs.dumps(
            {
                "format": FORMAT,
                "statement": base64.b64encode(self.statement).decode(),
                "signature": base64.b64encode(self.signature).decode(),
            }
        )



def _amount(value: Any) -> Decimal:
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise Malformed("The guarantee's amount must be written as 200000.00.")
    return Decimal(value)


def _day(value: Any, where: str) -> date:
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.isoformat() != value:
        raise Malformed(f"{where} must be a day such as 2026-05-04.")
    return found
