"""The rules of a floor on which a price is asked: pure, in Decimal, without rows.

A floor's format is published with its documents and hashed with them. From there on the room's
events decide everything: :func:`reduce` folds them, :func:`check_ask` says whether one more ask may
follow, :func:`next_step` what the clock has to do. Nothing here reads a time of its own.

Phases: ``listing`` (asks until it ends), ``rounds`` (asks until a round has run out and the price
was called as often as the format says), ``fallen`` (no more asks; a sealed reserve is opened),
``sold`` (the confirmation is signed), ``unsold`` and ``confirmed``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from bidding.domain.room_kinds import Event, State
from signatures.domain import jcs
from signatures.domain.errors import Malformed, Refused

#: What the lot's published parameters are called that hold a floor's format.
METHOD: Final = "floor"
RISING, FALLING = "rising", "falling"
LISTING, ROUNDS, FALLEN, SOLD, UNSOLD, CONFIRMED = (
    "listing", "rounds", "fallen", "sold", "unsold", "confirmed",
)  # fmt: skip
#: Phases in which a price may be asked.
LIVE: Final = frozenset({LISTING, ROUNDS})
RESERVE_PURPOSE: Final = "sunlit.reserve/1"

#: Asks that the folded state holds; the stream holds all.
KEPT: Final = 50
_MOST = Decimal("1e15")
_SALT = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHORTEST, _LONGEST = 10, 86_400
_MOST_CALLS = 10
_FIELDS = frozenset(
    {"method", "direction", "start", "step", "round_seconds", "calls", "deposit", "reserve"}
)


@dataclass(frozen=True)
class Format:
    """How a floor is held. Amounts are in CNY.

    Asks lie at ``start`` or better, a whole number of ``step`` away from it. A limited round lasts
    ``seconds``; the price falls to its asker when it was called ``calls`` times and each time a
    round ran out without an ask. ``reserve`` commits to a price that stays sealed until the price
    has fallen (SHA-256 in hex, see :func:`commitment`), empty where there is none.
    """

    start: Decimal
    step: Decimal
    seconds: int
    calls: int
    deposit: Decimal
    rising: bool = True
    reserve: str = ""

    @property
    def round(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def better(self, price: Decimal, than: Decimal) -> bool:
        """Whether ``price`` is strictly better than another."""
        return price > than if self.rising else price < than

    def next_ask(self, state: State) -> Decimal:
        """The least ask that would be taken now."""
        if state["price"] is None:
            return self.start
        step = self.step if self.rising else -self.step
        return Decimal(state["price"]) + step

    def as_json(self) -> dict[str, Any]:
        """What the room's first event says of it."""
        return {
            "direction": RISING if self.rising else FALLING,
            "start": shown(self.start),
            "step": shown(self.step),
            "round_seconds": self.seconds,
            "calls": self.calls,
            "deposit": shown(self.deposit),
            "reserve": self.reserve,
        }


def shown(amount: Decimal) -> str:
    """An amount as the stream and the wire have it: two decimals, no exponent."""
    return f"{amount:.2f}"


def is_amount(value: Decimal) -> bool:
    """Whether it is a sum in CNY: above zero, under 10^15, at most two decimals."""
    return value.is_finite() and 0 < value < _MOST and value == round(value, 2)


def amount(value: object, name: str) -> Decimal:
    """An amount written as text; raises :class:`Malformed` that names the field."""
    try:
        found = Decimal(value) if isinstance(value, str) and len(value) <= 40 else None
    except InvalidOperation:
        found = None
    if found is None or not is_amount(found):
        raise Malformed(
            _("“%(name)s” is an amount in CNY above zero with at most two decimals, written as"
              " text such as \"1234567.00\".") % {"name": name},
            code="bad-amount",
        )
    return found


def _whole(value: object, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Malformed(
            _("“%(name)s” is a whole number from %(least)d to %(most)d.")
            % {"name": name, "least": least, "most": most},
            code="bad-format",
        )
    return value


def read(parameters: Mapping[str, Any]) -> Format:
    """The format in a lot's parameters; raises :class:`Malformed` for one that cannot be held."""
    unknown = sorted(set(parameters) - _FIELDS)
    if parameters.get("method") != METHOD or unknown:
        raise Malformed(
            _("These are no parameters of a floor: %(what)s.")
            % {"what": ", ".join(unknown) or parameters.get("method")},
            code="bad-format",
        )
    direction = parameters.get("direction", RISING)
    if direction not in (RISING, FALLING):
        raise Malformed(_("The direction of a floor is rising or falling."), code="bad-format")
    reserve = parameters.get("reserve", "")
    if not isinstance(reserve, str) or (reserve and not _DIGEST.fullmatch(reserve)):
        raise Malformed(
            _("A reserve is committed to by a SHA-256 of 64 hexadecimal digits."),
            code="bad-format",
        )
    made = Format(
        start=amount(parameters.get("start"), "start"),
        step=amount(parameters.get("step"), "step"),
        seconds=_whole(parameters.get("round_seconds"), "round_seconds", _SHORTEST, _LONGEST),
        calls=_whole(parameters.get("calls"), "calls", 1, _MOST_CALLS),
        deposit=amount(parameters.get("deposit"), "deposit"),
        rising=direction == RISING,
        reserve=reserve,
    )
    if not made.rising and made.step >= made.start:
        raise Malformed(_("The step is not smaller than the starting price."), code="bad-format")
    return made


def commitment(reserve: Decimal, salt: str) -> str:
    """What is published of a sealed reserve: SHA-256 over the canonical JSON of purpose, price and
    salt (32 random bytes in hex). Raises :class:`Malformed` for another salt."""
    if not _SALT.fullmatch(salt):
        raise Malformed(
            _("The salt of the reserve is 64 hexadecimal digits, in small letters."),
            code="bad-salt",
        )
    value = {"purpose": RESERVE_PURPOSE, "reserve": shown(reserve), "salt": salt}
    return hashlib.sha256(jcs.dumps(value)).hexdigest()


# --- what may follow -----------------------------------------------------------------------------


def _until(state: State) -> datetime | None:
    return jcs.parse_timestamp(state["until"]) if state["until"] else None


def check_ask(form: Format, state: State, *, number: int, price: Decimal, now: datetime) -> None:
    """Raise :class:`Refused` unless bidder ``number`` may ask ``price`` now.

    A moment at or after the end is too late, whether or not the clock has said so already.
    """
    until = _until(state)
    if state["phase"] not in LIVE or until is None:
        raise Refused(_("No price is asked here now."), code="no-asks-now")
    if now >= until:
        raise Refused(_("Too late: the time for this ask is over."), code="too-late")
    if not is_amount(price):
        raise Refused(
            _("A price is an amount in CNY above zero with at most two decimals."),
            code="bad-amount",
        )
    if state["leader"] == number:
        raise Refused(
            _("Yours is the best price already; nobody has asked a better one."),
            code="leading-already",
        )
    wanted = form.next_ask(state)
    if form.better(wanted, price):
        raise Refused(
            _("Ask %(price)s CNY at least.") % {"price": f"{wanted:,.2f}"}
            if form.rising
            else _("Ask %(price)s CNY at most.") % {"price": f"{wanted:,.2f}"},
            code="not-better",
        )
    if (price - form.start) % form.step:
        raise Refused(
            _("Prices go in whole steps of %(step)s CNY from %(start)s CNY.")
            % {"step": f"{form.step:,.2f}", "start": f"{form.start:,.2f}"},
            code="off-step",
        )


#: What the clock has to do on a floor.
WAIT, CALL, FALL = "wait", "call", "fall"


def next_step(form: Format, state: State, now: datetime) -> str:
    """What the clock does in a limited round by now: wait, call the price once more, let it fall.

    Where nobody has asked anything there is no price to call, and one round is enough.
    """
    until = _until(state)
    if state["phase"] != ROUNDS or until is None or now < until:
        return WAIT
    if state["price"] is not None and state["call"] < form.calls:
        return CALL
    return FALL


def meets(form: Format, price: Decimal, reserve: Decimal) -> bool:
    """Whether a price reaches the reserve."""
    return not form.better(reserve, price)


# --- what the stream adds up to ------------------------------------------------------------------


def initial() -> State:
    """A floor before its first event."""
    return {
        "phase": "",
        "format": {},
        "until": None,
        "round": 0,
        "call": 0,
        "price": None,
        "leader": None,
        "count": 0,
        "asks": [],
        "reserve": None,
        "result": None,
        "named": [],
        "closed": None,
    }


def reduce(state: State, event: Event) -> State:
    """The next state; kinds that it does not know leave it as it is."""
    step = _STEPS.get(event.kind)
    return state if step is None else {**state, **step(state, event)}


def _asked(state: State, event: Event) -> State:
    data = event.data
    ask = {
        "ask": data["ask"], "number": data["number"], "price": data["price"],
        "at": jcs.timestamp(event.at),
    }  # fmt: skip
    again = state["phase"] == ROUNDS
    return {
        "price": data["price"],
        "leader": data["number"],
        "count": data["ask"],
        "asks": [*state["asks"], ask][-KEPT:],
        "until": data["until"],
        "round": state["round"] + 1 if again else state["round"],
        "call": 1 if again else state["call"],
    }


_STEPS: dict[str, Any] = {
    "opened": lambda state, event: {
        "format": event.data.get("format", {}),
        "phase": LISTING if event.data.get("until") else "",
        "until": event.data.get("until"),
    },
    "round": lambda state, event: {
        "phase": ROUNDS,
        "until": event.data["until"],
        "call": event.data["call"],
        "round": event.data["round"],
    },
    "until": lambda state, event: {"until": event.data["until"]},
    "ask": _asked,
    "fallen": lambda state, event: {"phase": FALLEN, "until": None},
    "reserve": lambda state, event: {"reserve": event.data},
    "result": lambda state, event: {
        "phase": SOLD if event.data["sold"] else UNSOLD,
        "result": event.data,
        "until": None,
    },
    "named": lambda state, event: {"phase": CONFIRMED, "named": event.data["bidders"]},
    "closed": lambda state, event: {"closed": jcs.timestamp(event.at)},
}
