"""The bill of quantities: imported while documents are prepared, read once they are out."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock
from signatures.domain.errors import Malformed, NotFound
from signatures.models import User
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.interfaces import bill_page, listing, prepared_bill

router = Router(tags=["documents"])


class BillIn(shapes.In):
    """A workbook (XLSX) in base64; ``before`` is the digest of the bill that it replaces."""

    name: Annotated[str, Field(max_length=255)]
    content: Annotated[str, Field(max_length=7 * 1024 * 1024)]
    before: Annotated[str, Field(max_length=64)] = ""


@router.post("/lots/{uuid:pk}/bill", auth=SIGNED_IN, response={201: shapes.Done})
def import_bill(request: HttpRequest, pk: UUID, body: BillIn) -> Status[dict[str, Any]]:
    """Read a bill from a workbook; with a fault nothing is imported, and the first are named."""
    asked = Asked(request, f"bill {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    try:
        data = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(_("The workbook is not base64."), code="bad-request") from None
    act = prepared_bill.importing(
        asked.actor, pk, name=body.name, stream=io.BytesIO(data), before=body.before
    )
    return Status(201, done(asked.dispatch(act)))


@router.get("/lots/{uuid:pk}/bill", auth=anyone, response=dict[str, Any])
def bill(request: HttpRequest, pk: UUID, edition: int = 0) -> dict[str, Any]:
    """The published bill, to who has fetched the documents: its data, and its files' digests.

    ``edition`` asks for the one that went out with an earlier edition of the tender document.
    """
    lot = listing.lot(pk, viewer=request.user)
    viewer = request.user if isinstance(request.user, User) else None
    found = bill_page.published(
        lot, viewer=viewer, at=clock.now(), edition=str(edition or "")
    )
    if found is None or not found.readable:
        raise NotFound(
            _("There is no bill of quantities here that you may read. A tenderer fetches the"
              " tender document first."),
            code="no-bill",
        )
    return {
        "digest": found.exhibit.digest,
        "edition": found.edition,
        "editions": list(found.editions),
        "bill": prepared_bill.stored(found.exhibit.digest).plain(),
        "files": {
            ending: {"exhibit": str(row.pk), "digest": row.digest, "size": row.size}
            for ending, row in bill_page.files(found.exhibit).items()
        },
    }
