"""Editions of the tender document: what each changed, and the next one, published to all."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain import jcs
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import amendments
from trading.domain.amendments import Change
from trading.interfaces import edition_page, listing, prepared_acts

router = Router(tags=["documents"])


class ChangeIn(shapes.In):
    clause: Annotated[str, Field(max_length=2 * amendments.MAX_CLAUSE)]
    before: Annotated[str, Field(max_length=2 * amendments.MAX_TEXT)] = ""
    after: Annotated[str, Field(max_length=2 * amendments.MAX_TEXT)] = ""


class AmendmentIn(shapes.In):
    """``before`` is the digest of the edition that changes; ``deadline`` RFC 3339 in UTC.

    ``bill`` and ``attachments`` are the digests of the bill and over the new files that stand
    prepared, empty where there are none.
    """

    before: Annotated[str, Field(max_length=64)]
    changes: Annotated[list[ChangeIn], Field(max_length=2 * amendments.MAX_CHANGES)]
    affects: bool
    deadline: Annotated[str, Field(max_length=40)] | None = None
    bill: Annotated[str, Field(max_length=64)] = ""
    attachments: Annotated[str, Field(max_length=64)] = ""


@router.get("/lots/{uuid:pk}/editions", auth=anyone, response=list[dict[str, Any]])
def editions(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """The editions of the tender document, the first one first, and what each changed."""
    lot = listing.lot(pk, viewer=request.user)
    return [
        {
            "edition": each.number,
            "document": str(each.exhibit.facts["document"]).removeprefix("document:"),
            "digest": each.exhibit.digest,
            "leaf": each.exhibit.leaf,
            "published_at": jcs.timestamp(each.exhibit.filed_at),
            "affects": each.affects,
            "changes": [one.change.plain() for one in each.changes],
            "attachments": list(each.attached),
            "bill": each.exhibit.facts.get("bill", ""),
            "bill_changes": each.exhibit.facts.get("bill-changes"),
        }
        for each in edition_page.editions(lot)
    ]


@router.post("/lots/{uuid:pk}/editions", auth=SIGNED_IN, response={201: shapes.Done})
def amend(request: HttpRequest, pk: UUID, body: AmendmentIn) -> Status[dict[str, Any]]:
    """Publish the next edition: render and seal it, and tell everybody who fetched the documents.
    """
    asked = Asked(request, f"amend {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    act = prepared_acts.amend_documents(
        asked.actor,
        pk,
        before=body.before,
        changes=[
            Change.read(clause=one.clause, before=one.before, after=one.after)
            for one in body.changes
        ],
        affects=body.affects,
        deadline=None if body.deadline is None else jcs.parse_timestamp(body.deadline),
        bill=body.bill,
        attachments=body.attachments,
    )
    return Status(201, done(asked.dispatch(act)))
