"""The sealing policy: who holds keys to a lot's bids, and when each slot may open.

``sunlit.policy/1`` is public (a plain ledger leaf) and fixed: P = SHA-256 of its canonical bytes
stands in every envelope. It says *how* each slot opens, never *when*: times stand in schedules
(``bidding.kit.schedule``), so that an extension breaks no bid and opens nothing early. (Its ``at``
only says when it was signed.)

``signers`` gives each role the certificates that may sign for it, and ``schedule_signed_by`` the
roles that must sign a schedule; without them a platform could forge a schedule or a gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidding.kit import fields, wraps
from bidding.kit.errors import EnvelopeError, Fault, Malformed
from bidding.kit.header import MAX_TRUSTEES, SLOTS, SUITE, Header
from signatures.domain import jcs, statements
from signatures.domain.checkpoint import COSIGNATURE, ED25519, NoteVerifier

PURPOSE = "sunlit.policy/1"
MAX_BIDS = 100_000
MAX_SIGNERS = 64

_FIELDS = (
    "project",
    "lot",
    "rehearsal",
    "suite",
    "k",
    "min_bids",
    "centre",
    "trustees",
    "slots",
    "signers",
    "schedule_signed_by",
    "authorities",
    "witnesses",
    "log",
)


@dataclass(frozen=True, slots=True)
class Trustee:
    """One holder of a share: its URN, its certificate's SHA-256, a public X25519 key a slot."""

    id: str
    certificate: bytes
    keys: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class SlotRule:
    """How a slot opens: at the schedule's time (``after`` is None), or after a signed result.

    ``after`` names the act whose plain leaf must exist, ``signed_by`` the roles that must sign
    the gate.
    """

    slot: int
    after: str | None = None
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """A timestamp authority: its certificate's SHA-256 and the URN of who runs it."""

    certificate: bytes
    operator: str


@dataclass(frozen=True)
class Policy:
    """The parsed policy; building one with values that cannot stand raises ``Malformed``.

    ``trustees`` are in order: trustee i holds share i, counted from 1. ``centre`` is the URN of
    the trading centre, whose own timestamps do not open anything. ``witnesses`` and ``log`` are
    verifier keys of signed notes (C2SP): who may cosign checkpoints, and whose log it is.
    """

    origin: str
    at: datetime
    project: str
    lot: str
    k: int
    min_bids: int
    centre: str
    trustees: tuple[Trustee, ...]
    slots: tuple[SlotRule, ...]
    signers: Mapping[str, tuple[bytes, ...]]
    schedule_signed_by: tuple[str, ...]
    authorities: tuple[Authority, ...]
    witnesses: tuple[str, ...]
    log: str
    rehearsal: bool = False
    suite: int = SUITE

    def __post_init__(self) -> None:
        if self.suite != SUITE:
            raise Malformed(f"The policy asks for suite {self.suite}; only {SUITE} is known.")
        if not 2 <= self.k <= self.n <= MAX_TRUSTEES:
            raise Malformed(
                f"A policy needs 2 <= k <= trustees <= {MAX_TRUSTEES}, not k={self.k} of {self.n}."
            )
        fields.distinct([trustee.id for trustee in self.trustees], where="The trustees")
        numbers = [rule.slot for rule in self.slots]
        if not numbers or numbers != sorted(set(numbers)) or not set(numbers) <= set(SLOTS):
            raise Malformed("The slots must be some of 1 to 4, in order.")
        if self.slots[0].after is not None:
            raise Malformed("The first slot opens at a time, not after another act.")
        self._check_keys(numbers)
        self._check_roles()
        if not any(authority.operator != self.centre for authority in self.authorities):
            raise Malformed("At least one timestamp authority must not be run by the centre.")
        self._check_log()

    def _check_keys(self, numbers: list[int]) -> None:
        seen: list[bytes] = []
        for trustee in self.trustees:
            if sorted(trustee.keys) != numbers:
                raise Malformed(f"{trustee.id} must have exactly one key for each slot.")
            for key in trustee.keys.values():
                wraps.public_key(key)
            seen += trustee.keys.values()
        fields.distinct(seen, where="The list of slot keys")

    def _check_roles(self) -> None:
        certificates = [digest for group in self.signers.values() for digest in group]
        fields.distinct(certificates, where="The list of signing certificates")
        wanted = {role for rule in self.slots for role in rule.signed_by}
        unknown = sorted((wanted | set(self.schedule_signed_by)) - set(self.signers))
        if unknown:
            raise Malformed(f"No certificates are given for the roles {', '.join(unknown)}.")
        if not self.schedule_signed_by:
            raise Malformed("Somebody must sign the schedule.")
        for rule in self.slots:
            if (rule.after is None) != (not rule.signed_by):
                raise Malformed("A gate after an act needs signers; a gate at a time has none.")

    def _check_log(self) -> None:
        if NoteVerifier.parse(self.log).kind != ED25519:
            raise Malformed("The log's key must be a plain Ed25519 key.")
        if not self.witnesses:
            raise Malformed("At least one witness must be named.")
        fields.distinct(self.witnesses, where="The list of witnesses")
        if any(NoteVerifier.parse(key).kind != COSIGNATURE for key in self.witnesses):
            raise Malformed("A witness's key must be one for cosignatures.")

    @property
    def n(self) -> int:
        """How many trustees there are; the tenderer's own share does not count."""
        return len(self.trustees)

    @property
    def digest(self) -> bytes:
        """P, 32 bytes."""
        return hashlib.sha256(self.encode()).digest()

    def rule(self, slot: int) -> SlotRule:
        """How ``slot`` opens; ``Malformed`` when the policy has no such slot."""
        for rule in self.slots:
            if rule.slot == slot:
                return rule
        raise Malformed(f"This tender has no slot {slot}.")

    def index_of(self, trustee: str) -> int:
        """The share index of the trustee with this URN, from 1."""
        for index, each in enumerate(self.trustees, start=1):
            if each.id == trustee:
                return index
        raise Malformed(f"{trustee} is not a trustee of this tender.")

    def require(self, header: Header) -> None:
        """Raise ``EnvelopeError`` unless the header is one that this policy allows."""
        if header.policy != self.digest:
            raise _foreign("belongs to another tender")
        if header.rehearsal != self.rehearsal:
            raise _foreign("is a rehearsal's" if header.rehearsal else "is no rehearsal's")
        if (header.suite, header.k, header.n) != (self.suite, self.k, self.n):
            raise _foreign(f"is not sealed with suite {self.suite}, {self.k} of {self.n}")
        self.rule(header.slot)

    def encode(self) -> bytes:
        """The statement's canonical bytes, ready to be signed."""
        return statements.build(
            PURPOSE,
            origin=self.origin,
            at=self.at,
            project=self.project,
            lot=self.lot,
            rehearsal=self.rehearsal,
            suite=self.suite,
            k=self.k,
            min_bids=self.min_bids,
            centre=self.centre,
            trustees=[
                {
                    "id": each.id,
                    "certificate": each.certificate.hex(),
                    "keys": {str(slot): key.hex() for slot, key in each.keys.items()},
                }
                for each in self.trustees
            ],
            slots=[{"slot": rule.slot, "gate": _gate_json(rule)} for rule in self.slots],
            signers={
                role: [digest.hex() for digest in digests] for role, digests in self.signers.items()
            },
            schedule_signed_by=list(self.schedule_signed_by),
            authorities=[
                {"certificate": each.certificate.hex(), "operator": each.operator}
                for each in self.authorities
            ],
            witnesses=list(self.witnesses),
            log=self.log,
        )

    @classmethod
    def parse(cls, data: bytes, *, origin: str | None = None) -> Policy:
        """Read a policy; ``Malformed`` for unknown fields or values that cannot stand."""
        value = statements.parse(data, purpose=PURPOSE, origin=origin, fields=_FIELDS)
        where = "The policy's "
        return cls(
            origin=value["origin"],
            at=jcs.parse_timestamp(value["at"]),
            project=fields.urn(value["project"], where=where + "project"),
            lot=fields.urn(value["lot"], where=where + "lot"),
            rehearsal=fields.boolean(value["rehearsal"], where=where + "rehearsal"),
            suite=fields.integer(value["suite"], 0, 255, where=where + "suite"),
            k=fields.integer(value["k"], 2, MAX_TRUSTEES, where=where + "k"),
            min_bids=fields.integer(value["min_bids"], 1, MAX_BIDS, where=where + "min_bids"),
            centre=fields.urn(value["centre"], where=where + "centre"),
            trustees=tuple(
                _trustee(item)
                for item in fields.listing(
                    value["trustees"], 2, MAX_TRUSTEES, where=where + "trustees"
                )
            ),
            slots=tuple(
                _slot_rule(item)
                for item in fields.listing(value["slots"], 1, 4, where=where + "slots")
            ),
            signers=_signers(value["signers"]),
            schedule_signed_by=_roles(
                value["schedule_signed_by"], where=where + "schedule_signed_by"
            ),
            authorities=tuple(
                _authority(item)
                for item in fields.listing(
                    value["authorities"], 1, MAX_SIGNERS, where=where + "authorities"
                )
            ),
            witnesses=tuple(
                fields.text(item, 300, where="A witness's key")
                for item in fields.listing(
                    value["witnesses"], 1, MAX_SIGNERS, where=where + "witnesses"
                )
            ),
            log=fields.text(value["log"], 300, where=where + "log"),
        )


def _gate_json(rule: SlotRule) -> dict[str, Any]:
    if rule.after is None:
        return {"at": "schedule"}
    return {"after": rule.after, "signed_by": list(rule.signed_by)}


def _slot_rule(value: Any) -> SlotRule:
    item = jcs.require_fields(value, ("slot", "gate"), where="A slot", error=Malformed)
    slot = fields.integer(item["slot"], SLOTS[0], SLOTS[-1], where="A slot's number")
    if item["gate"] == {"at": "schedule"}:
        return SlotRule(slot)
    gate = jcs.require_fields(
        item["gate"], ("after", "signed_by"), where=f"The gate of slot {slot}", error=Malformed
    )
    return SlotRule(
        slot,
        after=fields.name(gate["after"], where=f"What slot {slot} opens after"),
        signed_by=_roles(gate["signed_by"], where=f"The signers of slot {slot}"),
    )


def _trustee(value: Any) -> Trustee:
    item = jcs.require_fields(value, ("id", "certificate", "keys"), where="A trustee")
    id_ = fields.urn(item["id"], where="A trustee's id")
    return Trustee(
        id=id_,
        certificate=fields.hexadecimal(item["certificate"], 32, where=f"{id_}'s certificate"),
        keys=slot_keys(item["keys"], where=f"The keys of {id_}"),
    )


def slot_keys(value: Any, *, where: str) -> dict[int, bytes]:
    """``{"1": hex, …}`` as keys a slot, in order; used by policies and trustee-key statements."""
    if not isinstance(value, dict) or not value or not set(value) <= {str(s) for s in SLOTS}:
        raise Malformed(f"{where} must be an object with a key for each slot.")
    return {
        int(slot): fields.hexadecimal(key, 32, where=f"{where}, slot {slot}")
        for slot, key in sorted(value.items())
    }


def _authority(value: Any) -> Authority:
    item = jcs.require_fields(value, ("certificate", "operator"), where="A timestamp authority")
    return Authority(
        certificate=fields.hexadecimal(item["certificate"], 32, where="Its certificate"),
        operator=fields.urn(item["operator"], where="The authority's operator"),
    )


def _signers(value: Any) -> dict[str, tuple[bytes, ...]]:
    if not isinstance(value, dict) or not 1 <= len(value) <= MAX_SIGNERS:
        raise Malformed("The policy's signers must be an object of roles.")
    return {
        fields.name(role, where="A role"): tuple(
            fields.hexadecimal(item, 32, where=f"A certificate of {role}")
            for item in fields.listing(digests, 1, MAX_SIGNERS, where=f"The certificates of {role}")
        )
        for role, digests in sorted(value.items())
    }


def _roles(value: Any, *, where: str) -> tuple[str, ...]:
    roles = tuple(
        fields.name(item, where=where)
        for item in fields.listing(value, 1, MAX_SIGNERS, where=where)
    )
    fields.distinct(roles, where=where)
    return roles


def _foreign(what: str) -> EnvelopeError:
    return EnvelopeError(f"The envelope {what}.", code="foreign-envelope", fault=Fault.TENDERER)
