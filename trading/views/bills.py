"""The published bill of quantities: its table, and the same data as files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain import clock
from signatures.domain.errors import NotFound
from trading.interfaces import bill_page, prepared_bill
from trading.views.asked import lot_of, person_of


@require_safe
def bill(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Who has fetched the documents reads it; everybody learns that there is one, and how long."""
    lot = lot_of(request, code, number)
    found = bill_page.published(
        lot, viewer=person_of(request), at=clock.now(), edition=request.GET.get("edition", "")
    )
    if found is None:
        raise NotFound(
            _("No bill of quantities is published on this lot."), code="no-bill"
        )
    table = None
    if found.readable:
        table = bill_page.table(
            prepared_bill.stored(found.exhibit.digest),
            section=request.GET.get("section", ""),
            page=request.GET.get("page", ""),
        )
    context = {
        "lot": lot,
        "bill": found,
        "table": table,
        "files": bill_page.files(found.exhibit) if found.readable else {},
    }
    return render(request, "trading/bill.html", context)
