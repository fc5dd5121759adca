"""What the clock process does, and how often.

Apps register their duties when they are ready; each may run at any time, twice, or after another
process has been killed in the middle of it, and must come to the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from signatures.domain.clock import Clock, process_time
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
class Standing:
    """How one duty went in this process, on real time; ``error`` is a sentence for people where
    the failure has one, and else the kind of fault alone.

    ``failures`` counts since the process began, ``in_a_row`` since the duty last came through;
    ``found`` is the JSON object that the duty returned last, if it returns any.
    """

    every: float
    done_at: datetime | None = None
    failed_at: datetime | None = None
    failures: int = 0
    in_a_row: int = 0
    error: str = ""
    found: dict[str, Any] = field(default_factory=dict)


@dataclass
class Round:
    """The state of one clock process: when each duty is next due, on monotonic time."""

    clock: Clock
    due: dict[str, float] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)

    def turn(self) -> list[str]:
        """Do what is due; returns the names of the duties that failed, each logged with its trace.

        One failing duty never stops another: it is tried again when it is next due.
        """
        failed = []
        for duty in registered():
            if time.monotonic() < self.due.get(duty.name, 0.0):
                continue
            standing = self.standings.setdefault(duty.name, Standing(every=duty.every))
            try:
                found = duty.work(self.clock)
            except SunlitError as error:
                log.warning("The duty %s waits: %s", duty.name, error)
                failed.append(duty.name)
                self._failed(standing, str(error))
            except Exception as error:
                log.exception("The duty %s failed; it is tried again.", duty.name)
                failed.append(duty.name)
                self._failed(standing, type(error).__name__)
            else:
                standing.done_at, standing.in_a_row = process_time(), 0
                if isinstance(found, dict):
                    standing.found = found
            self.due[duty.name] = time.monotonic() + duty.every
        return failed

    @staticmethod
    def _failed(standing: Standing, error: str) -> None:
        standing.failed_at, standing.error = process_time(), error
        standing.failures += 1
        standing.in_a_row += 1

    def rest(self) -> float:
        """Seconds until the next duty is due, at most one."""
        next_due = min((self.due.get(duty.name, 0.0) for duty in registered()), default=0.0)
        return min(1.0, max(0.02, next_due - time.monotonic()))
