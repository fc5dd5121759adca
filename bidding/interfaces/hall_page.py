"""The opening hall as its page shows it: everything from the stream and the reducer's state.

What a viewer sees is what the events of their audiences add up to; those who are not signed in
see what everybody sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import policies, room_kinds, room_state, rooms
from bidding.domain.contents import PRICE_SLOT
from bidding.domain.room_kinds import ALL, SUPERVISORS, Event, State
from bidding.enums import BidState
from bidding.interfaces import consortium_words, guarantee_words
from bidding.interfaces.hall_log import Line, Log
from bidding.interfaces.records.opening_record import PROBLEMS, SHEET, SLOTS, sheet_word
from bidding.models import Room, RoomPresence, SealingPolicy
from signatures.models import User
from trading.enums import LotRole
from trading.interfaces import money
from trading.interfaces.spoken import spoken
from trading.models import Assignment, Lot, Organisation


@dataclass(frozen=True)
class Badge:
    """A status: its word and the shape that goes with it."""

    shape: str
    word: str


@dataclass(frozen=True)
class Field:
    """One line of a sheet; ``own`` says that the label is the tenderer's word, not ours."""

    name: str
    label: str
    value: str
    own: bool


@dataclass(frozen=True)
class Sheet:
    """What is read out of a bid. ``price`` is None where the hall does not know one."""

    fields: tuple[Field, ...]
    price: Decimal | None
    currency: str
    problem: str
    digest: str


@dataclass(frozen=True)
class Bidder:
    """One bid of the list: ``number`` in the order of reading out, 0 before it."""

    bid: str
    urn: str
    name: str
    badge: Badge
    here: bool
    mine: bool
    now: bool
    number: int
    sheet: Sheet | None
    confirmed: bool
    lost: str
    guarantee: str
    consortium: str


@dataclass(frozen=True)
class Trustee:
    """A holder of shares: how many have come of how many, by slot."""

    name: str
    badge: Badge
    slots: tuple[tuple[str, int, int], ...]
    last: datetime | None


@dataclass(frozen=True)
class Step:
    """One step of the opening; ``shape`` is done, now or todo."""

    title: str
    shape: str


@dataclass(frozen=True)
class Page:
    """The whole hall."""

    room: Room
    seq: int
    state: State
    bidders: tuple[Bidder, ...]
    read: tuple[Bidder, ...]
    current: Bidder | None
    columns: tuple[tuple[str, str], ...]
    priced: bool
    trustees: tuple[Trustee, ...]
    quorum: tuple[int, int] | None
    sealed_price: bool
    steps: tuple[Step, ...]
    log: tuple[Line, ...]
    objections: tuple[dict[str, Any], ...]
    attended: tuple[dict[str, Any], ...]
    present: tuple[str, ...] | None
    expected: int

    @property
    def here(self) -> int:
        """How many tenderers have signed in."""
        return sum(each.here for each in self.bidders)

    @property
    def rows(self) -> list[tuple[Bidder, list[tuple[str, str]]]]:
        """The read sheets with a cell (label, value) for each of ``columns``."""
        return [(each, _cells(each, self.columns)) for each in self.read]


def build(room: Room, lot: Lot, viewer: User | None, mine: Iterable[str] = ()) -> Page:
    """The hall for ``viewer`` (None: the public); ``mine`` are URNs of their organisations."""
    granted = frozenset({ALL}) if viewer is None else room_kinds.audiences(viewer, room)
    granted = granted or frozenset({ALL})
    fold = room_state.fold(room, granted)
    events = list(rooms.events(room.pk, until=fold.seq, audiences=granted))
    state = fold.state
    bidders = _bidders(lot, state, _prices(events), frozenset(mine), room.is_open)
    read = tuple(sorted((each for each in bidders if each.number), key=lambda each: each.number))
    policy = policies.find(lot)
    expected = int((state["frozen"] or {}).get("count", len(bidders)))
    names = _names(events, policy)
    return Page(
        room=room,
        seq=fold.seq,
        state=state,
        bidders=bidders,
        read=read,
        current=next((each for each in bidders if each.now), None),
        columns=_columns(read),
        priced=any(each.sheet is not None and each.sheet.price is not None for each in read),
        trustees=_trustees(state, events, policy, names),
        quorum=None if policy is None else (policy.k, policy.n),
        sealed_price=policy is not None and "after" in policy.gates.get(str(PRICE_SLOT), {}),
        steps=_steps(state, bidders, room.is_open),
        log=Log(names, {each.bid: each.name for each in bidders}).lines(events),
        objections=tuple(state["objections"]),
        attended=tuple(state["attended"]),
        present=_present(room) if SUPERVISORS in granted and room.is_open else None,
        expected=expected,
    )


# --- bids ----------------------------------------------------------------------------------------


def _prices(events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """Prices that were opened in the hall, by bid: only where their gate is the opening."""
    return {
        event.data["bid"]: event.data["facts"]
        for event in events
        if event.kind == "price" and event.data["facts"]
    }


def _bidders(
    lot: Lot, state: State, prices: dict[str, Any], mine: frozenset[str], is_open: bool
) -> tuple[Bidder, ...]:
    here = {each["organisation"] for each in state["attended"]}
    confirmed = {each["bid"] for each in state["confirmed"]}
    last = state["read"][-1] if state["read"] and is_open else None
    found = []
    for each in state["tenderers"]:
        bid = each["bid"]
        opened = state["sheets"].get(bid)
        number = state["read"].index(bid) + 1 if bid in state["read"] else 0
        lost = state["lost"].get(bid)
        found.append(
            Bidder(
                bid=bid,
                urn=each["organisation"],
                name=each["name"],
                badge=_badge(bid, opened, number, lost, last),
                here=each["organisation"] in here,
                mine=each["organisation"] in mine,
                now=bid == last,
                number=number,
                sheet=None if opened is None else _sheet(lot, opened, prices.get(bid)),
                guarantee=_guarantee(state, bid),
                consortium=_consortium(state, bid),
                confirmed=bid in confirmed,
                lost="" if lost is None else str(BidState(lost["state"]).label),
            )
        )
    return tuple(found)


def _guarantee(state: State, bid: str) -> str:
    """What the opening found of the bid's guarantee; empty where it has none, or not yet."""
    told = state.get("guarantees", {}).get(bid)
    return "" if told is None else guarantee_words.line(told)


def _consortium(state: State, bid: str) -> str:
    """Who bids together, and what the opening found of their agreement; empty for who bids alone.
    """
    told = consortium_words.of(state, bid)
    return "" if told is None else consortium_words.line(told)


def _badge(bid: str, opened: Any, number: int, lost: Any, last: str | None) -> Badge:
    if lost is not None:
        return Badge("bad", _("Set aside"))
    if bid == last:
        return Badge("now", _("Being read out"))
    if number:
        return Badge("done", _("Read out"))
    if opened is not None:
        return Badge("todo", _("To be read out"))
    return Badge("todo", _("Sealed"))


def _sheet(lot: Lot, opened: dict[str, Any], priced: dict[str, Any] | None) -> Sheet:
    facts: dict[str, Any] = {**opened["sheet"], **(priced or {})}
    price = _amount(facts.get("price"))
    shown = {
        name: value
        for name, value in facts.items()
        if not (price is not None and name in ("price", "currency"))
    }
    order = list(SHEET)
    names = sorted(shown, key=lambda name: order.index(name) if name in order else len(order))
    problem = opened["problem"]
    return Sheet(
        fields=tuple(_field(lot, name, shown[name]) for name in names),
        price=price,
        currency=str(facts.get("currency", "CNY")),
        problem=spoken(PROBLEMS.get(problem, problem)) if problem else "",
        digest=opened["digest"],
    )


def _field(lot: Lot, name: str, value: Any) -> Field:
    amount = _amount(value)
    if value is True or value is False:
        text = _("yes") if value else _("no")
    else:
        text = str(value) if amount is None else money.grouped(amount)
    label = sheet_word(lot, name)
    return Field(name, name if label is None else spoken(label), text, own=label is None)


def _amount(value: Any) -> Decimal | None:
    """An amount of money is a text with two places, as in ``price.json``."""
    if not isinstance(value, str):
        return None
    whole, point, rest = value.partition(".")
    plain = (whole + rest).isascii() and (whole + rest).isdigit()
    return Decimal(value) if point and plain and len(rest) == 2 and 0 < len(whole) < 16 else None


def _columns(read: Iterable[Bidder], most: int = 4) -> tuple[tuple[str, str], ...]:
    """The fields that stand in a column of their own: what most sheets name, in their order."""
    found: dict[str, str] = {}
    for each in read:
        for field in each.sheet.fields if each.sheet is not None else ():
            found.setdefault(field.name, field.label)
    return tuple(list(found.items())[:most])


def _cells(
    bidder: Bidder, columns: tuple[tuple[str, str], ...]
) -> list[tuple[str, str]]:
    values = {each.name: each.value for each in bidder.sheet.fields} if bidder.sheet else {}
    return [(label, values.get(name, "")) for name, label in columns]


# --- shares --------------------------------------------------------------------------------------


def _trustees(
    state: State, events: list[Event], policy: SealingPolicy | None, names: dict[str, str]
) -> tuple[Trustee, ...]:
    """Whose shares have come, slot by slot; a slot counts from when its gate is open."""
    gates = {
        str(event.data["slot"]): len(event.data["bids"])
        for event in events
        if event.kind == "gate"
    }
    last: dict[str, datetime] = {
        event.data["holder"]: event.at for event in events if event.kind == "share"
    }
    holders = list(dict.fromkeys([*_holders(policy), *last]))
    found = []
    for holder in holders:
        slots = tuple(
            (spoken(SLOTS.get(slot, slot)), _came(state, holder, slot), total)
            for slot, total in sorted(gates.items())
        )
        came, wanted = sum(each[1] for each in slots), sum(each[2] for each in slots)
        if wanted and came == wanted:
            badge = Badge("done", _("Released"))
        elif came:
            badge = Badge("todo", _("In part"))
        else:
            badge = Badge("todo", _("Not come"))
        found.append(Trustee(names.get(holder, holder), badge, slots, last.get(holder)))
    return tuple(found)


def _came(state: State, holder: str, slot: str) -> int:
    return sum(holder in slots.get(slot, ()) for slots in state["shares"].values())


def _holders(policy: SealingPolicy | None) -> list[str]:
    """The trustees of the policy in force, whether or not a share of theirs has come."""
    if policy is None:
        return []
    rows = Assignment.objects.filter(lot=policy.lot_id, role=LotRole.TRUSTEE, until__isnull=True)
    keys = rows.order_by("since", "pk").values_list("organisation", flat=True)
    return [f"org:{key}" for key in keys]


def _names(events: Iterable[Event], policy: SealingPolicy | None) -> dict[str, str]:
    """Names of the organisations and people that the log and the shares speak of, by URN."""
    urns = {event.data["holder"] for event in events if event.kind == "share"}
    urns |= {event.actor for event in events if event.kind in ("joined", "left")}
    urns |= set(_holders(policy))
    keys: dict[str, list[UUID]] = {"org": [], "user": []}
    for urn in urns:
        kind, _colon, identifier = urn.partition(":")
        if kind in keys:
            keys[kind].append(UUID(identifier))
    found = {each.urn: each.name for each in Organisation.objects.filter(pk__in=keys["org"])}
    found.update({each.urn: each.full_name for each in User.objects.filter(pk__in=keys["user"])})
    return found


def _present(room: Room) -> tuple[str, ...]:
    """Who holds a socket in the room now."""
    rows = RoomPresence.objects.filter(room=room).values_list("user__full_name", flat=True)
    return tuple(sorted(set(rows)))


# --- steps ---------------------------------------------------------------------------------------


def _steps(state: State, bidders: tuple[Bidder, ...], is_open: bool) -> tuple[Step, ...]:
    """Sign-in to close, in order; the first one that is not done is now."""
    standing = [each for each in bidders if not each.lost]
    opened = bool(standing) and all(each.sheet is not None for each in standing)
    read = opened and all(each.number for each in standing)
    answered = all(each["answer"] is not None for each in state["objections"])
    confirmed = read and answered and all(each.confirmed for each in standing)
    steps = (
        (_("Bids frozen"), state["frozen"] is not None),
        (_("Sign-in and list"), state["started"] is not None),
        (_("Opening by shares"), opened),
        (_("Reading out"), read),
        (_("Objections and confirmations"), confirmed),
        (_("Closing the hall"), not is_open),
    )
    found: list[Step] = []
    now = False
    for title, done in steps:
        if done or not is_open:
            found.append(Step(title, "done"))
        else:
            found.append(Step(title, "todo" if now else "now"))
            now = True
    return tuple(found)
