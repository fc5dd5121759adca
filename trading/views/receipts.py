"""A receipt's page: what the platform signed for, its place in the ledger, and how to check it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain import checkpoints, jcs, platform, receipts
from signatures.domain.errors import NotFound
from signatures.models import LedgerOpening, User
from trading import access


def visible_receipt(pk: UUID, viewer: Any) -> LedgerOpening:
    """A receipt for one of its owners; nobody else learns that there is one."""
    row = LedgerOpening.objects.select_related("leaf").filter(pk=pk).first()
    if row is None or _urns(viewer).isdisjoint(row.owners):
        raise NotFound(_("There is no such receipt for you."), code="no-such-receipt")
    return row


def _urns(viewer: Any) -> frozenset[str]:
    """Under which names somebody may hold receipts: their own and their organisations'."""
    if not isinstance(viewer, User):
        return frozenset()
    return frozenset({viewer.urn, *(each.urn for each in access.organisations_of(viewer))})


@require_safe
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One receipt, for the person or the organisation that holds it."""
    row = visible_receipt(pk, request.user)
    context = {
        "receipt": row,
        "entry": row.entry,
        "index": row.leaf_id,
        "salt": bytes(row.salt).hex(),
        "covering": checkpoints.covering(row.leaf_id),
        "text": json.dumps(row.entry, ensure_ascii=False, indent=2, sort_keys=True),
    }
    return render(request, "signatures/receipt.html", context)


@require_safe
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed receipt itself: always the same bytes."""
    row = visible_receipt(pk, request.user)
    leaf = jcs.loads(bytes(row.leaf.data))
    body = {
        "kind": "sunlit.receipt/1",
        "id": str(row.pk),
        "origin": platform.origin(),
        "index": row.leaf_id,
        "at": leaf["at"],
        "salt": bytes(row.salt).hex(),
        "entry": row.entry,
    }
    data = receipts.make_receipt(body, platform.receipt_key(), platform.key_statement())
    answer = HttpResponse(data, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{row.pk}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer
