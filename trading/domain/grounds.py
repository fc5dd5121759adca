"""Grounds: by which article something is refused or shown, as the lot's own procedure says it.

No article stands in the code. A condition that some rule of law makes is a ground with a name, to
which a procedure file gives its article (``[[grounds]]``); whatever a file leaves out is cited by
the article of the command that it belongs to. Start-up refuses a file that names another ground
(``trading.checks``).
"""

from __future__ import annotations

from dataclasses import dataclass

from trading.domain import procedure, registry
from trading.domain.procedure import Procedure
from trading.models import Lot


@dataclass(frozen=True)
class Ground:
    """A condition with a name; ``step`` is whose article is cited where a file gives none: an act,
    or a command of the files."""

    name: str
    step: str

    def of(self, lot: Lot, step: str = "") -> str:
        """The article for it in the lot's procedure, else that of ``step`` or of its own step."""
        return self.by(procedure.of(lot)) or by_step(lot, step or self.step)

    def by(self, rules: Procedure) -> str | None:
        """The article that a procedure gives it; None where it gives none."""
        use = rules.grounds.get(self.name)
        return None if use is None else use.article


def declare(name: str, *, step: str) -> Ground:
    """A ground that procedure files may name; ``step`` is the command that it belongs to."""
    ground = Ground(name, step)
    registry.register_ground(name, ground)
    return ground


def of(lot: Lot, name: str) -> str:
    """The article for the ground of this name; raises :class:`NotFound`."""
    return registry.ground(name).of(lot)


def by_step(lot: Lot, step: str) -> str:
    """The article of the step that this act is at the lot's stage, else of its own command.

    Where neither has one it is the file with its version, and the command's name.
    """
    rules = procedure.of(lot)
    names = dict.fromkeys((rules.step_of(step, lot.stage), step))
    found = [rules.commands[name] for name in names if name in rules.commands]
    if not found:
        return f"{rules.name} {rules.version}"
    return rules.cite(next((each for each in found if each.article), found[0]))
