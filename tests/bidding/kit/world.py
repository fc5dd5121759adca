"""A small lot with four trustees, and a ledger that can be made to lie: real keys throughout."""

from __future__ import annotations

import functools
import hashlib
import inspect
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyhanko.sign.timestamps import DummyTimeStamper

from bidding.kit.bid import BidStatement
from bidding.kit.device import Submission
from bidding.kit.follower import Follower
from bidding.kit.gate import Gate
from bidding.kit.opening import Decision, Shown, decide, observe
from bidding.kit.policy import Authority, Policy, SlotRule, Trustee
from bidding.kit.recovery import RecoveryKit
from bidding.kit.schedule import Schedule
from bidding.kit.sealing import Document, seal_bid
from bidding.kit.tender import FrozenBid, Signed, frozen_root
from bidding.kit.trustee import SlotKeys
from signatures.domain import jcs, ledger, statements
from signatures.domain.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    NoteSigner,
    cosign,
    sign_checkpoint,
)
from signatures.domain.keys import Signer, wait

P256 = ec.SECP256R1()
ORIGIN = "https://sunlit.test"
LOT = "lot:7d1f0c4e-0000-4000-8000-000000000001"
PROJECT = "project:7d1f0c4e-0000-4000-8000-000000000000"
CENTRE = "org:centre"
PASSPHRASE = "correct horse"
T0 = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
OPENING = datetime(2026, 3, 20, 1, 30, tzinfo=UTC)


def cached(function):
    """Remember results whatever way the arguments are given."""
    signature = inspect.signature(function)
    remembered: dict = {}

    @functools.wraps(function)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        key = tuple(bound.arguments.values())
        if key not in remembered:
            remembered[key] = function(*args, **kwargs)
        return remembered[key]

    return call


@cached
def pair(name: str, purpose: str = ""):
    """A key with a self-signed certificate: trust is not what the kit asks about."""
    key = rsa.generate_private_key(65537, 2048) if purpose else ec.generate_private_key(P256)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
    )
    if purpose == "tsa":
        usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(key, hashes.SHA256())


@cached
def signer(name: str) -> Signer:
    key, certificate = pair(name, "")
    return Signer.from_key(key, certificate)


def fingerprint(name: str, purpose: str = "") -> bytes:
    der = pair(name, purpose)[1].public_bytes(serialization.Encoding.DER)
    return hashlib.sha256(der).digest()


@cached
def note_signer(name: str, kind: int = 1) -> NoteSigner:
    return NoteSigner(name, Ed25519PrivateKey.generate(), kind)


@cached
def slot_keys(trustee: str, rehearsal: bool = False) -> SlotKeys:
    return SlotKeys.generate(
        origin=ORIGIN,
        project=PROJECT,
        lot=LOT,
        trustee=f"org:{trustee}",
        slots=[1, 4],
        rehearsal=rehearsal,
    )


TRUSTEES = ("tenderee", "centre", "supervisor", "notary")


def a_policy(**changes: object) -> Policy:
    rehearsal = bool(changes.get("rehearsal", False))
    policy = Policy(
        origin=ORIGIN,
        at=T0,
        project=PROJECT,
        lot=LOT,
        k=3,
        min_bids=3,
        centre=CENTRE,
        trustees=tuple(
            Trustee(
                id=f"org:{name}",
                certificate=fingerprint(name),
                keys=slot_keys(name, rehearsal).public,
            )
            for name in TRUSTEES
        ),
        slots=(SlotRule(1), SlotRule(4, after="bidding.technical", signed_by=("supervisor",))),
        signers={
            "tenderee": (fingerprint("tenderee"),),
            "supervisor": (fingerprint("supervisor"),),
        },
        schedule_signed_by=("tenderee",),
        authorities=(
            Authority(fingerprint("tsa", "tsa"), "org:authority"),
            Authority(fingerprint("centre-tsa", "tsa"), CENTRE),
        ),
        witnesses=(note_signer("witness", COSIGNATURE).verifier.vkey,),
        log=note_signer("sunlit.test/log").verifier.vkey,
    )
    return replace(policy, **changes)


def token(message: bytes, at: datetime, authority: str = "tsa") -> bytes:
    key, certificate = pair(authority, "tsa")
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(
            key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ),
        fixed_dt=at,
    )
    digest = hashlib.sha256(message).digest()
    return wait(stamper.async_timestamp(digest, "sha256")).dump()


def sealed_bid(
    policy: Policy,
    folder: Path,
    *,
    name: str = "tenderer",
    bid: uuid.UUID | None = None,
    version: int = 1,
    content: bytes = b"the price is 1",
) -> tuple[Submission, RecoveryKit]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "offer.pdf"
    path.write_bytes(content)
    document = Document(path=path, type="application/pdf")
    return seal_bid(
        policy,
        {rule.slot: [document] for rule in policy.slots},
        signer=signer(name),
        bid=bid or uuid.uuid4(),
        version=version,
        at=T0,
        passphrase=PASSPHRASE,
    )


def signed(data: bytes, *names: str) -> Signed:
    return Signed(data, tuple(statements.sign(data, signer(name)) for name in names))


def a_schedule(policy: Policy, *, seq: int = 1, shift: timedelta = timedelta(0)) -> Schedule:
    return Schedule(
        origin=policy.origin,
        at=T0,
        policy=policy.digest,
        seq=seq,
        deadline=DEADLINE + shift,
        gates={1: OPENING + shift},
    )


def entry(act: str, *, digests: dict, context: dict, subject: str = LOT) -> dict:
    return {
        "act": act,
        "actor": "org:centre",
        "subject": subject,
        "digests": digests,
        "context": context,
    }


@dataclass
class House:
    """A platform that shows a lot's ledger to a trustee; tests make it honest or not."""

    policy: Policy
    bids: list[FrozenBid]
    leaves: list[bytes] = field(default_factory=list)
    objects: list[Signed] = field(default_factory=list)
    frozen: list[FrozenBid] = field(default_factory=list)
    note_at: datetime = OPENING + timedelta(minutes=1)
    token_at: datetime = OPENING + timedelta(minutes=1)
    token_by: str = "tsa"
    witness: NoteSigner | None = field(default_factory=lambda: note_signer("witness", COSIGNATURE))
    log: NoteSigner = field(default_factory=lambda: note_signer("sunlit.test/log"))

    def plain(self, act: str, at: datetime, *, digests: dict, context: dict) -> None:
        self.leaves.append(
            ledger.plain_leaf(jcs.timestamp(at), entry(act, digests=digests, context=context))
        )

    def hidden(self, at: datetime) -> None:
        minute = ledger.minute_of(jcs.timestamp(at))
        self.leaves.append(
            ledger.hidden_leaf(minute, bytes(32), entry("bid", digests={}, context={}))
        )

    def publish_policy(self) -> None:
        self.plain("bidding.policy", T0, digests={"policy": self.policy.digest.hex()}, context={})

    def publish_schedule(self, schedule: Schedule, *names: str, at: datetime = T0) -> None:
        statement = signed(schedule.encode(), *(names or ("tenderee",)))
        self.objects.append(statement)
        self.plain(
            "bidding.schedule",
            at,
            digests={"statement": statement.digest.hex()},
            context={"policy": schedule.policy.hex()},
        )

    def freeze(self, *, at: datetime = DEADLINE, count: int | None = None) -> None:
        self.frozen = list(self.bids)
        self.plain(
            "bidding.freeze",
            at,
            digests={"set": frozen_root(self.bids).hex()},
            context={
                "policy": self.policy.digest.hex(),
                "count": len(self.bids) if count is None else count,
            },
        )

    def open_gate(
        self,
        *,
        slot: int = 1,
        at: datetime = OPENING,
        by: Iterable[str] = (),
        result: bytes | None = None,
        **changes: object,
    ) -> None:
        gate = Gate(
            origin=self.policy.origin,
            at=at,
            policy=self.policy.digest,
            slot=slot,
            freeze=frozen_root(self.bids),
            bids=tuple(sorted((each.bid for each in self.bids), key=str)),
            result=result,
        )
        statement = signed(replace(gate, **changes).encode(), *by)
        self.objects.append(statement)
        self.plain(
            "bidding.gate",
            at,
            digests={"statement": statement.digest.hex()},
            context={"policy": self.policy.digest.hex(), "slot": slot},
        )

    @property
    def checkpoint(self) -> Checkpoint:
        root = ledger.root_of(ledger.leaf_hash(leaf) for leaf in self.leaves)
        return Checkpoint(self.log.name, len(self.leaves), root)

    def show(self, stored: Follower) -> Shown:
        checkpoint = self.checkpoint
        note = sign_checkpoint(checkpoint, self.log)
        if self.witness is not None:
            note = cosign(note, self.witness, at=int(self.note_at.timestamp()))
        return Shown(
            note=note,
            token=token(checkpoint.text.encode(), self.token_at, self.token_by),
            leaves=tuple(self.leaves[stored.size :]),
            objects=tuple(self.objects),
            frozen=tuple(self.frozen),
        )


def a_follower() -> Follower:
    return Follower(origin="sunlit.test/log", lot=LOT)


def frozen_bid(submission: Submission) -> FrozenBid:
    bid: BidStatement = submission.bid
    return FrozenBid(
        bid=bid.bid,
        version=bid.version,
        statement=hashlib.sha256(submission.statement).digest(),
    )


def opened_house(policy: Policy, submission: Submission) -> House:
    """Everything as it should be, up to the gate of slot 1."""
    others = [FrozenBid(uuid.UUID(int=n), 1, bytes([n]) * 32) for n in (1, 2)]
    house = House(policy=policy, bids=[frozen_bid(submission), *others])
    house.publish_policy()
    house.publish_schedule(a_schedule(policy))
    house.hidden(T0)
    house.freeze()
    house.open_gate()
    return house


def judge(
    house: House,
    submission: Submission,
    *,
    slot: int = 1,
    stored: Follower | None = None,
    now: datetime = OPENING + timedelta(minutes=2),
    rehearsal: bool = False,
    change: Callable[[Shown], Shown] = lambda shown: shown,
    statement: Signed | None = None,
) -> Decision:
    follower = stored or a_follower()
    view = observe(house.policy, follower, change(house.show(follower)))
    head = next(each.head for each in submission.envelopes if each.head.header.slot == slot)
    return decide(
        view,
        head,
        statement or Signed(submission.statement, (submission.signature,)),
        now=now,
        rehearsal=rehearsal,
    )
