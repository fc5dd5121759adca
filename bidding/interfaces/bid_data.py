"""What the script of a bid's page gets in JSON: all that it needs to seal, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse

from bidding.domain import statement_rows, submission
from bidding.domain.filing import BLIND_SLOT
from bidding.enums import BidState, VersionState
from bidding.kit.checks.identity import own_terms
from bidding.models import Bid, BidVersion, SealingPolicy
from signatures.domain import platform
from signatures.models import User
from trading.models import Lot, Membership, Organisation


def build(
    lot: Lot,
    tenderer: Organisation,
    person: User,
    policy: SealingPolicy,
    bid: Bid | None,
    shut: str,
) -> str:
    """What the page's script needs to seal, in JSON; once all is over, what it may forget."""
    versions = [] if bid is None else list(bid.versions.all())
    counts = next((each.number for each in versions if each.state == VersionState.COMPLETE), 0)
    if shut:
        return json.dumps(
            {
                "open": False,
                "over": shut in ("over", "ended"),
                "lot": lot.urn,
                "tenderer": tenderer.urn,
                "bid": None if bid is None else str(bid.pk),
                "counts": counts,
            }
        )
    live = bid if bid is not None and bid.state == BidState.LIVE else None
    versions = [] if live is None else versions
    coming = next((each for each in versions if each.state == VersionState.RECEIVING), None)
    return json.dumps(
        {
            "open": True,
            "lot": lot.urn,
            "tenderer": tenderer.urn,
            "organisation": str(tenderer.pk),
            "origin": platform.origin(),
            "policy": statement_rows.encoded(policy.statement),
            "policy_digest": policy.statement,
            "slots": [int(each) for each in sorted(policy.gates)],
            "most": settings.ENVELOPE_MAX_BYTES,
            "blind": BLIND_SLOT,
            "own": _own(tenderer),
            "certificates": sorted(
                person.certificates.filter(withdrawn_at__isnull=True).values_list(
                    "fingerprint", flat=True
                )
            ),
            "bids": f"/api/v1/lots/{lot.pk}/bids",
            "time": reverse("api:time"),
            "bid": None if live is None else str(live.pk),
            "newest": max((each.number for each in versions), default=0),
            "counts": counts,
            "coming": None if coming is None else _coming(coming),
        }
    )


def _own(tenderer: Organisation) -> list[str]:
    """What would tell whose a blind bid is: the tenderer, its code, those who act for it now."""
    held = Membership.objects.filter(organisation=tenderer, until__isnull=True)
    people = [each.user.get_full_name() for each in held.select_related("user")]
    return own_terms(tenderer.name, tenderer.credit_code, people)


def _coming(version: BidVersion) -> dict[str, Any]:
    """The version that is being uploaded, as ``GET bids/mine`` has it."""
    return {
        "version": version.number,
        "statement": version.statement,
        "uploads": [
            {**each, "url": reverse("upload", args=[each["id"]])}
            for each in submission.uploads_of(version)
        ],
    }
