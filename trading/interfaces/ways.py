"""Where people give the commands of preparing, publishing and halting."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from trading.domain import registry
from trading.models import Lot

#: Command -> the route of its page, and what follows the lot in its address.
WAYS: dict[str, tuple[str, ...]] = {
    "trading.prepare-notice": ("prepare",),
    "trading.prepare-documents": ("prepare",),
    "trading.publish-notice": ("publish", "notice"),
    "trading.publish-documents": ("publish", "documents"),
    "trading.assign": ("assign",),
    "trading.suspend": ("halt", "suspend"),
    "trading.resume": ("halt", "resume"),
    "trading.terminate": ("halt", "terminate"),
}


def _way(route: str, *more: str) -> Callable[[Lot], str]:
    return lambda lot: reverse(route, args=[lot.project.code, lot.number, *more])


def register() -> None:
    """Make the pages known; called when the app is ready."""
    for command, route in WAYS.items():
        registry.register_way(command, _way(*route))
