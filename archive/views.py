"""The register's page of one package: where its index volume's QR code leads."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from archive.api import register_line
from archive.models import ArchivePackage
from signatures.domain import checkpoints, platform
from signatures.domain.errors import NotFound


@require_safe
def package(request: HttpRequest, code: str) -> HttpResponse:
    """A package by its archive code: its digest, its ledger entry, how to verify it."""
    row = (
        ArchivePackage.objects.filter(code=code)
        .select_related("lot__project")
        .order_by("version")
        .last()
    )
    if row is None:
        raise NotFound(_("The register has no package of this code."), code="no-package")
    context = {
        "package": row,
        "lot": row.lot,
        "verifier": register_line(row)["verifier"],
        "covering": None if row.leaf is None else checkpoints.covering(row.leaf),
        "key": platform.log_verifier().vkey,
    }
    return render(request, "archive/package.html", context)
