"""The availability log: when servers answered, and the outages between.

Every server leaves a sign of life in the database, once it has tried whatever tenderers need (the
probes: that bodies can be written). What counts is that one server of all did. Where for a minute
none did, that was an outage; the first clock process that comes back notes it, in the ledger,
before it does anything else. All of this is on real time: a demonstration's clock is moved, and
what it is moved over was no outage.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils.translation import gettext as _

from signatures.domain import clock, duties, jcs
from signatures.domain.act import Act, Actor, Scene, command, dispatch
from signatures.domain.clock import Clock
from signatures.domain.errors import Denied, Refused
from signatures.models import Outage, Presence

log = logging.getLogger("sunlit.availability")

#: Seconds between two signs of life.
INTERVAL = 5.0
#: Without a sign for longer, nothing is closed: somebody may be kept from handing in just now.
SILENCE = timedelta(seconds=20)
#: Who may have the certificate of an outage: everybody.
EVERYBODY = "public:everybody"
_CLOCK = Actor.process("clock")

#: What raises where something is not there that tenderers need.
Probe = Callable[[], None]
_probes: dict[str, Probe] = {}


def register_probe(name: str, probe: Probe) -> None:
    """Have ``probe`` tried with every sign of life; where it raises, there is none."""
    _probes[name] = probe


def least() -> timedelta:
    """From what length on a silence is an outage (``SUNLIT_OUTAGE_SECONDS``)."""
    return timedelta(seconds=settings.OUTAGE)


@dataclass(frozen=True)
class Gap:
    """Nobody answered between these two moments of real time."""

    since: datetime
    until: datetime


# --- signs of life -------------------------------------------------------------------------------


class Keeper:
    """One server's signs of life: a row that grows, and another one after a silence."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._row = 0

    def sign(self) -> None:
        """Leave a sign of life; raises what a probe or the database raises."""
        for probe in _probes.values():
            probe()
        now = clock.look().real
        grown = Presence.objects.filter(pk=self._row, until__gt=now - least()).update(until=now)
        if not grown:
            row = Presence.objects.create(server=self._server, since=now, until=now)
            self._row = row.pk

    def run(self, stop: threading.Event) -> None:
        """Leave signs until told to stop."""
        interval = min(INTERVAL, least().total_seconds() / 4)
        try:
            while not stop.is_set():
                close_old_connections()
                try:
                    self.sign()
                except Exception as error:  # whatever it is, the server goes on and tries again
                    log.warning("No sign of life: %s", error or type(error).__name__)
                stop.wait(interval)
        finally:
            connection.close()


@contextmanager
def kept(server: str = "") -> Iterator[None]:
    """Leave signs of life of this server in a thread of its own while the block runs."""
    stop = threading.Event()
    keeper = Keeper(server or f"server-{os.getpid()}")
    thread = threading.Thread(target=keeper.run, args=(stop,), name="availability", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def began() -> datetime | None:
    """Since when signs are kept, if ever one was left."""
    return Presence.objects.order_by("since").values_list("since", flat=True).first()


def is_silent() -> bool:
    """Whether no server has answered for a while; never where none ever left a sign."""
    last = Presence.objects.order_by("-until").values_list("until", flat=True).first()
    return last is not None and last < clock.look().real - SILENCE


# --- outages -------------------------------------------------------------------------------------


def gaps(*, after: datetime | None = None) -> list[Gap]:
    """The outages that the signs of life show and that are over; those that ended ``after``."""
    rows = Presence.objects.order_by("since")
    if after is not None:
        # The silence before the first of these began with one that ended earlier.
        before = Presence.objects.filter(until__lte=after).order_by("-until").first()
        rows = rows.filter(until__gte=after if before is None else before.until)
    found: list[Gap] = []
    last: datetime | None = None
    for since, until in rows.values_list("since", "until"):
        if last is not None and since - last >= least():
            found.append(Gap(last, since))
        last = until if last is None else max(last, until)
    return [gap for gap in found if after is None or gap.until > after]


def official(at: datetime) -> datetime:
    """A moment of real time by the platform's clock as it goes now."""
    reading = clock.look()
    return at + (reading.official - reading.real)


@command("signatures.note-outage")
@dataclass(frozen=True, kw_only=True)
class NoteOutage(Act):
    """Put an outage into the ledger, from the last sign of life to the first one after it."""

    public: ClassVar[bool] = True

    since: datetime
    until: datetime

    def permit(self, actor: Actor) -> None:
        if actor.urn != _CLOCK.urn:
            raise Denied(_("Only the clock process notes an outage."))

    def decide(self, scene: Scene) -> dict[str, Any]:
        if Outage.objects.filter(real_since=self.since).exists():
            raise Refused(_("This outage is noted already."), code="outage-noted")
        if Gap(self.since, self.until) not in gaps(after=self.since):
            raise Refused(_("The signs of life show no such outage."), code="no-outage")
        row = Outage(
            pk=uuid4(),
            since=official(self.since),
            until=official(self.until),
            real_since=self.since,
            real_until=self.until,
        )
        row.save(force_insert=True)
        entry = scene.enter(
            subject=row.urn,
            context={"since": jcs.timestamp(row.since), "until": jcs.timestamp(row.until)},
            receipt_for=(EVERYBODY,),
            urgent=True,
        )
        entry.placed.append(lambda leaf: _place(row, leaf))
        return {"outage": str(row.pk)}


def _place(row: Outage, leaf: int) -> None:
    row.leaf = leaf
    row.save(update_fields=["leaf"])


@duties.register("signatures.availability", every=1.0)
def note_outages(clock: Clock) -> None:
    """Note what is over and not noted yet."""
    last = Outage.objects.order_by("-real_until").values_list("real_until", flat=True).first()
    for gap in gaps(after=last):
        dispatch(NoteOutage(since=gap.since, until=gap.until), actor=_CLOCK, clock=clock)
