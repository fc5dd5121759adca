"""Under which names somebody may hold receipts: their own and their organisations'."""

from __future__ import annotations

from typing import Any

from signatures.models import User
from trading import access


def urns_of(viewer: Any) -> frozenset[str]:
    """The URNs of a signed-in person and of the organisations for which they act; else none."""
    if not isinstance(viewer, User):
        return frozenset()
    return frozenset({viewer.urn, *(each.urn for each in access.organisations_of(viewer))})
