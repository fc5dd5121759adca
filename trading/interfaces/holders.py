"""Under which names somebody may hold receipts: their own, their organisations', everybody's."""

from __future__ import annotations

from typing import Any

from signatures.domain.availability import EVERYBODY
from signatures.models import User
from trading import access


def urns_of(viewer: Any) -> frozenset[str]:
    """The URNs of a signed-in person and of the organisations for which they act; and of everybody,
    who may have what the platform certifies about itself."""
    if not isinstance(viewer, User):
        return frozenset({EVERYBODY})
    offices = access.organisations_of(viewer)
    return frozenset({EVERYBODY, viewer.urn, *(each.urn for each in offices)})
