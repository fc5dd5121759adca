"""A lot with its trustees and tenderers, each of whom calls the interface and seals with the kit.

Rows of the floor are arranged by hand; everything about seals goes the way it goes outside.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bidding.domain import submission as submissions
from bidding.kit.device import Submission
from bidding.kit.envelope import Part, parts
from bidding.kit.policy import Authority, Policy, SlotRule, Trustee
from bidding.kit.recovery import RecoveryKit
from bidding.kit.schedule import Schedule
from bidding.kit.sealing import Document, seal_bid
from bidding.kit.trustee import SlotKeys
from bidding.kit.withdrawal import Withdrawal
from signatures.domain import clock, platform
from tests.bidding.sealing.people import (
    WITNESS,
    Person,
    bind,
    checksum,
    found,
    move_clock,
    signer,
    wire,
)
from tests.factories import floor
from tests.factories.floor import DATES, START, House
from tests.signatures.labs import shared
from trading.domain.signed import Signed
from trading.models import Lot

DEADLINE = DATES["deadline"]
#: In the stage of bidding, days before the deadline.
BIDDING = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
PASSPHRASE = "correct horse"
MIB = 1024 * 1024


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
        more: dict[int, dict[str, bytes]] | None = None,
    ) -> tuple[Submission, RecoveryKit]:
        assert self.policy is not None
        folder = self.folder / "devices" / secrets.token_hex(6)
        folder.mkdir(parents=True)
        contents: dict[int, tuple[str, bytes]] = {
            1: ("sheet.json", sheet or b'{"duration_days":120,"manager":"Li Qiang"}'),
            2: ("qualification.pdf", b"%PDF-1.7 qualification"),
            3: ("technical.pdf", technical),
            4: ("price.json", b'{"currency":"CNY","price":"%s"}' % price.encode()),
        }
        documents = {}
        for slot in (rule.slot for rule in self.policy.slots):
            (folder / f"{slot}").mkdir()
            documents[slot] = []
            for name, content in (contents[slot], *(more or {}).get(slot, {}).items()):
                path = folder / f"{slot}" / name
                path.write_bytes(content)
                documents[slot].append(Document(path=path, type="application/octet-stream"))
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


def on_offer(house: House) -> None:
    """The notice is out, and the tender document on offer."""
    house.publish_notice()
    house.publish_documents()


def build(
    folder: Path, *, tenderers: int = 3, arrange: Callable[[House], None] = on_offer,
    fetched: bool = True,
) -> World:
    """A lot at the stage of documents, or as ``arrange`` has it; nothing is sealed yet."""
    found(folder)
    house = floor.house()
    arrange(house)
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
        if fetched:
            floor.assignment(house.lot, "tenderer", organisation=organisation)
        bidders.append(Person(user=user, organisation=organisation, key=key))
    return World(house=house, folder=folder, trustees=trustees, tenderers=bidders)


def prepared(world: World, person: Person, submission: Submission) -> Any:
    """The act that the interface would dispatch for this submission."""
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
