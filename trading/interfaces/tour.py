"""The visitor's route through a demonstration: bid, open, score, inspect, each on a lot that
stands where that is done."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from trading.domain import registry
from trading.enums import LotState
from trading.interfaces.sign_ins import Known, SignIn
from trading.models import Lot

#: Stop -> the stages at which a lot serves it.
STAGES = {
    "bid": frozenset({"BIDDING"}),
    "open": frozenset({"BIDDING", "OPENING"}),
    "score": frozenset({"EVALUATION"}),
    "inspect": None,
}
#: Stop -> the command whose page it leads to; the others lead to the project's page.
COMMANDS = {"bid": "bidding.register-statement", "score": "bidding.freeze-scores"}


@dataclass(frozen=True)
class Leg:
    """One stop as the card shows it."""

    title: str
    text: str
    lot: Lot
    sign_in: SignIn
    address: str


def texts() -> dict[str, tuple[str, str]]:
    """Stop -> its title, and what there is to do."""
    return {
        "bid": (
            _("Bid"),
            _("Bids are coming in, and this tenderer was left to you. Its documents are fetched and"
              " its certificate is ready: what you seal leaves your device as ciphertext."),
        ),
        "open": (
            _("Open the bids"),
            _("Move the clock to the deadline. The clock freezes the bids, and this tenderee hosts"
              " the opening: it releases its shares in the page, the centre’s keeper does so by"
              " itself, and the supervisor, as whom you sign in too, makes the quorum of three."
              " Then read out, close, and sign the record as both."),
        ),
        "score": (
            _("Score blind"),
            _("Four of five evaluators have frozen their sheets, and the fifth is left to you:"
              " the bids carry codes and no names."),
        ),
        "inspect": (
            _("Inspect the record"),
            _("This tender is over: contracted, drawn for inspection, packed for the archive."
              " Every stage shows what it left and why it can be trusted."),
        ),
    }


def route(known: Known) -> list[Leg]:
    """The stops whose lot stands where it must and whose person can sign in."""
    people = {each.username: each for each in known.people}
    lots = {
        lot.pk: lot
        for lot in Lot.objects.filter(pk__in=[stop.lot for stop in known.route]).select_related(
            "project"
        )
    }
    words = texts()
    found = []
    for stop in known.route:
        lot, sign_in = lots.get(stop.lot), people.get(stop.username)
        if lot is None or sign_in is None or stop.name not in words:
            continue
        if _serves(stop.name, lot):
            title, text = words[stop.name]
            found.append(
                Leg(
                    title=title,
                    text=text,
                    lot=lot,
                    sign_in=sign_in,
                    address=_address(stop.name, lot),
                )
            )
    return found


def _serves(name: str, lot: Lot) -> bool:
    stages = STAGES[name]
    return stages is None or (lot.state == LotState.ACTIVE and lot.stage in stages)


def _address(name: str, lot: Lot) -> str:
    """Where it is done: the page of its command where there is one, else the project's."""
    way = registry.way(COMMANDS.get(name, ""), lot)
    return way or reverse("project", args=[lot.project.code])
