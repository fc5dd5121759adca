"""``sunlit.consortium/1``: the agreement of a consortium 联合体, signed by every member (TBL 31).

One bid is handed in by the lead for all. The members sign on their own devices, one after another,
the same bytes; the file lies in the bid's envelope, so that nobody learns who bids together before
the opening. It is canonical JSON::

    {"format": "sunlit.consortium-file/1", "statement": base64, "signatures": [base64, …]}
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bidding.kit import fields
from bidding.kit.errors import Malformed
from bidding.kit.parties import Party
from signatures.domain import jcs, statements
from signatures.domain.keys import Signer

PURPOSE = "sunlit.consortium/1"
FORMAT = "sunlit.consortium-file/1"
#: The name under which the file lies in an envelope.
FILE_NAME = "consortium.json"
#: The slots whose envelope may hold it: with the opening sheet or with the qualification.
SLOTS = (1, 2)
MAX_FILE = 4 * 1024 * 1024
FEWEST, MOST = 2, 20
LONGEST_WORK = 1000
_FIELDS = ("lot", "members")


@dataclass(frozen=True, slots=True)
class Member:
    """A member: who, its part of the price in per cent, and what it does."""

    party: Party
    share: int
    work: str

    @classmethod
    def read(cls, value: Any, *, where: str) -> Member:
        """From a statement; raises ``Malformed``."""
        item = jcs.require_fields(
            value, ("name", "code", "share", "work"), where=where, error=Malformed
        )
        return cls(
            party=Party.read({"name": item["name"], "code": item["code"]}, where=where),
            share=fields.integer(item["share"], 1, 99, where=f"{where}: its share"),
            work=fields.text(item["work"], LONGEST_WORK, where=f"{where}: its work"),
        )

    def as_json(self) -> dict[str, Any]:
        """The member as it stands in the statement."""
        return {**self.party.as_json(), "share": self.share, "work": self.work}


@dataclass(frozen=True, kw_only=True, slots=True)
class Consortium:
    """The agreement for one lot; the first of ``members`` leads and hands the bid in."""

    origin: str
    at: datetime
    lot: str
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        if not FEWEST <= len(self.members) <= MOST:
            raise Malformed(f"A consortium has {FEWEST} to {MOST} members.")
        fields.distinct([one.party.code for one in self.members], where="The consortium")
        if sum(one.share for one in self.members) != 100:
            raise Malformed("The members' shares must add up to 100 per cent.")

    @property
    def lead(self) -> Party:
        """Who hands the bid in for all."""
        return self.members[0].party

    def encode(self) -> bytes:
        """The statement's canonical bytes, which every member signs."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            lot=self.lot,
            members=[one.as_json() for one in self.members],
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Consortium:
        """Read a statement; ``Malformed`` for unknown fields or values out of bounds."""
        value = statements.parse(data, purpose=PURPOSE, origin=origin, fields=_FIELDS)
        members = fields.listing(value["members"], FEWEST, MOST, where="The consortium's members")
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            lot=fields.urn(value["lot"], where="The consortium's lot"),
            members=tuple(
                Member.read(one, where=f"Member {number}")
                for number, one in enumerate(members, start=1)
            ),
        )


@dataclass(frozen=True, slots=True)
class ConsortiumFile:
    """The agreement with the signatures given so far, as it goes from member to member."""

    statement: bytes
    signatures: tuple[bytes, ...] = ()

    def sign(self, signer: Signer) -> ConsortiumFile:
        """The file with one more signature; ``Malformed`` where that certificate signed already."""
        own = signer.certificate.dump()
        for given in self.signatures:
            if statements.check_signature(self.statement, given).dump() == own:
                raise Malformed("This certificate has signed the agreement already.")
        signature = statements.sign(self.statement, signer)
        return replace(self, signatures=(*self.signatures, signature))

    @classmethod
    def parse(cls, data: bytes) -> ConsortiumFile:
        """Read the file; ``Malformed`` where it is none. Says nothing of the signatures."""
        value = jcs.require_fields(
            jcs.loads(data, canonical=True, max_bytes=MAX_FILE),
            ("format", "statement", "signatures"),
            where="The consortium's file",
            error=Malformed,
        )
        if value["format"] != FORMAT:
            raise Malformed("The consortium's file is of an unknown format.")
        given = fields.listing(value["signatures"], 0, MOST, where="The signatures")
        return cls(
            statement=fields.base64_bytes(
                value["statement"], where="The consortium's statement"
            ),
            signatures=tuple(fields.base64_bytes(one, where="A signature") for one in given),
        )

    def encode(self) -> bytes:
        """The file's bytes."""
        return jcs.dumps(
            {
                "format": FORMAT,
                "statement": base64.b64encode(self.statement).decode(),
                "signatures": [base64.b64encode(one).decode() for one in self.signatures],
            }
        )
