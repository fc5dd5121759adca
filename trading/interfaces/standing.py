"""What stands in the way of a step that somebody's role would allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signatures.domain.errors import SunlitError
from signatures.models import User
from trading import access
from trading.domain import lifecycle, procedure
from trading.models import Lot


@dataclass(frozen=True)
class Standing:
    """Whether somebody's role gives this command at all, and what refuses it now."""

    mine: bool
    refusal: SunlitError | None

    @property
    def possible(self) -> bool:
        """The command may be given now."""
        return self.mine and self.refusal is None


def of(lot: Lot, command: str, *, viewer: User | None, at: datetime) -> Standing:
    """How a viewer stands to a command of the lot's procedure; not theirs where it has none."""
    rules = procedure.of(lot)
    if command not in rules.commands:
        return Standing(mine=False, refusal=None)
    roles = access.roles_of(viewer, lot, at)
    if roles.isdisjoint(rules.commands[command].roles):
        return Standing(mine=False, refusal=None)
    try:
        lifecycle.check(lot, command, actor_roles=roles, now=at)
    except SunlitError as refusal:
        return Standing(mine=True, refusal=refusal)
    return Standing(mine=True, refusal=None)
