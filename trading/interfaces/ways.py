"""Where people give the commands of preparing, publishing and halting."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from trading.domain import procedure, registry
from trading.domain.acts import Advance
from trading.models import Lot

#: Command -> the route of its page, and what follows the lot in its address.
WAYS: dict[str, tuple[str, ...]] = {
    "trading.prepare-notice": ("prepare",),
    "trading.prepare-documents": ("prepare",),
    "trading.submit-plan": ("prepare-plan",),
    "trading.decide-plan": ("prepare-plan",),
    "trading.publish-notice": ("publish", "notice"),
    "trading.publish-documents": ("publish", "documents"),
    "trading.amend-documents": ("editions",),
    "trading.invite": ("invitations",),
    "trading.answer-invitation": ("invitations",),
    "trading.announce-visit": ("site-visits",),
    "trading.call-off-visit": ("site-visits",),
    "trading.assign": ("assign",),
    "trading.object-to-documents": ("objections",),
    "trading.object-to-conduct": ("objections",),
    "trading.object-to-candidates": ("objections",),
    "trading.object-to-result": ("objections",),
    "trading.answer-objection": ("objections",),
    "trading.withdraw-objection": ("objections",),
    "trading.lodge-complaint": ("complaints",),
    "trading.withdraw-complaint": ("complaints",),
    "trading.take-up-complaint": ("complaints",),
    "trading.suspend-for-complaint": ("complaints",),
    "trading.decide-complaint": ("complaints",),
    "trading.suspend": ("halt", "suspend"),
    "trading.resume": ("halt", "resume"),
    "trading.terminate": ("halt", "terminate"),
}


def _way(route: str, *more: str) -> Callable[[Lot], str]:
    return lambda lot: reverse(route, args=[lot.project.code, lot.number, *more])


def _step(lot: Lot, name: str) -> str:
    """The page of a step that the lot's procedure file brings along; of others there is none."""
    command = procedure.of(lot).commands.get(name)
    if command is None or command.act != Advance.name or "clock" in command.roles:
        return ""
    return reverse("step", args=[lot.project.code, lot.number, name])


def register() -> None:
    """Make the pages known; called when the app is ready."""
    registry.register_steps(_step)
    for command, route in WAYS.items():
        registry.register_way(command, _way(*route))
