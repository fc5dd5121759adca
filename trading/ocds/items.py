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


def of_documents(documents: Sequence[Document], lot: Lot) -> list[dict[str, Any]]:
    """The items of the bill among documents that went out together; none where there is no bill."""
    found = next(
        (
            one for one in documents
            if one.kind == DocumentKind.BILL and one.media_type == bills.MEDIA_TYPE
        ),
        None,
    )
    if found is None or invitations.is_invited(procedure.of(lot)):
        return []
    bill = bills.read(store.read(found.digest))
    lines = (*bill.items, *bill.measures)
    return [item(one) for one in lines] if len(lines) <= MOST else []


def item(line: bills.Item) -> dict[str, Any]:
    """One line: its own code names it, the nine digits of the standard say what it is."""
    return {
        "id": line.code,
        "description": line.name,
        "classification": {"scheme": SCHEME, "id": bills.digits(line.code)},
        "quantity": float(line.quantity),
        "unit": {"name": line.unit},
    }
