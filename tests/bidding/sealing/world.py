"""A lot with its trustees and tenderers, real lab certificates, and a clock to be moved.

Actors are what they would be outside: a person with a certificate who calls the interface over
HTTP (Django's client) and seals with the kit. Rows of the floor are arranged by hand.
"""

from __future__ import annotations

import copy
import hashlib
import json
import secrets
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.test import Client

from bidding.kit.device import Submission
from bidding.kit.envelope import Part, parts
from bidding.kit.policy import Authority, Policy, SlotRule, Trustee
from bidding.kit.recovery import RecoveryKit
from bidding.kit.schedule import Schedule
from bidding.kit.sealing import Document, seal_bid
from bidding.kit.trustee import SlotKeys
from bidding.kit.withdrawal import Withdrawal
from signatures.domain import clock, guard, platform, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.checkpoint import COSIGNATURE, NoteSigner
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Malformed
from signatures.domain.keys import Signer, load_pkcs12
from signatures.domain.trust_acts import PinListSigner, take_in
from signatures.lab.issued import Issued
from signatures.models import ClockOffset, User, UserCertificate
from tests.factories import floor
from tests.factories.floor import DATES, START, House
from tests.signatures.labs import shared
from trading.domain import ticking, tokens
from trading.models import Lot, Organisation

__all__ = ["DEADLINE", "Malformed", "Person", "World", "floor"]

DEADLINE = DATES["deadline"]
#: In the stage of bidding, days before the deadline.
BIDDING = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
PASSPHRASE = "correct horse"
MIB = 1024 * 1024
FOUNDER = Actor.process("founder")
WITNESS = NoteSigner("witness", Ed25519PrivateKey.generate(), COSIGNATURE)


def move_clock(at: datetime) -> None:
    """Let the official time be ``at`` (to the second) from now on."""
    behind = int((at - clock.look().real).total_seconds())
    with guard.writes("test arrangement"):
        ClockOffset.objects.update_or_create(pk=1, defaults={"seconds": behind})


def tick() -> list[str]:
    """One round of the clock; the commands that it did."""
    return [one.command for one in ticking.tick() if one.held is None]


@cache
def issued(name: str, region: str, key_type: str = "ec") -> Issued:
    return shared().region(region).issue(
        name, organisation=name, credit_code="91370100MA0000018T", key_type=key_type
    )


@cache
def signer(name: str, region: str, key_type: str = "ec") -> Signer:
    return load_pkcs12(issued(name, region, key_type).pkcs12("pw"), "pw")


def bind(user: User, key: Signer) -> None:
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=user,
            fingerprint=key.certificate_digest.hex(),
            der=key.certificate.dump(),
            bound_at=START - timedelta(days=1),
        )


def found(folder: Path) -> None:
    """Keys, seal and trust lists of a platform in this test's own folder."""
    settings.DATA = folder
    settings.STORE = folder / "store"
    settings.KEYS = folder / "keys"
    settings.LAB = shared().folder
    settings.WITNESSES = [WITNESS.verifier.vkey]
    for name in (platform.LOG_KEY, platform.RECEIPT_KEY, platform.OPENING_KEY):
        platform.make(name)
    seal = shared().region("east").issue(
        "公共资源交易中心", organisation="公共资源交易中心", credit_code="91370100MA0000018T",
        usage="platform",
    )
    platform.install_seal(seal.pkcs12("pw"), "pw")
    move_clock(START)
    platform.certify_receipt_key(clock.now())
    for name in ("east", "west"):
        region = shared().region(name)
        pin = PinListSigner(
            territory=region.territory, certificate=region.list_signer.asn1.dump()
        )
        dispatch(pin, actor=FOUNDER)
        take_in(region.trust_list(clock.now()), territory=region.territory, actor=FOUNDER)


def renew_lists() -> None:
    """Take the lists of this moment in, as the clock process does every day."""
    for name in ("east", "west"):
        region = shared().region(name)
        take_in(region.trust_list(clock.now()), territory=region.territory, actor=FOUNDER)


@dataclass
class Person:
    """Somebody with a certificate, signed in over HTTP."""

    user: User
    organisation: Organisation
    key: Signer
    client: Client = field(default_factory=Client)
    _token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        if not self._token:
            self._token = tokens.issue(self.user).text
        return {"Authorization": f"Bearer {self._token}"}

    def sign(self, data: bytes) -> dict[str, str]:
        return wire(data, statements.sign(data, self.key))

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or secrets.token_hex(8)}
        return self.client.post(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers
        )

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers)

    def tus(self, method: str, url: str, data: bytes = b"", **headers: str) -> Any:
        sent = {
            **self.headers,
            "Tus-Resumable": "1.0.0",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.client.generic(
            method, url, data, content_type="application/offset+octet-stream", headers=sent
        )

    def patch(self, url: str, offset: int, data: bytes, **headers: str) -> Any:
        return self.tus("PATCH", url, data, Upload_Offset=str(offset), **headers)


def wire(data: bytes, signature: bytes) -> dict[str, str]:
    return {
        "statement": b64encode(data).decode(), "signature": b64encode(signature).decode()
    }


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def prepared(world: World, person: Person, submission: Submission) -> Any:
    """The act that the interface would dispatch for this submission."""
    from bidding.domain import submission as submissions
    from trading.domain.signed import Signed

    return submissions.prepare(
        person.user,
        world.lot,
        Signed(submission.statement, submission.signature),
        [
            submissions.Offered(
                slot=each.head.header.slot,
                head=each.head.encode(),
                leaves=b"".join(each.sealed.leaves),
            )
            for each in submission.envelopes
        ],
    )


def checksum(data: bytes) -> str:
    return f"sha256 {b64encode(hashlib.sha256(data).digest()).decode()}"


@dataclass
class World:
    """The lot and everybody who has to do with its bids."""

    house: House
    folder: Path
    trustees: dict[str, Person]
    tenderers: list[Person]
    slot_keys: dict[str, SlotKeys] = field(default_factory=dict)
    policy: Policy | None = None
    #: What tenderers keep of their frozen bids, by organisation.
    kits: dict[str, tuple[Submission, RecoveryKit]] = field(default_factory=dict)

    @property
    def lot(self) -> uuid.UUID:
        return self.house.lot.pk

    @property
    def lot_row(self) -> Lot:
        return self.house.lot

    @property
    def tenderee(self) -> Person:
        return self.trustees["tenderee"]

    def path(self, rest: str) -> str:
        return f"lots/{self.lot}/{rest}"

    # --- sealing ---------------------------------------------------------------------------------

    def make_keys(self) -> None:
        for name, person in self.trustees.items():
            keys = SlotKeys.generate(
                origin=platform.origin(),
                project=self.house.lot.project.urn,
                lot=self.house.lot.urn,
                trustee=person.organisation.urn,
                slots=(1, 2, 3, 4),
            )
            self.slot_keys[name] = keys
            answer = person.post(
                self.path("trustee-keys"), person.sign(keys.offer(at=clock.now()))
            )
            assert answer.status_code == 201, answer.content

    def a_policy(self, **changes: Any) -> Policy:
        west = shared().region("west").tsa
        values: dict[str, Any] = {
            "origin": platform.origin(),
            "at": clock.now(),
            "project": self.house.lot.project.urn,
            "lot": self.house.lot.urn,
            "k": 3,
            "min_bids": 3,
            "centre": self.trustees["centre"].organisation.urn,
            "trustees": tuple(
                Trustee(
                    id=person.organisation.urn,
                    certificate=person.key.certificate_digest,
                    keys=self.slot_keys[name].public,
                )
                for name, person in self.trustees.items()
            ),
            "slots": (
                SlotRule(1),
                SlotRule(2),
                SlotRule(3),
                SlotRule(4, after="bidding.freeze-scores", signed_by=("tenderee", "supervisor")),
            ),
            "signers": {
                "tenderee": (self.tenderee.key.certificate_digest,),
                "supervisor": (self.trustees["supervisor"].key.certificate_digest,),
            },
            "schedule_signed_by": ("tenderee",),
            "authorities": (
                Authority(hashlib.sha256(west.dump()).digest(), "org:authority-west"),
            ),
            "witnesses": (WITNESS.verifier.vkey,),
            "log": platform.log_verifier().vkey,
        }
        return Policy(**{**values, **changes})

    def publish_policy(self) -> Policy:
        self.policy = self.a_policy()
        answer = self.tenderee.post(
            self.path("policy"), self.tenderee.sign(self.policy.encode())
        )
        assert answer.status_code == 201, answer.content
        return self.policy

    def a_schedule(self, *, seq: int = 1, deadline: datetime = DEADLINE) -> Schedule:
        assert self.policy is not None
        return Schedule(
            origin=platform.origin(),
            at=clock.now(),
            policy=self.policy.digest,
            seq=seq,
            deadline=deadline,
            gates={1: deadline, 2: deadline, 3: deadline},
        )

    def publish_schedule(self, **changes: Any) -> Any:
        schedule = self.a_schedule(**changes)
        return self.tenderee.post(
            self.path("schedule"), self.tenderee.sign(schedule.encode())
        )

    # --- bids ------------------------------------------------------------------------------------

    def seal(
        self,
        person: Person,
        *,
        version: int = 1,
        bid: uuid.UUID | None = None,
        technical: bytes = b"how we build",
        price: str = "4800000.00",
        sheet: bytes | None = None,
    ) -> tuple[Submission, RecoveryKit]:
        assert self.policy is not None
        folder = self.folder / "devices" / secrets.token_hex(6)
        folder.mkdir(parents=True)
        contents = {
            1: ("sheet.json", sheet or b'{"duration_days":120,"manager":"Li Qiang"}'),
            2: ("qualification.pdf", b"%PDF-1.7 qualification"),
            3: ("technical.pdf", technical),
            4: ("price.json", b'{"currency":"CNY","price":"%s"}' % price.encode()),
        }
        documents = {}
        for slot, (name, content) in contents.items():
            (folder / f"{slot}").mkdir()
            path = folder / f"{slot}" / name
            path.write_bytes(content)
            documents[slot] = [Document(path=path, type="application/octet-stream")]
        return seal_bid(
            self.policy,
            documents,
            signer=person.key,
            bid=bid or uuid.uuid4(),
            version=version,
            at=clock.now(),
            passphrase=PASSPHRASE,
        )

    def register(self, person: Person, submission: Submission, **options: Any) -> Any:
        return person.post(self.path("bids"), registration(submission), **options)

    def upload(self, person: Person, submission: Submission, answer: dict[str, Any]) -> None:
        """The whole of every envelope, in as few requests as the kit would take."""
        for upload in answer["uploads"]:
            for batch in batches(submission, upload["slot"]):
                data = b"".join(part.data for part in batch)
                done = person.patch(
                    upload["url"], batch[0].offset, data, Upload_Checksum=checksum(data)
                )
                assert done.status_code == 204, done.content

    def submit(self, person: Person, **options: Any) -> tuple[Submission, RecoveryKit]:
        """Seal, register, upload."""
        submission, kit = self.seal(person, **options)
        answer = self.register(person, submission)
        assert answer.status_code == 201, answer.content
        self.upload(person, submission, answer.json())
        return submission, kit


def registration(submission: Submission) -> dict[str, Any]:
    return {
        **wire(submission.statement, submission.signature),
        "envelopes": [
            {
                "slot": each.head.header.slot,
                "head": b64encode(each.head.encode()).decode(),
                "leaves": b64encode(b"".join(each.sealed.leaves)).decode(),
            }
            for each in submission.envelopes
        ],
    }


_secrets: dict[bytes, Any] = {}


def secrets_of(submission: Submission) -> Any:
    """The keys and salts by slot; scrypt is slow on purpose, so they are remembered."""
    if submission.statement not in _secrets:
        _secrets[submission.statement] = submission.secrets(PASSPHRASE)
    return _secrets[submission.statement]


def body_parts(submission: Submission, slot: int, *, first: int = 0) -> list[Part]:
    """An envelope's parts, made again as the kit does for every upload."""
    secret = secrets_of(submission)[slot]
    state = next(each for each in submission.envelopes if each.head.header.slot == slot)
    with state.plaintext() as source:
        return list(parts(state.head, secret, state.sealed, source, first=first))


def batches(submission: Submission, slot: int, *, first: int = 0) -> list[list[Part]]:
    made = body_parts(submission, slot, first=first)
    return [made[at : at + 8] for at in range(0, len(made), 8)]


def withdrawal(world: World, person: Person, bid: uuid.UUID) -> dict[str, str]:
    assert world.policy is not None
    statement = Withdrawal(
        origin=platform.origin(), at=clock.now(), policy=world.policy.digest, bid=bid
    )
    return person.sign(statement.encode())


def build(folder: Path, *, tenderers: int = 3) -> World:
    """A lot at the stage of documents; nothing is sealed yet."""
    found(folder)
    house = floor.house()
    house.publish_notice()
    house.publish_documents()
    move_clock(START + timedelta(minutes=5))
    centre = house.operator.memberships.get().organisation
    supervisor = house.supervisor.memberships.get().organisation
    notary = floor.organisation("省公证处", "notary")
    people = {
        "tenderee": (house.buyer, house.tenderee, "east"),
        "centre": (house.operator, centre, "east"),
        "supervisor": (house.supervisor, supervisor, "east"),
        "notary": (floor.person("孙立", notary), notary, "west"),
    }
    trustees = {}
    for name, (user, organisation, region) in people.items():
        key = signer(name, region)
        bind(user, key)
        floor.assignment(house.lot, "trustee", organisation=organisation)
        trustees[name] = Person(user=user, organisation=organisation, key=key)
    bidders = []
    for number in range(tenderers):
        region = "east" if number % 2 else "west"
        organisation = floor.organisation(f"建设集团{number}", "tenderer")
        user = floor.person(f"bidder{number}", organisation)
        key = signer(f"tenderer-{number}", region, "rsa" if number == 2 else "ec")
        bind(user, key)
        floor.assignment(house.lot, "tenderer", organisation=organisation)
        bidders.append(Person(user=user, organisation=organisation, key=key))
    return World(house=house, folder=folder, trustees=trustees, tenderers=bidders)


def fixed(at: datetime) -> FixedClock:
    return FixedClock(at)


# --- the opening ---------------------------------------------------------------------------------


def prove() -> None:
    """What clock process and witness do: a checkpoint, its cosignature, its timestamp."""
    from signatures.domain import checkpoint as notes
    from signatures.domain import checkpoints, duty_list

    checkpoints.make(clock.platform)
    newest = checkpoints.latest()
    assert newest is not None
    signed = notes.cosign(newest.note, WITNESS, at=int(clock.now().timestamp()))
    checkpoints.attach_cosignature(newest.size, signed.removeprefix(newest.note))
    duty_list.stamp_checkpoint(clock.platform)


def run_tasks() -> list[str]:
    """Run what is in the queue, as the worker does; what each task came to."""
    from django_tasks_db.models import DBTaskResult

    done = []
    for row in DBTaskResult.objects.ready().order_by("enqueued_at"):
        result = row.task.func(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        row.set_successful(result)
        done.append(f"{row.task.name}:{result}")
    return done


def released(world: World, name: str, *, slot: int | None = None) -> list[Any]:
    """What a trustee's own client does: look, decide by every check, and post its shares."""
    from bidding.kit import opening, release
    from bidding.kit.follower import Follower
    from bidding.kit.tender import FrozenBid
    from bidding.kit.wraps import Head

    person, keys, policy = world.trustees[name], world.slot_keys[name], world.policy
    assert policy is not None
    seen = person.get(world.path("frozen?from=0")).json()
    sealing = person.get(world.path("sealing")).json()
    objects = [_signed(each) for each in (*sealing["schedules"], *sealing["gates"])]
    shown = opening.Shown(
        note=seen["note"],
        token=_decoded(seen["token"]),
        leaves=[_decoded(each) for each in seen["leaves"]],
        objects=objects,
        frozen=[
            FrozenBid(uuid.UUID(each["bid"]), each["version"], _signed(each).digest)
            for each in seen["bids"]
        ],
    )
    stored = Follower(origin=platform.log_origin(), lot=world.house.lot.urn)
    view = opening.observe(policy, stored, shown)
    answers = []
    for bid in seen["bids"]:
        for envelope in bid["envelopes"]:
            if slot is not None and envelope["slot"] != slot:
                continue
            head = Head.parse(_decoded(envelope["head"]))
            decision = opening.decide(view, head, _signed(bid), now=clock.now())
            if not decision.release:
                answers.append([reason.code for reason in decision.reasons])
                continue
            statement = release.release(
                keys.unwrap(policy, head),
                policy=policy,
                head=head,
                recipient=bytes.fromhex(seen["opening_service"]["key"]),
                checkpoint=decision.checkpoint,
                at=clock.now(),
            )
            answers.append(person.post(world.path("shares"), person.sign(statement)))
    return answers


def _decoded(text: str) -> bytes:
    from base64 import b64decode

    return b64decode(text)


def _signed(item: dict[str, Any]) -> Any:
    from bidding.kit.tender import Signed

    signatures = item["signatures"] if "signatures" in item else [item["signature"]]
    return Signed(_decoded(item["statement"]), tuple(_decoded(each) for each in signatures))


def open_for_bids(world: World) -> None:
    """Publish keys, policy and schedule, and go on to the stage of bidding."""
    world.make_keys()
    world.publish_policy()
    answer = world.publish_schedule()
    assert answer.status_code == 201, answer.content
    move_clock(BIDDING)
    renew_lists()
    tick()
    world.house.refresh()


def freeze(world: World) -> None:
    """The deadline comes; the clock freezes the set and opens the timed gates."""
    move_clock(DEADLINE + timedelta(seconds=5))
    renew_lists()
    tick()
    world.house.refresh()


# --- one world for a module ----------------------------------------------------------------------


@contextmanager
def put_back() -> Iterator[None]:
    """What happens inside never happened, like in a test case of Django's."""
    block = transaction.atomic()
    block._from_testcase = True
    block.__enter__()
    try:
        yield
    finally:
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def copied(world: World) -> World:
    """The same world for another test: what tests change in memory is its own."""
    house = copy.copy(world.house)
    people = {name: replace(one) for name, one in world.trustees.items()}
    fresh = replace(
        world, house=house, trustees=people, tenderers=[replace(one) for one in world.tenderers]
    )
    fresh.house.refresh()
    return fresh
