"""Every published lot in the Open Contracting Data Standard, as files and as feeds, for anybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from signatures.domain.errors import NotFound
from trading.api.auth import anyone
from trading.ocds import feed, package
from trading.ocds.record import record
from trading.ocds.release import releases

router = Router(tags=["ocds"], auth=anyone)


def _next(path: str, page: feed.Page) -> str:
    return f"{path}?{urlencode({'after': page.next})}" if page.next else ""


def _needed(page: feed.Page) -> feed.Page:
    """A package holds at least one; without any there is none."""
    if not page.items:
        raise NotFound(_("Nothing has been published here yet."), code="nothing-published")
    return page


@router.get("/releases", response=dict[str, Any])
def release_feed(request: HttpRequest, after: str = "") -> dict[str, Any]:
    """The releases of all lots, newest first, as release packages; ``links.next`` goes on."""
    page = _needed(feed.all_releases(after=after))
    return package.of_releases(
        page.items, path=request.get_full_path(), after=_next(request.path, page)
    )


@router.get("/releases/{ocid}", response=dict[str, Any])
def lot_releases(request: HttpRequest, ocid: str) -> dict[str, Any]:
    """All releases of one lot, newest first, as a release package."""
    return package.of_releases(releases(feed.story(ocid))[::-1], path=request.path)


@router.get("/records", response=dict[str, Any])
def record_feed(request: HttpRequest, after: str = "") -> dict[str, Any]:
    """The records of all lots, the last published first, as record packages."""
    page = _needed(feed.records(after=after))
    return package.of_records(
        page.items, path=request.get_full_path(), after=_next(request.path, page)
    )


@router.get("/records/{ocid}", response=dict[str, Any])
def lot_record(request: HttpRequest, ocid: str) -> dict[str, Any]:
    """The record of one lot, with its releases and what they come to, as a record package."""
    return package.of_records([record(feed.story(ocid))], path=request.path)
