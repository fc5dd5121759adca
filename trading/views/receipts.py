"""A receipt's page: what the platform signed for, its place in the ledger, and how to check it."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from signatures.domain import checkpoints, issuing
from signatures.domain.availability import NoteOutage
from trading.interfaces.holders import urns_of
from trading.interfaces.records import receipt as records


@require_safe
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One receipt, for the person or the organisation that holds it."""
    row = issuing.opening(pk, holders=urns_of(request.user))
    context = {
        "receipt": row,
        "entry": row.entry,
        "index": row.leaf_id,
        "salt": bytes(row.salt).hex(),
        "covering": checkpoints.covering(row.leaf_id),
        "outage": row.entry["act"] == NoteOutage.name,
        "text": json.dumps(row.entry, ensure_ascii=False, indent=2, sort_keys=True),
    }
    return render(request, "signatures/receipt.html", context)


@require_safe
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed receipt itself: always the same bytes."""
    issued = issuing.issue(issuing.opening(pk, holders=urns_of(request.user)))
    answer = HttpResponse(issued.data, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{pk}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def printed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt to be printed and kept: PDF/A with the signed receipt inside, and its proof once
    there is one."""
    row = issuing.opening(pk, holders=urns_of(request.user))
    answer = HttpResponse(records.printed(row), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{pk}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer
