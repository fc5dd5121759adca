"""What is wanted, item by item: the sub-items and measures of a published bill of quantities.

Code, name, unit and quantity are public with the tender document; features, sums and the files are
for those who fetch it. Where only the invited tender, nothing of the bill is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from signatures import store
from trading.domain import bills, invitations, procedure
from trading.enums import DocumentKind
from trading.models import Document, Lot

#: The scheme of a bill's codes; the standard's list of schemes is open and has none for them.
SCHEME = "GB50500"
#: A longer bill is told by its documents alone, so that a feed stays light.
MOST = 1000


def of_documents(
    documents: Sequence[Document], lot: Lot, *, before: Sequence[Document] = ()
) -> list[dict[str, Any]]:
    """The items of the bill among documents that went out together; none where there is no bill.

    A line of the bill ``before`` that is no longer there is wanted in the quantity nought: releases
    are merged item by item, and none of them takes an item away.
    """
    found = _bill(documents)
    if found is None or invitations.is_invited(procedure.of(lot)):
        return []
    lines = _lines(found)
    if len(lines) > MOST:
        return []
    earlier = _bill(before)
    codes = {one.code for one in lines}
    gone = [] if earlier is None else [one for one in _lines(earlier) if one.code not in codes]
    return [
        *(item(one) for one in lines), *({**item(one), "quantity": 0.0} for one in gone[:MOST])
    ]


def _bill(documents: Sequence[Document]) -> Document | None:
    """The last bill among documents, as data."""
    return next(
        (
            one for one in reversed(documents)
            if one.kind == DocumentKind.BILL and one.media_type == bills.MEDIA_TYPE
        ),
        None,
    )


def _lines(document: Document) -> tuple[bills.Item, ...]:
    bill = bills.read(store.read(document.digest))
    return (*bill.items, *bill.measures)


def item(line: bills.Item) -> dict[str, Any]:
    """One line: its own code names it, the nine digits of the standard say what it is."""
    return {
        "id": line.code,
        "description": line.name,
        "classification": {"scheme": SCHEME, "id": bills.digits(line.code)},
        "quantity": float(line.quantity),
        "unit": {"name": line.unit},
    }
