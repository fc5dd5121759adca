"""Many acts under one commit.

A commit costs as much for one act as for fifty, so where acts queue (a room's commands, an
auction's bids) those that wait are committed together. Each still stands or falls alone: a
refused one leaves nothing behind and hinders no other, in the order given. None is answered before
the commit that holds it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import translation

from signatures.domain import answers, guard, unwritten
from signatures.domain import clock as clocks
from signatures.domain.act import (
    Act,
    Actor,
    Outcome,
    Result,
    Scene,
    again,
    digest,
    dispatch,
    play,
    record,
    require_no_act,
)

log = logging.getLogger(__name__)

#: What became of one act: its outcome, or what it raised.
Fate: TypeAlias = Outcome | Exception


@dataclass(frozen=True)
class Order:
    """One act that waits: by whom, under which idempotency key, if any, and in which language a
    refusal speaks to them (None: this thread's)."""

    act: Act
    actor: Actor
    key: str | None = None
    language: str | None = None

    @cached_property
    def request(self) -> str:
        return digest(self.act)

    @property
    def asked(self) -> answers.Asked | None:
        return None if self.key is None else (self.actor.urn, self.key)

    def speaking(self) -> AbstractContextManager[None]:
        """In the person's language."""
        return nullcontext() if self.language is None else speaking(self.language)


def speaking(language: str) -> AbstractContextManager[None]:
    """In this language; most often the thread speaks it already, and changing it costs."""
    if translation.get_language() == language:
        return nullcontext()
    return translation.override(language)


def together(orders: Sequence[Order]) -> list[Fate]:
    """Run these acts in order under one commit; what became of each, in the same order.

    Where the database refuses the whole (a full disk, a deadlock, a key that another process
    used in the same moment), each is run by itself, so that each gets its own answer.
    """
    if len(orders) < 2:
        return [_alone(order) for order in orders]
    for order in orders:
        require_no_act(order.act)
    group = _Group(orders)
    try:
        with guard.writes("acts together"), transaction.atomic():
            group.run()
    except DatabaseError:
        log.info("%d acts could not be committed together; each by itself.", len(orders))
        return [_alone(order) for order in orders]
    for call in group.afterwards:
        try:
            call()
        except Exception:
            log.exception("What follows an act failed; the act stands.")
    return [_alone(order) if fate is None else fate for order, fate in group.fates()]


def _alone(order: Order) -> Fate:
    try:
        with order.speaking():
            return dispatch(order.act, actor=order.actor, key=order.key)
    except Exception as error:
        return error


def _play(order: Order, clock: clocks.Clock) -> tuple[Scene, Result]:
    """One act of the group; where it is refused, what it wrote is taken back alone.

    Most that are refused have written nothing. SQLite can say so, and is spared a savepoint each;
    there, one that had begun to write ends the group (:class:`_Spoilt`).
    """
    before = unwritten.state()
    # A block of ``atomic()`` would do the same as the savepoint at three times the cost.
    savepoint = transaction.savepoint() if before is None else None
    try:
        with guard.writes(f"act {order.act.name}"):
            played = play(order.act, actor=order.actor, clock=clock)
    except Exception as error:
        if savepoint is not None:
            transaction.savepoint_rollback(savepoint)
            transaction.set_rollback(False)
        elif unwritten.state() != before:
            raise _Spoilt from error
        raise
    if savepoint is not None:
        transaction.savepoint_commit(savepoint)
    return played


class _Spoilt(DatabaseError):
    """An act failed half-way: the group is taken back, and each runs by itself."""


class _GroupClock:
    """The official time for acts under one commit.

    Where the transaction itself is the lock (SQLite), one reading serves them all; where acts lock
    rows one by one, each reads the time behind its own lock.
    """

    def __init__(self) -> None:
        self._at: datetime | None = None

    def read(self) -> datetime:
        if self._at is None or connection.vendor != "sqlite":
            self._at = clocks.platform.read()
        return self._at


class _Group:
    """One transaction's worth of orders."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self._orders = orders
        self._fates: list[Fate | None] = [None] * len(orders)
        self._played: list[tuple[int, Scene, Result]] = []

    @property
    def afterwards(self) -> list[Callable[[], None]]:
        """What the acts want done once they stand; twice the same is done once."""
        calls: list[Callable[[], None]] = []
        for _place, scene, _result in self._played:
            calls.extend(call for call in scene.afterwards if call not in calls)
        return calls

    def fates(self) -> list[tuple[Order, Fate | None]]:
        """Each order with what became of it; None where it has to wait for one before it."""
        return list(zip(self._orders, self._fates, strict=True))

    def run(self) -> None:
        known = answers.find([order.asked for order in self._orders if order.asked is not None])
        taken: set[answers.Asked] = set()
        clock = _GroupClock()
        for place, order in enumerate(self._orders):
            asked = order.asked
            if asked is not None:
                if asked in taken or not 1 <= len(asked[1]) <= 100:
                    continue  # for dispatch, afterwards
                taken.add(asked)
            try:
                with order.speaking():
                    if asked is not None and asked in known:
                        self._fates[place] = again(known[asked], order.request)
                    else:
                        self._played.append((place, *_play(order, clock)))
            except (_Spoilt, OperationalError):
                raise  # the whole transaction ends
            except Exception as error:
                self._fates[place] = error
        outcomes = record([(scene, result) for _place, scene, result in self._played])
        kept = []
        for (place, scene, _result), outcome in zip(self._played, outcomes, strict=True):
            order = self._orders[place]
            self._fates[place] = outcome
            if order.asked is not None:
                answer = answers.Answer(order.request, outcome.result, outcome.leaves)
                kept.append((order.asked, answer, scene.now))
        answers.keep(kept)
