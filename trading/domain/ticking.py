"""What the clock does: one idempotent pass over everything that is due.

A killed pass loses nothing: each due command is an act of its own, and one that was done is not
due any more, because its stage has moved.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from signatures.domain import clock as clocks
from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.clock import Clock
from signatures.domain.errors import SunlitError
from trading.domain import lifecycle, procedure, registry
from trading.domain.procedure import ANY
from trading.enums import LotState
from trading.models import Lot

log = logging.getLogger("sunlit.clock")
ACTOR = Actor.process("clock")


@dataclass(frozen=True)
class Ticked:
    """One due act: done where ``held`` is None, else why it waits (it is tried again)."""

    subject: str
    command: str
    held: str | None = None


def tick(clock: Clock = clocks.platform) -> tuple[Ticked, ...]:
    """Do all that is due at the clock's time; returns what was done and what waits.

    One lot's fault never stops another: it is logged and comes up again with the next pass.
    """
    now = clock.read()
    done: list[Ticked] = []
    due = Lot.objects.filter(state=LotState.ACTIVE, next_due_at__lte=now)
    for lot in due.order_by("next_due_at", "pk").values_list("pk", flat=True):
        done += _tick_lot(lot, clock)
    for _name, source in registry.due_sources():
        done += [_do(act, str(getattr(act, "lot", "")), act.name, clock) for act in source(now)]
    return tuple(done)


def _tick_lot(identifier: UUID, clock: Clock) -> list[Ticked]:
    """Due commands of one lot, one after another: the second may follow from the first."""
    done: list[Ticked] = []
    tried: set[str] = set()
    while True:
        lot = Lot.objects.get(pk=identifier)
        rules, now = procedure.of(lot), clock.read()
        here = {lot.stage, ANY}
        command = next(
            (
                rules.commands[one.command]
                for one in lifecycle.due(lot)
                if one.when <= now
                and one.command not in tried
                and not here.isdisjoint(rules.commands[one.command].from_)
            ),
            None,
        )
        if command is None:
            return done
        tried.add(command.name)
        act = registry.command(command.act).at_due(lot=lot.pk, command=command)
        done.append(_do(act, lot.urn, command.name, clock))


def _do(act: Act, subject: str, name: str, clock: Clock) -> Ticked:
    try:
        dispatch(act, actor=ACTOR, clock=clock)
    except SunlitError as refusal:
        log.info("%s waits on %s: %s", name, subject, refusal.code)
        return Ticked(subject=subject, command=name, held=refusal.code)
    except Exception:
        log.exception("%s failed on %s; it is tried again.", name, subject)
        return Ticked(subject=subject, command=name, held="error")
    return Ticked(subject=subject, command=name)
