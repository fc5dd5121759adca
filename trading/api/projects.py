"""Projects with published lots: read by anybody; those with a part in one see it before."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trading.api import shapes
from trading.api.auth import anyone
from trading.interfaces import listing
from trading.interfaces.lines import project_line

router = Router(tags=["projects"], auth=anyone)


@router.get("", response=shapes.Page)
def listed(
    request: HttpRequest, q: str = "", category: str = "", stage: str = "", after: str = ""
) -> dict[str, Any]:
    """Published projects, newest first; ``q`` looks in titles, codes and organisations' names."""
    page = listing.projects(
        viewer=request.user, sieve=listing.Sieve(q=q, category=category, stage=stage), after=after
    )
    return {"items": [project_line(each) for each in page.items], "next": page.next}


@router.get("/{code}", response=shapes.ProjectOut)
def one(request: HttpRequest, code: str) -> dict[str, Any]:
    """One project by its code, with the lots that the asker may see."""
    return project_line(listing.project(code, viewer=request.user))
