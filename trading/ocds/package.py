"""Packages: releases or records with what everybody should know who takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q

from trading.enums import OrganisationKind
from trading.models import Organisation
from trading.ocds.ids import SCHEME, address
from trading.ocds.release import Release

VERSION = "1.1"
#: Every extension in use: the link to the next page.
EXTENSIONS = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_pagination_extension"
    "/master/extension.json",
)
#: Who publishes where no centre is registered yet.
NAMELESS = "Sunlit Trading"


def publisher() -> dict[str, Any]:
    """The centre that runs the platform: the one that was verified first."""
    named = Organisation.objects.filter(
        Q(verified_at__isnull=False), kinds__icontains=OrganisationKind.CENTRE.value
    )
    # The text of a JSON column is narrowed first and then read as what it is.
    found = (one for one in named.order_by("verified_at", "pk") if _is_centre(one))
    centre = next(found, None)
    if centre is None:
        return {"name": NAMELESS, "uri": settings.ORIGIN}
    return {
        "name": centre.name,
        "scheme": SCHEME,
        "uid": centre.credit_code,
        "uri": settings.ORIGIN,
    }


def _is_centre(organisation: Organisation) -> bool:
    return OrganisationKind.CENTRE.value in organisation.kinds


def of_releases(releases: Sequence[Release], *, path: str, after: str = "") -> dict[str, Any]:
    """A release package; ``path`` is its own address, ``after`` that of the next page."""
    body = {"releases": [one.body for one in releases]}
    return _package(body, max(one.body["date"] for one in releases), path=path, after=after)


def of_records(records: Sequence[dict[str, Any]], *, path: str, after: str = "") -> dict[str, Any]:
    """A record package, likewise."""
    last = max(one["compiledRelease"]["date"] for one in records)
    return _package({"records": list(records)}, last, path=path, after=after)


def _package(body: dict[str, Any], changed: str, *, path: str, after: str) -> dict[str, Any]:
    policy = {"license": settings.OCDS_LICENSE, "publicationPolicy": settings.OCDS_POLICY}
    return {
        "uri": address(path),
        "version": VERSION,
        "extensions": list(EXTENSIONS),
        "publisher": publisher(),
        **{name: link for name, link in policy.items() if link},
        "publishedDate": changed,
        **({"links": {"next": address(after)}} if after else {}),
        **body,
    }
