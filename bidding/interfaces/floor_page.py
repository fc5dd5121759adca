"""The floor as its page shows it: the price, the time, one's own number, and what was asked.

What a viewer sees is what the events of their audiences add up to; those who are not signed in see
what everybody sees. Names stand for numbers from the confirmation on, for supervision before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import auction, auction_entry, auction_rules, room_kinds, room_state, rooms
from bidding.domain.auction_rules import FALLEN, LISTING, LIVE, ROUNDS, SOLD, UNSOLD, Format
from bidding.domain.room_kinds import ALL, Event, State
from bidding.interfaces.floor_forms import AskForm, ReserveForm
from bidding.interfaces.hall_page import Step
from bidding.interfaces.room_forms import RoomForm
from bidding.models import FloorApplication, Room
from signatures.domain import jcs
from signatures.models import User
from trading import access
from trading.domain import procedure
from trading.enums import LotRole, LotState
from trading.models import Lot

#: How far above the least ask the amounts lie that a press fills in.
OFFERS = (0, 2, 4)
SELLERS = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


@dataclass(frozen=True)
class Line:
    """One line of the log: an ask with its number and price, or what the clock did."""

    seq: int
    at: datetime
    word: str
    price: Decimal | None = None
    number: int | None = None
    name: str = ""
    own: bool = False


@dataclass(frozen=True)
class Page:
    """The whole floor. ``own`` is the viewer's own confirmed application, ``next`` the least ask
    that would be taken now, ``offers`` it and what lies some steps beyond."""

    room: Room
    lot: Lot
    seq: int
    state: State
    format: Format
    own: FloorApplication | None
    last: Decimal | None
    until: datetime | None
    price: Decimal | None
    next: Decimal | None
    offers: tuple[Decimal, ...]
    leads: bool
    leader: str
    log: tuple[Line, ...]
    steps: tuple[Step, ...]
    ask: AskForm | None
    reserve: ReserveForm | None
    opened: Decimal | None
    buyer: str
    names: tuple[tuple[int, str], ...]
    watches: bool
    bidders_term: str

    @property
    def is_live(self) -> bool:
        """Whether prices are asked, so that the page goes on by itself."""
        return self.state["phase"] in LIVE

    @property
    def standing(self) -> bool:
        """Whether the lot stands still; no time runs then."""
        return bool(self.lot.state == LotState.SUSPENDED)

    @property
    def over(self) -> str:
        """The word for the time that runs."""
        return _("Until the listing ends") if self.state["phase"] == LISTING else _("Left now")

    @property
    def seconds(self) -> int:
        """How long the whole of a round is."""
        return self.format.seconds


def build(
    room: Room, lot: Lot, viewer: User | None, at: datetime, given: RoomForm | None = None
) -> Page:
    """The floor for ``viewer`` (None: the public); ``given`` is a form that came back."""
    granted = frozenset({ALL}) if viewer is None else room_kinds.audiences(viewer, room)
    granted = granted or frozenset({ALL})
    fold = room_state.fold(room, granted)
    state = fold.state
    events = list(rooms.events(room.pk, until=fold.seq, audiences=granted))
    form = auction_entry.format_of(lot)
    mine = auction_entry.bidders_of(lot.pk, viewer, at)
    own = mine[0] if len(mine) == 1 else None
    names = _names(events, state)
    price = None if state["price"] is None else Decimal(state["price"])
    live = state["phase"] in LIVE and lot.state == LotState.ACTIVE
    following = form.next_ask(state) if live else None
    number = None if own is None else own.number
    step = form.step if form.rising else -form.step
    asks = own is not None and live
    roles = access.roles_of(viewer, lot, at)
    opens = bool(form.reserve) and state["phase"] == FALLEN and not roles.isdisjoint(SELLERS)
    result = state["result"] or {}
    return Page(
        room=room,
        lot=lot,
        seq=fold.seq,
        state=state,
        format=form,
        own=own,
        last=_last(state, number),
        until=jcs.parse_timestamp(state["until"]) if state["until"] else None,
        price=price,
        next=following,
        offers=tuple(following + each * step for each in OFFERS) if following and asks else (),
        leads=number is not None and state["leader"] == number,
        leader=_called(state["leader"], names) if state["leader"] else "",
        log=tuple(_lines(events, names, number)),
        steps=_steps(lot, state, form),
        ask=_form(AskForm, given) if asks else None,
        reserve=_form(ReserveForm, given) if opens and lot.state == LotState.ACTIVE else None,
        opened=Decimal(state["reserve"]["reserve"]) if state["reserve"] else None,
        buyer=_called(result.get("number"), names) if result.get("sold") else "",
        names=tuple(sorted(names.items())),
        watches=LotRole.SUPERVISOR.value in roles and not state["named"],
        bidders_term=_rule(lot),
    )


def _form(kind: type[Any], given: RoomForm | None) -> Any:
    return given if isinstance(given, kind) else kind(auto_id=f"{kind.command}-%s")


def _rule(lot: Lot) -> str:
    command = procedure.of(lot).commands.get(auction.ASK)
    return command.article if command is not None else ""


def _names(events: list[Event], state: State) -> dict[int, str]:
    """Who the numbers are, as far as this viewer may know."""
    told = next((one.data["bidders"] for one in events if one.kind == "bidders"), [])
    return {row["number"]: row["name"] for row in [*told, *state["named"]]}


def _called(number: int | None, names: dict[int, str]) -> str:
    if number is None:
        return ""
    shown = _("Bidder %(number)s") % {"number": number}
    return f"{shown} {names[number]}" if number in names else shown


def _last(state: State, number: int | None) -> Decimal | None:
    own = [row["price"] for row in state["asks"] if row["number"] == number]
    return Decimal(own[-1]) if own else None


def _lines(events: list[Event], names: dict[int, str], number: int | None) -> list[Line]:
    """What happened, the newest first."""
    found = []
    for event in events:
        data = event.data
        if event.kind == "ask":
            found.append(
                Line(
                    seq=event.seq,
                    at=event.at,
                    word="",
                    price=Decimal(data["price"]),
                    number=data["number"],
                    name=names.get(data["number"], ""),
                    own=data["number"] == number,
                )
            )
            continue
        word = _word(event)
        if word:
            found.append(Line(seq=event.seq, at=event.at, word=word))
    return found[::-1]


def _word(event: Event) -> str:
    data = event.data
    words = {
        "opened": lambda: _("The floor is open"),
        "round": lambda: _("Does anyone still bid? A limited round begins")
        if data["call"] == 1
        else _("Called for the %(call)d. time") % {"call": data["call"]},
        "until": lambda: _("The time was set anew"),
        "fallen": lambda: _("The price has fallen")
        if data["price"]
        else _("Nobody asked a price"),
        "reserve": lambda: _("The reserve is open: %(amount)s CNY")
        % {"amount": f"{Decimal(data['reserve']):,.2f}"},
        "result": lambda: _("Sold, to be confirmed") if data["sold"] else _("Not sold"),
        "named": lambda: _("The sale is confirmed; bidders have their names"),
        "closed": lambda: _("The floor is closed"),
    }
    word = words.get(event.kind)
    return "" if word is None else word()


def _steps(lot: Lot, state: State, form: Format) -> tuple[Step, ...]:
    """The steps of this floor, and which one goes on."""
    phase = state["phase"]
    rounds = (
        _("Limited rounds, no. %(number)d") % {"number": state["round"]}
        if phase == ROUNDS
        else _("Limited rounds")
    )
    row = [
        *([(LISTING, _("Listing"))] if auction.lists_first(lot) else []),
        (ROUNDS, rounds),
        *([(FALLEN, _("Reserve opened"))] if form.reserve else []),
        (SOLD, _("Confirmation")),
        (auction_rules.CONFIRMED, _("Sold")),
    ]
    if phase == UNSOLD:
        row = [*row[:-2], (UNSOLD, _("Not sold"))]
    names = [name for name, _title in row]
    here = names.index(phase) if phase in names else 0
    ended = phase in (UNSOLD, auction_rules.CONFIRMED)
    return tuple(
        Step(title, "done" if number < here or (ended and number == here) else
             "now" if number == here else "todo")
        for number, (_name, title) in enumerate(row)
    )
