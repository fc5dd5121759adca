"""Receipts out of the ledger: made from the committed entry, the same bytes every time.

Nothing is signed inside a transaction: an act leaves an opening that names who may have a receipt,
and the receipt is a pure function of it. The proof follows within a minute under the same id.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import checkpoints, log, platform, receipts
from signatures.domain.errors import NotFound
from signatures.models import LedgerOpening


@dataclass(frozen=True)
class Issued:
    """A receipt: its id, the leaf it is of, and its canonical bytes."""

    id: UUID
    leaf: int
    data: bytes


def opening(receipt: UUID, *, holders: Collection[str]) -> LedgerOpening:
    """The opening behind a receipt, for one of ``holders`` (URNs); else :class:`NotFound`.

    Whoever may not have it is told that there is none.
    """
    row = LedgerOpening.objects.filter(pk=receipt).first()
    if row is None or not set(row.owners) & set(holders):
        raise NotFound(_("There is no such receipt, or it is not yours."), code="no-such-receipt")
    return row


def of_leaf(index: int) -> Issued | None:
    """The receipt of a leaf, or none where nobody was promised one."""
    row = LedgerOpening.objects.filter(leaf_id=index).first()
    return None if row is None or not row.owners else issue(row)


def issue(row: LedgerOpening) -> Issued:
    """Sign what the platform took in: index, salt and entry, and where the proof will be."""
    body: dict[str, Any] = {
        "v": 1,
        "id": row.urn,
        "origin": platform.origin(),
        "index": row.leaf_id,
        "salt": bytes(row.salt).hex() or None,
        "entry": row.entry,
        "proof": f"{platform.origin()}/api/v1/receipts/{row.pk}/proof",
    }
    data = receipts.make_receipt(body, platform.receipt_key(), platform.key_statement())
    return Issued(id=row.pk, leaf=row.leaf_id, data=data)


def proof(row: LedgerOpening) -> dict[str, Any]:
    """Leaf, inclusion proof, cosigned checkpoint and timestamp token, as JSON.

    Raises :class:`NotFound` until a checkpoint covers the entry, which takes at most a minute.
    """
    covering = checkpoints.covering(row.leaf_id)
    if covering is None:
        raise NotFound(
            _("The proof is not ready yet. It follows within a minute under this address."),
            code="proof-not-ready",
        )
    path = log.inclusion_proof(row.leaf_id, covering.size)
    token = covering.timestamp
    return {
        "kind": "sunlit.ledger-proof/1",
        "index": row.leaf_id,
        "leaf": log.entry(row.leaf_id).decode(),
        "proof": [item.hex() for item in path],
        "checkpoint": checkpoints.with_cosignatures(covering),
        "timestamp": None if token is None else base64.b64encode(bytes(token)).decode(),
    }
