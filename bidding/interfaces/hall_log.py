"""The log of a live room in sentences: what belongs together stands in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bidding.domain.room_kinds import Event
from bidding.enums import BidState
from bidding.interfaces import consortium_words, guarantee_words
from bidding.interfaces.records.opening_record import SLOTS
from trading.interfaces.spoken import spoken

_PRESENCE = frozenset({"joined", "left"})

#: From an event to its word, whose name it names, its text and, where it has one, a digest.
Teller = Callable[["Log", Event], tuple[str, ...]]


@dataclass(frozen=True)
class Line:
    """One line: when, what kind of thing, ``who`` (a name that is never translated), and what.

    ``seq`` is the last event that it tells of; ``count`` how many there are.
    """

    seq: int
    at: datetime
    word: str
    who: str
    text: str
    digest: str = ""
    count: int = 1


class Log:
    """Tells events; ``names`` by URN of organisations and people, ``bids`` names by bid.

    ``tellers`` say how, by kind of event: those of the opening unless others are given.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        bids: Mapping[str, str],
        tellers: Mapping[str, Teller] | None = None,
    ) -> None:
        self.names, self.bids = names, bids
        self.tellers = _TELLERS if tellers is None else tellers

    def lines(self, events: Iterable[Event]) -> tuple[Line, ...]:
        """The newest first; shares of one holder and envelopes of one slot are counted up, and of
        a person's coming and going the last stands."""
        found: dict[Any, Line] = {}
        for event in events:
            told = self._tell(event)
            if told is None:
                continue
            key, line = told
            before = found.pop(key, None)
            if before is not None and event.kind not in _PRESENCE:
                line = self._counted(event, before)
            found[key] = line
        return tuple(sorted(found.values(), key=lambda line: -line.seq))

    def _counted(self, event: Event, before: Line) -> Line:
        line = replace(before, seq=event.seq, at=event.at, count=before.count + 1)
        return replace(line, text=_grouped(event, line.count))

    def _tell(self, event: Event) -> tuple[Any, Line] | None:
        teller = self.tellers.get(event.kind)
        if teller is None or (event.kind == "opened" and "slot" not in event.data):
            return None
        word, who, text, *digest = teller(self, event)
        key: Any = event.seq
        if event.kind == "share":
            key = ("share", event.data["holder"], event.data["slot"])
        elif event.kind == "opened":
            key = ("opened", event.data["slot"])
        elif event.kind in _PRESENCE:
            key = ("presence", event.actor)
        return key, Line(event.seq, event.at, str(word), who, str(text), *digest)

    def bid(self, event: Event) -> str:
        """The tenderer's name, where the event or the list says it."""
        return str(event.data.get("name") or self.bids.get(event.data["bid"], ""))


def slot(event: Event) -> str:
    """The slot's name in the reader's language."""
    number = str(event.data["slot"])
    return spoken(SLOTS.get(number, number))


def _grouped(event: Event, count: int) -> str:
    if event.kind == "share":
        text = ngettext("%(slot)s, %(count)d share", "%(slot)s, %(count)d shares", count)
    else:
        text = ngettext("%(slot)s, %(count)d envelope", "%(slot)s, %(count)d envelopes", count)
    return text % {"slot": slot(event), "count": count}


def _frozen(log: Log, event: Event) -> tuple[str, ...]:
    count = event.data["count"]
    text = ngettext("%(count)d bid, root", "%(count)d bids, root", count) % {"count": count}
    return _("Frozen"), "", text, event.data["root"]


def _gate(log: Log, event: Event) -> tuple[str, ...]:
    return _("Gate open"), "", slot(event)


def _list(log: Log, event: Event) -> tuple[str, ...]:
    count = len(event.data["tenderers"])
    text = ngettext("%(count)d tenderer", "%(count)d tenderers", count) % {"count": count}
    return _("List published"), "", text


def _lost(log: Log, event: Event) -> tuple[str, ...]:
    return _("Set aside"), log.bid(event), str(BidState(event.data["state"]).label)


def _guarantee(log: Log, event: Event) -> tuple[str, ...]:
    return _("Guarantee checked"), log.bid(event), guarantee_words.line(event.data)


def _numbered(number: int) -> str:
    return _("No. %(number)d") % {"number": number}


_TELLERS: dict[str, Teller] = {
    "frozen": _frozen,
    "gate": _gate,
    "share": lambda log, event: (
        _("Shares"), log.names.get(event.data["holder"], ""), _grouped(event, 1)
    ),
    "opened": lambda log, event: (_("Opened"), "", _grouped(event, 1)),
    "sheet": lambda log, event: (_("Sheet opened"), log.bid(event), ""),
    "price": lambda log, event: (_("Price opened"), log.bid(event), ""),
    "attended": lambda log, event: (pgettext("opening", "Signed in"), event.data["name"], ""),
    "list": _list,
    "read": lambda log, event: (
        pgettext("log of an opening", "Read out"),
        log.bids.get(event.data["bid"], ""),
        _numbered(event.data["number"]),
    ),
    "lost": _lost,
    "guarantee": _guarantee,
    "consortium": lambda log, event: (
        _("Consortium"), log.bid(event), consortium_words.line(event.data)
    ),
    "objection": lambda log, event: (
        _("Objection"), event.data["name"], _numbered(event.data["number"])
    ),
    "answer": lambda log, event: (_("Answer"), "", _numbered(event.data["objection"])),
    "confirmed": lambda log, event: (_("Confirmed"), log.bids.get(event.data["bid"], ""), ""),
    "joined": lambda log, event: (_("Came"), log.names.get(event.actor, ""), ""),
    "left": lambda log, event: (_("Left"), log.names.get(event.actor, ""), ""),
    "closed": lambda log, event: (_("Closed"), "", ""),
}
