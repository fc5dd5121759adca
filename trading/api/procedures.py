"""Procedures as data: what the platform applies, so that anyone can compute its digest again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from signatures.domain import jcs
from trading.api.auth import anyone
from trading.domain import procedure

router = Router(tags=["procedures"], auth=anyone)


@router.get("", response=list[dict[str, Any]])
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The editions in force, by category."""
    return [
        {
            "name": rules.name,
            "category": rules.category,
            "version": rules.version,
            "effective": rules.effective.isoformat(),
            "sha256": rules.digest,
            "titles": {one: rules.name_for_people(one) for one in procedure.LANGUAGES},
        }
        for group in procedure.categories().values()
        for rules in group
    ]


@router.get("/{name}")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One edition, whole, as canonical JSON: the SHA-256 of these bytes is its digest."""
    rules = procedure.load(name)
    return HttpResponse(jcs.dumps(dict(rules.data)), content_type="application/json")
