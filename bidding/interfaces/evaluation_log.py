"""The log of an evaluation room in sentences; nobody's points are in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bidding.domain.room_kinds import Event
from bidding.interfaces.hall_log import Log, Teller, slot


def log(names: Mapping[str, str], bids: Mapping[str, str]) -> Log:
    """``names`` by URN; ``bids`` names by bid, known once the scores are frozen."""
    return Log(names, bids, TELLERS)


def stage_title(stage: str) -> str:
    """A stage of the room in the reader's language."""
    titles = {
        "scoring": _("Review and scoring"),
        "prices": _("Opening of prices"),
        "conferring": _("Conferring"),
        "report": _("Evaluation report"),
    }
    return titles.get(stage, stage)


def _of(event: Event, name: str) -> str:
    return _("%(done)d of %(all)d") % {"done": event.data[name], "all": event.data["of"]}


def _actor(log: Log, event: Event) -> str:
    return log.names.get(event.actor, "")


def _member(log: Log, event: Event) -> str:
    return log.names.get(event.data["member"], "")


def _cells(event: Event) -> str:
    return _(", ").join(f"{code} {criterion}" for code, criterion in event.data["cells"])


def _bids(count: int) -> str:
    return ngettext("%(count)d bid", "%(count)d bids", count) % {"count": count}


def _members(count: int) -> str:
    return ngettext("%(count)d member", "%(count)d members", count) % {"count": count}


def _hours(count: int) -> str:
    return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}


def _question(data: Mapping[str, Any]) -> str:
    return _("%(code)s, question %(number)d") % {"code": data["bid"], "number": data["number"]}


def _share(log: Log, event: Event) -> tuple[str, ...]:
    text = ngettext("%(slot)s, %(count)d share", "%(slot)s, %(count)d shares", 1)
    words = text % {"slot": slot(event), "count": 1}
    return _("Shares"), log.names.get(event.data["holder"], ""), words


TELLERS: dict[str, Teller] = {
    "bids": lambda log, event: (_("Codes given"), "", _bids(len(event.data["codes"]))),
    "members": lambda log, event: (_("Committee"), "", _members(len(event.data["members"]))),
    "stage": lambda log, event: (_("Begins"), "", stage_title(event.data["stage"])),
    "present": lambda log, event: (
        pgettext("evaluation", "Signed in"), _actor(log, event), ""
    ),
    "vote": lambda log, event: (_("Vote for the chair"), _actor(log, event), ""),
    "chair": lambda log, event: (_("Chair elected"), _member(log, event), ""),
    "progress": lambda log, event: (_("Sheets complete"), "", _of(event, "complete")),
    "sheets": lambda log, event: (_("Sheets frozen"), "", _of(event, "frozen")),
    "differs": lambda log, event: (_("Objective points differ"), "", _cells(event)),
    "motion": lambda log, event: (
        _("Moved to reject"), _actor(log, event), event.data["bid"]
    ),
    "rejected": lambda log, event: (_("Bid rejected"), "", event.data["bid"]),
    "result": lambda log, event: (
        _("Technical result frozen"), "", "", event.data["result"]
    ),
    "identities": lambda log, event: (_("Names disclosed"), "", _bids(len(event.data["bids"]))),
    "gate": lambda log, event: (_("Gate open"), "", slot(event)),
    "share": _share,
    "price": lambda log, event: (_("Price opened"), log.bid(event), ""),
    "lost": lambda log, event: (_("Set aside"), log.bid(event), ""),
    "ranking": lambda log, event: (
        _("Ranking computed"), "", _bids(len(event.data["ranking"]))
    ),
    "more-time": lambda log, event: (
        _("More time asked for"), _actor(log, event), _of(event, "asked")
    ),
    "extended": lambda log, event: (_("Time extended"), "", _hours(event.data["hours"])),
    "clarification-asked": lambda log, event: (
        _("Clarification asked for"), _actor(log, event), _question(event.data)
    ),
    "clarification-answered": lambda log, event: (
        _("Clarification given"), "", _question(event.data)
    ),
    "clarification-lapsed": lambda log, event: (
        _("No clarification was given"), "", _question(event.data)
    ),
    "clarification-moved": lambda log, event: (
        _("Time to clarify moved on"), "", _question(event.data)
    ),
    "appraisal": lambda log, event: (_("Merits and risks stated"), log.bid(event), ""),
    "dissent": lambda log, event: (_("Dissent"), _member(log, event), ""),
    "report": lambda log, event: (
        _("Report laid out"), "", "", event.data["sha256"]
    ),
    "joined": lambda log, event: (_("Came"), _actor(log, event), ""),
    "left": lambda log, event: (_("Left"), _actor(log, event), ""),
    "closed": lambda log, event: (_("Closed"), "", ""),
}
