"""What the platform says about a lot's sealing, read into types. **None of it is believed here.**

The addresses are those of the public interface under ``/api/v1/``. Whatever is read here is
proven elsewhere: against the ledger (``opening``), by signatures (``publishing``), by commitments.
An answer that is not of the form described raises ``Unavailable`` ``bad-answer``, naming the field.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from bidding.kit import fields
from bidding.kit.api import ApiClient
from bidding.kit.errors import Malformed
from bidding.kit.policy import Authority
from bidding.kit.tender import FrozenBid, Signed
from signatures.domain import jcs
from signatures.domain.errors import Unavailable

T = TypeVar("T")
_API = "/api/v1"
#: The state of a version whose envelopes have not all arrived.
RECEIVING = "receiving"


@dataclass(frozen=True, slots=True)
class Duty:
    """A lot on which ``organisation`` (a URN) is assigned trustee; ``round`` is the one it is in.

    Each round is sealed anew: with keys, a policy and a frozen set of its own.
    """

    lot: uuid.UUID
    organisation: str
    round: int = 1


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """A trustee's published keys: its URN, and its signed ``sunlit.trustee-key/1``."""

    trustee: str
    signed: Signed


@dataclass(frozen=True, slots=True)
class Sealing:
    """All that was published about a lot's sealing, in the order of the ledger.

    ``authorities``, ``witnesses``, ``log`` and ``slots`` are the platform's proposals for a
    policy; ``opening_key`` is its statement about the opening service's key.
    """

    origin: str
    project: str
    lot: str
    centre: str
    slots: tuple[int, ...]
    trustees: tuple[str, ...]
    log: str
    witnesses: tuple[str, ...]
    authorities: tuple[Authority, ...]
    opening_key: Signed
    keys: tuple[PublishedKeys, ...]
    policies: tuple[Signed, ...]
    schedules: tuple[Signed, ...]
    gates: tuple[Signed, ...]
    frozen: bool

    @property
    def objects(self) -> tuple[Signed, ...]:
        """The statements behind the leaves that a client follows."""
        return (*self.schedules, *self.gates)


@dataclass(frozen=True, slots=True)
class FrozenEnvelope:
    """One envelope of a frozen bid: H ‖ W as it came, and what was done with it."""

    slot: int
    head: bytes
    opened: bool
    shares: frozenset[int]


@dataclass(frozen=True, slots=True)
class FrozenEntry:
    """One bid of the frozen set, with the tenderer's signed statement.

    ``stands`` is False for one that was revoked or given up since: nothing of it is opened.
    """

    frozen: FrozenBid
    signed: Signed
    stands: bool
    envelopes: tuple[FrozenEnvelope, ...]


@dataclass(frozen=True, slots=True)
class Frozen:
    """The frozen set, and the checkpoint (``note``) with its timestamp that are to prove it."""

    note: str
    token: bytes
    bids: tuple[FrozenEntry, ...]


@dataclass(frozen=True, slots=True)
class OwnEnvelope:
    """One envelope of an own bid: where it is uploaded to, how far it got."""

    slot: int
    url: str
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class OwnBid:
    """One version of an own bid as the platform has it; ``statement`` is its SHA-256.

    ``state`` is the version's (receiving, complete, replaced, abandoned, withdrawn), ``bid_state``
    that of the bid as a whole (live, withdrawn, lapsed, frozen, revoked, unopened).
    """

    bid: uuid.UUID
    version: int
    statement: bytes
    state: str
    bid_state: str
    receipts: tuple[str, ...]
    envelopes: tuple[OwnEnvelope, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether every envelope has arrived."""
        return self.state != RECEIVING


def lot_id(lot: uuid.UUID | str) -> uuid.UUID:
    """A lot's id from itself, its text or its URN."""
    if isinstance(lot, uuid.UUID):
        return lot
    try:
        return uuid.UUID(lot.removeprefix("lot:"))
    except (ValueError, AttributeError):
        raise Malformed(f"{ascii(lot)[:80]} is no lot; give its id or lot:<id>.") from None


def lot_path(lot: uuid.UUID | str, rest: str) -> str:
    """An address below a lot."""
    return f"{_API}/lots/{lot_id(lot)}/{rest}"


def duties(api: ApiClient) -> tuple[Duty, ...]:
    """The lots on which an organisation of the signed-in person is trustee now."""
    answer = api.get(f"{_API}/sealing/duties")
    return _read(lambda: tuple(_duty(item) for item in answer["lots"]), "The list of duties")


def sealing(api: ApiClient, lot: uuid.UUID | str) -> Sealing:
    """What is published about the lot's sealing."""
    answer = api.get(lot_path(lot, "sealing"))
    return _read(lambda: _sealing(answer), "What was published about the sealing")


def frozen(api: ApiClient, lot: uuid.UUID | str) -> Frozen:
    """The frozen set; ``NotFound`` before the freeze."""
    answer = api.get(lot_path(lot, "frozen"))
    return _read(lambda: _frozen(answer), "The frozen set")


def own_bids(api: ApiClient, lot: uuid.UUID | str) -> tuple[OwnBid, ...]:
    """The versions of the signed-in tenderer's bids on the lot."""
    answer = api.get(lot_path(lot, "bids/mine"))
    return _read(
        lambda: tuple(_own(bid, version) for bid in answer["bids"] for version in bid["versions"]),
        "The list of own bids",
    )


def signed_json(signed: Signed) -> dict[str, str]:
    """A statement with its one signature, as it travels."""
    (signature,) = signed.signatures
    return {"statement": encoded(signed.data), "signature": encoded(signature)}


def encoded(data: bytes) -> str:
    """Base64, as all bytes travel."""
    return base64.b64encode(data).decode("ascii")


def decoded(text: Any) -> bytes:
    """Bytes from base64; ``ValueError`` otherwise."""
    if not isinstance(text, str):
        raise ValueError("no base64")
    return base64.b64decode(text, validate=True)


def _read(read: Callable[[], T], what: str) -> T:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise _bad(what, f"{type(error).__name__} {error}") from None
    except Malformed as error:
        raise _bad(what, str(error)) from None


def _bad(what: str, why: str) -> Unavailable:
    return Unavailable(
        f"{what} came in a form that this kit does not know ({why[:120]}). Update the kit, or tell"
        " the platform.",
        code="bad-answer",
    )


def _duty(item: Any) -> Duty:
    return Duty(
        lot=lot_id(item["lot"]),
        organisation=_urn("org", item["organisation"]),
        round=fields.integer(item.get("round", 1), 1, 99, where="The round"),
    )


def _sealing(value: Any) -> Sealing:
    policies = [value.get("policy"), value.get("rehearsal_policy")]
    return Sealing(
        origin=_text(value["origin"]),
        project=_urn("project", value["project"]),
        lot=_urn("lot", value["lot"]),
        centre=_urn("org", value["centre"]),
        slots=tuple(int(slot) for slot in value["slots"]),
        trustees=tuple(_urn("org", item) for item in value["trustees"]),
        log=_text(value["log"]),
        witnesses=tuple(_text(item) for item in value["witnesses"]),
        authorities=tuple(
            Authority(bytes.fromhex(item["certificate"]), _urn("org", item["operator"]))
            for item in value["authorities"]
        ),
        opening_key=_signed(value["opening_service"]),
        keys=tuple(
            PublishedKeys(_urn("org", item["trustee"]), _signed(item))
            for item in value["trustee_keys"]
        ),
        policies=tuple(_signed(item) for item in policies if item is not None),
        schedules=tuple(_signed(item) for item in value["schedules"]),
        gates=tuple(_signed(item) for item in value["gates"]),
        frozen=value["freeze"] is not None,
    )


def _frozen(value: Any) -> Frozen:
    return Frozen(
        note=_text(value["note"]),
        token=decoded(value["token"]) if value["token"] else b"",
        bids=tuple(_entry(item) for item in value["bids"]),
    )


def _entry(item: Any) -> FrozenEntry:
    signed = _signed(item)
    return FrozenEntry(
        frozen=FrozenBid(
            bid=uuid.UUID(item["bid"]), version=int(item["version"]), statement=signed.digest
        ),
        signed=signed,
        stands=item["state"] == "frozen",
        envelopes=tuple(
            FrozenEnvelope(
                slot=int(each["slot"]),
                head=decoded(each["head"]),
                opened=bool(each.get("opened", False)),
                shares=frozenset(int(index) for index in each.get("shares", ())),
            )
            for each in item["envelopes"]
        ),
    )


def _own(bid: Any, item: Any) -> OwnBid:
    return OwnBid(
        bid=uuid.UUID(bid["bid"]),
        version=int(item["version"]),
        statement=bytes.fromhex(item["statement"]),
        state=_text(item["state"]),
        bid_state=_text(bid["state"]),
        receipts=tuple(_receipt_id(each) for each in item["receipts"]),
        envelopes=tuple(
            OwnEnvelope(
                slot=int(each["slot"]),
                url=address(each["url"]),
                size=int(each["size"]),
                offset=int(each["received"]),
            )
            for each in item["uploads"]
        ),
    )


def receipt_of(answer: Any) -> str | None:
    """The id of the receipt that an act's answer came with, if it came with one."""
    receipt = answer.get("receipt") if isinstance(answer, dict) else None
    return None if receipt is None else _read(lambda: _receipt_id(receipt), "The receipt")


def _receipt_id(value: Any) -> str:
    return str(uuid.UUID(_text(value["id"]).rpartition(":")[2]))


def _signed(item: Any) -> Signed:
    signatures = item["signatures"] if "signatures" in item else [item["signature"]]
    return Signed(
        data=decoded(item["statement"]), signatures=tuple(decoded(each) for each in signatures)
    )


def _urn(kind: str, value: Any) -> str:
    text = _text(value)
    return text if text.startswith(f"{kind}:") else f"{kind}:{text}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def address(value: Any) -> str:
    """An address on the same platform: a path, so that no token ever goes elsewhere."""
    text = _text(value)
    if not text.startswith("/") or text.startswith("//"):
        raise ValueError("no path on this platform")
    return text


def moment(text: str) -> datetime:
    """A time as a person types it: canonical, or without its fraction (``…:00Z``)."""
    if text.endswith("Z") and "." not in text:
        text = f"{text[:-1]}.000000Z"
    return jcs.parse_timestamp(text)
