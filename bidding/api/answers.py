"""What acts of sealing answer: their result and, where one was promised, the receipt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from signatures.domain import issuing
from signatures.domain.act import Outcome
from signatures.models import LedgerOpening


def of(outcome: Outcome, **more: Any) -> dict[str, Any]:
    """``{**result, leaves, repeated, receipt}``: the receipt is that of the act's last leaf."""
    return {
        **outcome.result,
        **more,
        "leaves": list(outcome.leaves),
        "repeated": outcome.repeated,
        "receipt": receipt(outcome.leaves),
    }


def receipt(leaves: Iterable[int]) -> dict[str, Any] | None:
    """``{id, url, leaf, document}`` of the last leaf that somebody may have a receipt of."""
    for leaf in sorted(leaves, reverse=True):
        issued = issuing.of_leaf(leaf)
        if issued is not None:
            return {**line(issued.id, leaf), "document": json.loads(issued.data)}
    return None


def line(identifier: object, leaf: int) -> dict[str, Any]:
    """A receipt by its address."""
    return {"id": str(identifier), "url": f"/api/v1/receipts/{identifier}", "leaf": leaf}


def lines(leaves: Iterable[int | None]) -> dict[int, dict[str, Any]]:
    """The receipts of these leaves by leaf, without their documents."""
    wanted = [leaf for leaf in leaves if leaf is not None]
    rows = LedgerOpening.objects.filter(leaf_id__in=wanted).values_list("pk", "leaf_id", "owners")
    return {leaf: line(pk, leaf) for pk, leaf, owners in rows if owners}


def upload(identifier: object) -> str:
    """The address at which an envelope's body is uploaded."""
    return reverse("upload", args=[identifier])
