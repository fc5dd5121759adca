"""The register for everybody: its list, and the page where an index volume's QR code leads."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from archive.api import register_line
from archive.interfaces import examined, register
from archive.interfaces.forms import PackageSieve
from signatures.domain import checkpoints, clock, platform
from signatures.domain.errors import NotFound
from trading.interfaces import cursors


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The packages, newest first, found by code or by name."""
    form = PackageSieve(request.GET or None)
    form.is_valid()
    words = getattr(form, "cleaned_data", {}).get("q", "")
    rows = register.packages(words)
    page = cursors.page(rows, by="filed_at", after=request.GET.get("after", ""))
    kept = {"q": words} if words else {}
    context = {
        "form": form,
        "lines": [register.line(each) for each in page.items],
        "sieved": bool(words),
        "first": not request.GET.get("after"),
        "first_address": f"?{urlencode(kept)}" if kept else "?",
        "next_address": f"?{urlencode({**kept, 'after': page.next})}" if page.next else "",
    }
    return render(request, "archive/packages.html", context)


@require_safe
def one(request: HttpRequest, code: str) -> HttpResponse:
    """A package by its archive code: its digest, its ledger entry, its examinations, how to verify
    it. What was found of single records is for those who may read the package."""
    row = register.packages().filter(code=code).order_by("version").last()
    if row is None:
        raise NotFound(_("The register has no package of this code."), code="no-package")
    context = {
        "package": row,
        "line": register.line(row),
        "lot": row.lot,
        "kept": register.Kept.of(row),
        "unconfirmed": register.UNCONFIRMED,
        "examined": examined.of(row),
        "reads": register.reads(request.user, row, clock.now()),
        "verifier": register_line(row)["verifier"],
        "covering": None if row.leaf is None else checkpoints.covering(row.leaf),
        "key": platform.log_verifier().vkey,
    }
    return render(request, "archive/package.html", context)
