"""The frozen set as trustees' clients need it: heads, statements, and what is to prove them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from bidding.domain import sealed_rounds, sealing_record, statement_rows
from bidding.enums import Outcome
from bidding.models import BidVersion, Envelope, Freeze
from signatures.domain import checkpoints, jcs, log
from signatures.domain.errors import Denied, NotFound
from signatures.models import Checkpoint, User
from trading import access
from trading.enums import LotRole
from trading.models import Assignment, Lot

#: Who may see the frozen set; the committee must not learn who has bid.
ROLES = sealing_record.COUNTERS | {LotRole.TENDERER.value}
#: Leaves in one answer; the rest is in the ledger's tiles.
MOST_LEAVES = 2000


def may_see(viewer: User | None, lot: Lot) -> bool:
    """Whether this person may see the frozen set; who else applies is no applicant's to know."""
    wanted = sealing_record.COUNTERS if sealed_rounds.is_application(lot) else ROLES
    return not access.roles_of(viewer, lot).isdisjoint(wanted)


def frozen(lot: Lot, *, viewer: User, start: int | None = None) -> dict[str, Any]:
    """The frozen set with its checkpoint; raises :class:`NotFound` before the freeze.

    ``note`` is the newest checkpoint over the freeze that is both cosigned and timestamped
    (``token``), empty until there is one. With ``start`` also the leaves from there on.
    """
    if not may_see(viewer, lot):
        raise Denied(_("You have no part in this lot that shows its bids."), code="wrong-role")
    freeze = sealed_rounds.freeze(lot)
    if freeze is None:
        raise NotFound(_("The set of bids has not been frozen."), code="no-freeze")
    checkpoint = _proven(freeze.leaf or 0)
    answer = {
        "count": freeze.count,
        "root": freeze.root,
        "at": jcs.timestamp(freeze.at),
        "leaf": freeze.leaf,
        "opening_service": sealing_record.opening_service(),
        "bids": _bids(freeze),
        "note": "" if checkpoint is None else checkpoints.with_cosignatures(checkpoint),
        "token": ""
        if checkpoint is None or checkpoint.timestamp is None
        else b64encode(bytes(checkpoint.timestamp)).decode(),
        "size": 0 if checkpoint is None else checkpoint.size,
    }
    if start is not None and checkpoint is not None:
        end = min(checkpoint.size, start + MOST_LEAVES)
        answer["from"] = start
        answer["leaves"] = [b64encode(data).decode() for data in log.entries(start, end)]
        answer["next"] = end if end < checkpoint.size else None
    return answer


def _proven(leaf: int) -> Checkpoint | None:
    """The newest checkpoint over this leaf that is timestamped and cosigned."""
    return (
        Checkpoint.objects.filter(
            size__gt=leaf, timestamp__isnull=False, cosignatures__isnull=False
        )
        .order_by("-size")
        .distinct()
        .first()
    )


def _bids(freeze: Freeze) -> list[dict[str, Any]]:
    envelopes = Envelope.objects.order_by("slot").prefetch_related("shares")
    versions = {
        (row.bid_id, row.number): row
        for row in BidVersion.objects.filter(
            bid__in=[UUID(one["bid"]) for one in freeze.bids]
        )
        .select_related("bid__tenderer")
        .prefetch_related(Prefetch("envelopes", queryset=envelopes))
    }
    return [_bid(versions[UUID(one["bid"]), one["version"]]) for one in freeze.bids]


def _bid(row: BidVersion) -> dict[str, Any]:
    return {
        "bid": str(row.bid_id),
        "version": row.number,
        "tenderer": row.bid.tenderer.urn,
        "state": row.bid.state,
        "digest": row.statement,
        "statement": statement_rows.encoded(row.statement),
        "signature": statement_rows.encoded(row.signature),
        "envelopes": [
            {
                "slot": one.slot,
                "head": b64encode(bytes(one.head)).decode(),
                "opened": one.outcome != Outcome.SEALED,
                "shares": sorted(share.index for share in one.shares.all()),
            }
            for one in row.envelopes.all()
        ],
    }


def duties(person: User) -> list[dict[str, Any]]:
    """The lots on which an organisation of this person is trustee now."""
    organisations = [one.pk for one in access.organisations_of(person)]
    rows = Assignment.objects.filter(
        organisation__in=organisations, role=LotRole.TRUSTEE, until__isnull=True
    ).select_related("lot__project", "organisation")
    return [
        {
            "lot": row.lot.urn,
            "project": row.lot.project.urn,
            "organisation": row.organisation.urn,
            "stage": row.lot.stage,
            "round": sealed_rounds.number(row.lot),
        }
        for row in rows.order_by("pk")
        if row.organisation is not None
    ]
