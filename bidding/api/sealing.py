"""How a lot is sealed: trustees' keys, the policy, schedules; bids and their withdrawal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from bidding.api import answers, shapes
from bidding.domain import (
    confirmations,
    policies,
    schedules,
    sealing_record,
    submission,
    traces,
    trustees,
    withdrawals,
)
from signatures.domain import jcs
from signatures.models import User
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.interfaces import listing

router = Router(tags=["sealing"])


@router.get("/lots/{uuid:lot}/sealing", auth=anyone)
def sealing(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """Keys, policy, schedules and gates as signed statements with their leaves' indices."""
    viewer = request.user if isinstance(request.user, User) else None
    return sealing_record.public(listing.lot(lot, viewer=request.user), viewer=viewer)


@router.post("/lots/{uuid:lot}/trustee-keys", auth=SIGNED_IN, response={201: dict})
def trustee_key(
    request: HttpRequest, lot: UUID, body: shapes.SignedIn
) -> Status[dict[str, Any]]:
    """A trustee publishes its slot keys: ``sunlit.trustee-key/1``."""
    act = trustees.prepare(person_of(request), lot, body.signed())
    return Status(201, answers.of(perform(request, act)))


@router.post("/lots/{uuid:lot}/policy", auth=SIGNED_IN, response={201: dict})
def policy(request: HttpRequest, lot: UUID, body: shapes.SignedIn) -> Status[dict[str, Any]]:
    """The tenderee publishes the sealing policy: ``sunlit.policy/1``."""
    act = policies.prepare(person_of(request), lot, body.signed())
    return Status(201, answers.of(perform(request, act)))


@router.post("/lots/{uuid:lot}/schedule", auth=SIGNED_IN, response={201: dict})
def schedule(
    request: HttpRequest, lot: UUID, body: shapes.CosignedIn
) -> Status[dict[str, Any]]:
    """Publish when the lot closes and opens: ``sunlit.schedule/1``."""
    act = schedules.prepare(person_of(request), lot, body.signed(), others=body.others())
    return Status(201, answers.of(perform(request, act)))


@router.post("/lots/{uuid:lot}/bids", auth=SIGNED_IN, response={200: dict, 201: dict})
def register(request: HttpRequest, lot: UUID, body: shapes.BidIn) -> Status[dict[str, Any]]:
    """Register a version of a bid; the same statement again gets the same uploads again."""
    act = submission.prepare(
        person_of(request),
        lot,
        body.signed(),
        [
            submission.Offered(
                slot=each.slot,
                head=shapes.decoded(each.head),
                leaves=shapes.decoded(each.leaves),
            )
            for each in body.envelopes
        ],
        organisation=body.organisation,
        origin=origin_of(request, lot),
    )
    known = submission.registered(act)
    if known is not None:
        answer = {
            "bid": str(known.bid_id),
            "version": known.number,
            "uploads": _uploads(submission.uploads_of(known)),
            "leaves": [known.leaf],
            "repeated": True,
            "receipt": answers.receipt([known.leaf] if known.leaf is not None else []),
        }
        return Status(200, answer)
    outcome = perform(request, act)
    return Status(201, answers.of(outcome, uploads=_uploads(outcome.result["uploads"])))


@router.post(
    "/lots/{uuid:lot}/bids/{uuid:bid}/confirmation", auth=SIGNED_IN, response={201: dict}
)
def confirm(
    request: HttpRequest, lot: UUID, bid: UUID, body: shapes.ConfirmationIn
) -> Status[dict[str, Any]]:
    """Confirm a bid from before an amendment under the edition with this digest."""
    act = confirmations.ConfirmBid(
        lot=lot, organisation=body.organisation, bid=bid, version=body.version, digest=body.digest
    )
    return Status(201, answers.of(perform(request, act)))


@router.get("/lots/{uuid:lot}/bids/mine", auth=SIGNED_IN)
def mine(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """One's own bids: versions, offsets, receipts. Nobody sees anybody else's before its time."""
    rows = sealing_record.own_bids(person_of(request), lot)
    leaves = [
        leaf
        for bid in rows
        for version in bid.versions.all()
        for leaf in (version.leaf, version.completed_leaf)
    ]
    receipts = answers.lines(leaves)
    return {
        "bids": [
            {
                "bid": str(bid.pk),
                "tenderer": bid.tenderer.urn,
                "state": bid.state,
                "versions": [
                    {
                        "version": version.number,
                        "state": version.state,
                        "statement": version.statement,
                        "registered_at": jcs.timestamp(version.at),
                        "completed_at": None
                        if version.completed_at is None
                        else jcs.timestamp(version.completed_at),
                        "receipts": [
                            receipts[leaf]
                            for leaf in (version.leaf, version.completed_leaf)
                            if leaf in receipts
                        ],
                        "uploads": _uploads(submission.uploads_of(version)),
                    }
                    for version in bid.versions.all()
                ],
            }
            for bid in rows
        ]
    }


@router.post("/lots/{uuid:lot}/bids/{uuid:bid}/withdraw", auth=SIGNED_IN)
def withdraw(
    request: HttpRequest, lot: UUID, bid: UUID, body: shapes.SignedIn
) -> dict[str, Any]:
    """Take a bid back: ``sunlit.withdrawal/1`` ``{policy, bid}``."""
    act = withdrawals.prepare(person_of(request), lot, bid, body.signed())
    return answers.of(perform(request, act))


def origin_of(request: HttpRequest, lot: UUID) -> traces.Origin:
    """Where a request comes from, as pseudonyms."""
    return traces.origin_of(
        lot,
        address=request.META.get("REMOTE_ADDR", ""),
        device=request.headers.get("Sunlit-Device", "")[:100],
        client=request.headers.get("Sunlit-Client", "") or request.headers.get("User-Agent", ""),
    )


def _uploads(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "url": answers.upload(row["id"])} for row in rows]
