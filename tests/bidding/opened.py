"""A lot whose bids are frozen and opened: rows put in place, everybody with a certificate.

What sealing does has its own tests; here its events are told as its acts tell them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from bidding.domain import hall, room_commands, rooms, sealing_events
from bidding.domain.room_commands import Call
from bidding.enums import BidState, Outcome, VersionState
from bidding.models import Bid, BidVersion, Envelope, Freeze, Room, SealingPolicy
from demo.terms import COMPREHENSIVE
from signatures import store
from signatures.domain import clock, guard, jcs, platform, statements
from signatures.domain.act import Act, Actor, Scene, command, dispatch
from signatures.models import User
from tests.bidding import sealed_policy
from tests.bidding.hall import sign_in
from tests.factories import floor
from tests.factories.signing import Api, Platform, b64, install
from trading.domain import procedure
from trading.models import Exhibit, Lot

TENDERERS = ("东岳路桥", "华岳市政", "西川建工", "蜀西交通")
PRICES = ("11200000.00", "10900000.00", "11550000.00", "10750000.00")
COLUMNS = {"assessment": "0" * 64, "certificate": "0" * 64, "signer": "user:x"}


@command("test.do")
@dataclass(frozen=True, kw_only=True)
class Do(Act):
    """Does something to a lot as an act of the platform would."""

    call: Callable[[Scene], Any]

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict[str, Any]:
        scene.enter(subject="test:1")
        self.call(scene)
        return {}


def do(call: Callable[[Scene], Any]) -> None:
    dispatch(Do(call=call), actor=Actor.process("test"))


@dataclass
class Opened:
    """The lot and those around it; ``bids`` in the order of :data:`TENDERERS`."""

    platform: Platform
    lot: Lot
    host: User
    supervisor: User
    notary: User
    keeper: User
    bidders: list[User]
    bids: list[Bid]
    sheets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def refresh(self) -> Lot:
        self.lot = Lot.objects.select_related("project__tenderee").get(pk=self.lot.pk)
        return self.lot

    @property
    def room(self) -> Room:
        found = hall.last(self.lot.pk)
        assert found is not None
        return found

    def signed(self, user: User, purpose: str, **fields: Any) -> dict[str, str]:
        """A statement signed by this person, as it travels in a frame."""
        at = fields.pop("at", None) or clock.now()
        origin = fields.pop("origin", settings.ORIGIN)
        data = statements.build(purpose, origin=origin, at=at, **fields)
        signature = statements.sign(data, self.platform.signer(user))
        return {"statement": b64(data), "signature": b64(signature)}

    def attendance(self, user: User, **other: Any):
        organisation = user.memberships.get().organisation
        return self.signed(
            user,
            "sunlit.attendance/1",
            **{
                "lot": self.lot.urn,
                "room": self.room.urn,
                "organisation": organisation.urn,
                **other,
            },
        )

    def confirmation(self, number: int, **other: Any):
        bid = self.bids[number]
        return self.signed(
            self.bidders[number],
            "sunlit.confirm/1",
            **{
                "lot": self.lot.urn,
                "room": self.room.urn,
                "organisation": bid.tenderer.urn,
                "bid": bid.urn,
                "sheet": self.sheets[str(bid.pk)]["digest"],
                **other,
            },
        )

    def say(self, name: str, by: User, room: Room | None = None, **fields: Any) -> dict[str, Any]:
        """A room's command as the socket would have it run, without the socket."""
        call = Call(room=room or self.room, actor=Actor.person(by), fields=fields)
        return dispatch(room_commands.build(name, call), actor=call.actor).result

    def tell(self, kind: str, **data: Any) -> None:
        do(lambda scene: sealing_events.tell(scene, self.lot, kind, data))

    def freeze(self) -> None:
        self.tell(sealing_events.FROZEN, count=len(self.bids), root="ab" * 32)

    def open_sheet(self, number: int) -> None:
        bid = self.bids[number]
        sheet = {"duration_days": 300 + number, "quality": "合格", "manager": f"经理{number}"}
        digest = jcs.digest(sheet).hex()
        self.sheets[str(bid.pk)] = {"sheet": sheet, "digest": digest}
        for slot in (1, 2, 3):
            for holder in (self.host, self.supervisor, self.keeper):
                organisation = holder.memberships.get().organisation
                self.tell(
                    "share", bid=str(bid.pk), slot=slot, holder=organisation.urn, shares=1, needed=3
                )
            self.open_envelope(number, slot)
        self.tell(
            "sheet",
            bid=str(bid.pk),
            slot=1,
            tenderer=bid.tenderer.urn,
            name=bid.tenderer.name,
            facts=sheet,
            problem="",
            digest=digest,
        )

    def open_envelope(self, number: int, slot: int) -> None:
        with guard.writes("test arrangement"):
            Envelope.objects.filter(version__bid=self.bids[number], slot=slot).update(
                outcome=Outcome.OPENED
            )

    def lose(self, number: int, state: str = BidState.REVOKED) -> None:
        bid = self.bids[number]
        with guard.writes("test arrangement"):
            bid.state, bid.fault, bid.reason = state, "tenderer", "wrong-shares"
            bid.save()
        self.tell(
            "lost",
            bid=str(bid.pk),
            slot=1,
            state=state,
            fault="tenderer",
            reason="wrong-shares",
        )

    def hold(self) -> None:
        """The whole opening: begun, every sheet opened and read out."""
        self.freeze()
        self.say("start", self.host)
        for number in range(len(self.bids)):
            self.open_sheet(number)
            self.say("read-out", self.host, bid=str(self.bids[number].pk))

    def file(self, number: int, slot: int, kind: str, name: str, content: bytes, **facts: Any):
        """An exhibit as the opening service files it."""
        kept = store.put(content)
        bid = self.bids[number]
        envelope = Envelope.objects.get(version__bid=bid, slot=slot)
        whose = {} if slot == 3 else {"bid": bid.urn, "tenderer": bid.tenderer.urn}
        with guard.writes("test arrangement"):
            return Exhibit.objects.create(
                lot=self.lot,
                kind=kind,
                stage=self.lot.stage,
                name=name,
                digest=kept.sha256,
                size=kept.size,
                media_type="application/pdf" if name.endswith(".pdf") else "application/json",
                facts={
                    "envelope": envelope.urn,
                    "slot": slot,
                    "number": 1,
                    "name": name,
                    **whose,
                    **facts,
                },
                audience=["supervisor", "archivist"],
                filed_at=clock.now(),
            )

    def file_technical(self) -> None:
        for number, bid in enumerate(self.bids):
            name = f"{bid.tenderer.name}技术文件.pdf"
            self.file(number, 3, "bid-document", name, f"%PDF-1.7 {bid.pk}".encode())

    def open_prices(self, prices: tuple[str, ...] = PRICES, *, spoiled: int = -1) -> None:
        for number, price in enumerate(prices):
            facts = None if number == spoiled else {"price": price, "currency": "CNY"}
            self.file(
                number, 4, "bid-price", "price.json", jcs.dumps(facts), **{"bid-price": facts}
            )
            self.open_envelope(number, 4)

    def api(self, user: User | None) -> Api:
        return Api(user)

    def session(self, user: User) -> str:
        return sign_in(user)


def build(settings_: Any, folder: Path, *, days_ago: int = 0) -> Opened:
    """A lot at the opening with four frozen bids; nothing has been opened, no hall is there."""
    signing = install(settings_, folder, days_ago=days_ago)
    platform.make(platform.DRAW_KEY)
    house = floor.house(parameters=COMPREHENSIVE)
    now = clock.now()
    with guard.writes("test arrangement"):
        lot = house.lot
        lot.stage, lot.stage_since = "OPENING", now
        lot.published_at = now - timedelta(days=30)
        lot.procedure = procedure.load("construction").frozen()
        lot.dates = {
            "deadline": jcs.timestamp(now - timedelta(minutes=5)),
            "opening": jcs.timestamp(now - timedelta(minutes=5)),
        }
        lot.save()
    notary = floor.person("何川", floor.organisation("西川省公共资源交易平台", "notary"))
    keeper = floor.person("值守", floor.organisation("东岳公共资源交易中心", "centre"))
    organisations = {
        "supervisor": house.supervisor.memberships.get().organisation,
        "notary": notary.memberships.get().organisation,
        "centre": keeper.memberships.get().organisation,
    }
    for role in ("supervisor", "notary"):
        floor.assignment(lot, role, organisation=organisations[role])
    for one in (house.tenderee, *organisations.values()):
        floor.assignment(lot, "trustee", organisation=one)
    for user in (house.buyer, house.supervisor, notary, keeper):
        signing.equip(user, user.memberships.get().organisation)
    digest = sealed_policy.stored(
        lot, (house.tenderee, *organisations.values()), k=3, min_bids=3, at=now
    )
    bidders, bids = _bids(signing, lot, now, digest)
    return Opened(
        platform=signing,
        lot=lot,
        host=house.buyer,
        supervisor=house.supervisor,
        notary=notary,
        keeper=keeper,
        bidders=bidders,
        bids=bids,
    )


def _bids(
    signing: Platform, lot: Lot, now: Any, policy_digest: str
) -> tuple[list[User], list[Bid]]:
    bidders, bids = [], []
    with guard.writes("test arrangement"):
        policy = SealingPolicy.objects.create(
            lot=lot,
            k=3,
            n=4,
            min_bids=3,
            gates={
                "1": {"at": "opening"},
                "2": {"at": "opening"},
                "3": {"at": "opening"},
                "4": {"after": "bidding.freeze-scores", "signed_by": ["supervisor"]},
            },
            statement=policy_digest,
            signature="0" * 64,
            at=now,
            **COLUMNS,
        )
    for number, name in enumerate(TENDERERS):
        tenderer = floor.organisation(f"{name}建设集团有限公司", "tenderer")
        bidder = floor.person(f"{name}代表", tenderer)
        signing.equip(bidder, tenderer, region="east" if number < 2 else "west")
        floor.assignment(lot, "tenderer", organisation=tenderer)
        with guard.writes("test arrangement"):
            bid = Bid.objects.create(
                pk=uuid4(), lot=lot, tenderer=tenderer, state=BidState.FROZEN, since=now
            )
            version = BidVersion.objects.create(
                bid=bid,
                number=1,
                state=VersionState.COMPLETE,
                completed_at=now,
                statement=hashlib.sha256(bid.pk.bytes).hexdigest(),
                signature="0" * 64,
                at=now,
                **COLUMNS,
            )
            for slot in (1, 2, 3, 4):
                Envelope.objects.create(
                    version=version, slot=slot, head=b"h", leaves=b"l", size=1, received=1
                )
        bidders.append(bidder)
        bids.append(bid)
    with guard.writes("test arrangement"):
        Freeze.objects.create(
            lot=lot,
            policy=policy,
            count=len(bids),
            root="ab" * 32,
            bids=[
                {"bid": str(bid.pk), "version": 1, "statement": "cd" * 32}
                for bid in sorted(bids, key=lambda each: str(each.pk))
            ],
            at=now,
        )
    return bidders, bids


def events(room: Room, kind: str = "") -> list[Any]:
    """The room's events, of one kind where given."""
    return [each for each in rooms.events(room.pk) if not kind or each.kind == kind]
