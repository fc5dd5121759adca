"""What came with the bids, for the committee: who bids together, and how the bid is secured.

It is told from the disclosure of the names on, and only of what the opening has found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.interfaces import consortium_words, guarantee_words
from bidding.models import Bid
from trading.domain import security_asked
from trading.enums import SecurityForm, SecurityKind
from trading.interfaces.money import grouped
from trading.models import Lot, Security


@dataclass(frozen=True)
class Enclosure:
    """Of one bid: its consortium and its security in words, empty where it has none and none is
    asked; ``failed`` and ``unsecured`` where something does not hold."""

    consortium: str = ""
    failed: bool = False
    security: str = ""
    unsecured: bool = False


def of(lot: Lot, bids: Iterable[str]) -> dict[str, Enclosure]:
    """By the URN of a bid, for those of ``bids`` with which anything came or should have come."""
    keys = [UUID(urn.partition(":")[2]) for urn in bids if urn]
    rows = Bid.objects.filter(lot=lot, pk__in=keys).select_related(
        "tenderer", "consortium", "guarantee"
    )
    deposits = {
        row.organisation_id: row
        for row in Security.objects.filter(
            lot=lot, kind=SecurityKind.BID, form=SecurityForm.DEPOSIT
        )
    }
    asked = security_asked.of(lot) is not None
    found = {row.urn: _enclosure(row, deposits.get(row.tenderer_id), asked) for row in rows}
    return {urn: each for urn, each in found.items() if each != Enclosure()}


def _enclosure(bid: Bid, deposit: Security | None, asked: bool) -> Enclosure:
    guarantee, consortium = getattr(bid, "guarantee", None), getattr(bid, "consortium", None)
    together = None if consortium is None else consortium_words.found(consortium)
    said, unsecured = [], False
    if guarantee is not None:
        told = guarantee_words.found(guarantee)
        said.append(guarantee_words.line(told))
        unsecured = bool(told["failed"])
    if deposit is not None:
        said.append(
            _("CNY %(amount)s paid in, received on %(day)s")
            % {"amount": grouped(deposit.amount), "day": f"{deposit.received_on:%Y-%m-%d}"}
        )
        unsecured = False
    if asked and not said:
        said.append(_("No guarantee in the bid, and no deposit is recorded."))
        unsecured = True
    return Enclosure(
        consortium="" if together is None else consortium_words.line(together),
        failed=together is not None and bool(together["failed"]),
        security=" ".join(said),
        unsecured=unsecured,
    )
