"""What the clock process does, and how often.

Apps register their duties when they are ready; each may run at any time, twice, or after another
process has been killed in the middle of it, and must come to the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from signatures.domain.clock import Clock
from signatures.domain.errors import SunlitError

log = logging.getLogger("sunlit.clock")

Work = Callable[[Clock], object]


@dataclass(frozen=True)
class Duty:
    """One recurring piece of work; ``every`` in seconds of real time."""

    name: str
    every: float
    work: Work


_duties: dict[str, Duty] = {}


def register(name: str, *, every: float) -> Callable[[Work], Work]:
    """Register a duty under its name, ``app.noun``."""

    def add(work: Work) -> Work:
        if name in _duties and _duties[name].work is not work:
            raise RuntimeError(f"Two duties are called {name}.")
        _duties[name] = Duty(name=name, every=every, work=work)
        return work

    return add


def registered() -> tuple[Duty, ...]:
    """All duties, in the order in which they were registered."""
    return tuple(_duties.values())


@dataclass
class Round:
    """The state of one clock process: when each duty is next due, on monotonic time."""

    clock: Clock
    due: dict[str, float] = field(default_factory=dict)

    def turn(self) -> list[str]:
        """Do what is due; returns the names of the duties that failed, each logged with its trace.

        One failing duty never stops another: it is tried again when it is next due.
        """
        failed = []
        for duty in registered():
            if time.monotonic() < self.due.get(duty.name, 0.0):
                continue
            try:
                duty.work(self.clock)
            except SunlitError as error:
                log.warning("The duty %s waits: %s", duty.name, error)
                failed.append(duty.name)
            except Exception:
                log.exception("The duty %s failed; it is tried again.", duty.name)
                failed.append(duty.name)
            self.due[duty.name] = time.monotonic() + duty.every
        return failed

    def rest(self) -> float:
        """Seconds until the next duty is due, at most one."""
        next_due = min((self.due.get(duty.name, 0.0) for duty in registered()), default=0.0)
        return min(1.0, max(0.02, next_due - time.monotonic()))
