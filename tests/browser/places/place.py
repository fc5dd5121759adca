"""A page on some data, and who gets which answer there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.browser.stage import Stage

ROLES = (
    "public", "tenderee", "tenderer", "supervisor", "inspector", "operator", "archivist",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A page on some data: its arguments, a query, and the status by role where it is not 200.

    ``empty`` says that the page also stands on a platform without projects; ``ready`` is what must
    have appeared (a selector) before a page that its script builds is looked at.
    """

    arguments: Callable[[Stage], tuple[Any, ...]] = lambda stage: ()
    query: str = ""
    statuses: Mapping[str, int] = field(default_factory=dict)
    label: str = ""
    empty: bool = False
    ready: str = ""

    def status(self, role: str) -> int:
        return self.statuses.get(role, 200)


def others(status: int, *holders: str) -> dict[str, int]:
    """This status for everybody but the holders."""
    return {role: status for role in ROLES if role not in holders}
