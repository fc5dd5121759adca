"""A lot on the floor for tests: published, its bidders qualified, the clock in the test's hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bidding.domain import auction, auction_rules, room_state
from bidding.domain.auction_acts import Ask, CloseFloor, EndListing, OpenFloor, OpenReserve
from bidding.models import FloorApplication, FloorAsk, RoomEvent
from signatures.domain import guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.models import LedgerEntry, User
from tests.factories import floor
from tests.factories.floor import LONG_AGO, START, House, beijing, sha
from trading.domain import procedure
from trading.domain.documents import PublishDocuments
from trading.domain.notices import PublishNotice, evaluation_digest
from trading.domain.projects import NewLot, RegisterProject
from trading.models import Lot, Message, Organisation

CLOCK = Actor.process("clock")
SALT = "5a" * 32
#: Starting price, step and deposit; a limited round of five minutes.
FORMAT: dict[str, Any] = {
    "method": "floor",
    "direction": "rising",
    "start": "1000000.00",
    "step": "20000.00",
    "round_seconds": 300,
    "calls": 1,
    "deposit": "200000.00",
}
FROM, UNTIL = beijing(2026, 4, 10), beijing(2026, 4, 24, 15, 0)
DATES = {"documents-until": beijing(2026, 4, 9, 17, 0), "floor-from": FROM, "deadline": UNTIL}
AFTER = timedelta(minutes=1)
NAMES = ("华岳地产", "蜀西置业", "东岳城投", "西川实业")


def reserved(amount: str) -> dict[str, Any]:
    """The usual format with a sealed reserve."""
    return FORMAT | {"reserve": auction_rules.commitment(Decimal(amount), SALT)}


@dataclass
class Floor(House):
    """The house of a floor; ``firms`` are its bidders with their people, each with a number."""

    firms: list[tuple[Organisation, User]] = field(default_factory=list)

    def number(self, firm: int) -> int:
        row = FloorApplication.objects.get(lot=self.lot, organisation=self.firms[firm][0])
        return row.number

    def open(self, at: datetime = FROM) -> None:
        self.act(OpenFloor(lot=self.lot.pk), by=CLOCK, at=at)

    def end_listing(self, at: datetime = UNTIL) -> None:
        self.act(EndListing(lot=self.lot.pk), by=CLOCK, at=at)

    def close(self, at: datetime) -> Any:
        return self.act(CloseFloor(lot=self.lot.pk), by=CLOCK, at=at).result

    def ask(self, firm: int | User, price: object, at: datetime, **options: Any) -> Any:
        by = self.firms[firm][1] if isinstance(firm, int) else firm
        act = Ask(lot=self.lot.pk, price=Decimal(str(price)))
        return self.act(act, by=by, at=at, **options).result

    def open_reserve(self, amount: str, salt: str = SALT, *, by: Any = None, at: Any = UNTIL):
        act = OpenReserve(lot=self.lot.pk, reserve=Decimal(amount), salt=salt)
        return self.act(act, by=by or self.buyer, at=at).result

    @property
    def room(self) -> Any:
        return auction.last(self.lot.pk)

    @property
    def state(self) -> dict[str, Any]:
        room_state.forget()
        return auction.whole(self.room)

    def standing(self) -> tuple[Any, ...]:
        """All that an act could have changed: a refusal leaves it as it was."""
        lot = Lot.objects.get(pk=self.lot.pk)
        return (
            lot.stage, lot.state, lot.dates,
            RoomEvent.objects.count(), FloorAsk.objects.count(), LedgerEntry.objects.count(),
            Message.objects.count(),
            list(FloorApplication.objects.order_by("pk").values()),
        )  # fmt: skip


def house(
    *,
    procedure: str = "land-listing",
    parameters: dict[str, Any] | None = None,
    bidders: int = 3,
    published: bool = True,
    start: datetime = START,
    dates: dict[str, datetime] | None = None,
) -> Floor:
    """A lot of this procedure whose applications are over; so many bidders are qualified."""
    made = floor.house()
    outcome = dispatch(
        RegisterProject(
            title="东湖新区 B-07 地块出让",
            category=procedure.partition("-")[0],
            procedure=procedure,
            tenderee=made.tenderee.pk,
            lots=(
                NewLot(
                    title="B-07 地块",
                    estimate=Decimal("1000000.00"),
                    parameters=FORMAT if parameters is None else parameters,
                ),
            ),
        ),
        actor=Actor.person(made.buyer),
        clock=FixedClock(LONG_AGO),
    )
    lot = Lot.objects.select_related("project").get(pk=outcome.result["lots"][0])
    home = Floor(
        made.tenderee, made.tenderer, made.buyer, made.bidder, made.supervisor, made.operator, lot
    )
    if not published:
        return home
    publish(home, start=start, dates=dates or DATES)
    for name in NAMES[:bidders]:
        firm = floor.organisation(name, "tenderer")
        home.firms.append((firm, floor.person(f"{name}代理人", firm)))
        floor.assignment(home.lot, "tenderer", organisation=firm)
        qualify(home, firm, 101 + 7 * len(home.firms))
    return home


def publish(home: Floor, *, start: datetime, dates: dict[str, datetime]) -> None:
    """Notice and documents."""
    chosen = {one.name for one in procedure.of(home.lot).dates.values() if one.chosen}
    dates = {name: at for name, at in dates.items() if name in chosen}
    home.act(
        PublishNotice(
            lot=home.lot.pk, title="出让公告", digest=sha("notice"), size=1000, dates=dates
        ),
        by=home.buyer,
        at=start,
    )
    home.act(
        PublishDocuments(
            lot=home.lot.pk, title="出让文件", digest=sha("documents"), size=2000,
            evaluation=evaluation_digest(home.lot),
        ),
        by=home.buyer,
        at=start + AFTER,
    )


def apply(home: Floor, firm: Organisation, at: datetime = START) -> FloorApplication:
    """An application that waits for its deposit."""
    with guard.writes("test arrangement"):
        return FloorApplication.objects.create(
            lot=home.lot, organisation=firm, statement=sha("s"), signature=sha("t"),
            assessment=sha("a"), certificate=sha("c"), signer="user:x", at=at,
        )  # fmt: skip


def qualify(home: Floor, firm: Organisation, number: int) -> FloorApplication:
    """An application as the acts leave it once the qualification is confirmed."""
    with guard.writes("test arrangement"):
        return FloorApplication.objects.create(
            lot=home.lot, organisation=firm, statement=sha("s"), signature=sha("t"),
            assessment=sha("a"), certificate=sha("c"), signer="user:x", at=START,
            deposit=Decimal("200000.00"), paid_at=START, reference="B-1", recorded_at=START,
            qualified=True, decided_at=START, number=number,
        )  # fmt: skip
