"""The clock process: applies what is due, seals the ledger's state, returns lost work."""

from __future__ import annotations

import logging
import os
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from signatures.domain import clock, heartbeats, leader
from signatures.domain.duties import Round

log = logging.getLogger("sunlit.clock")


class Command(BaseCommand):
    help = "Run the clock process; of several, one leads and the others stand by."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do every duty once and end.")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        self.running = True
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if once:
            failed = Round(clock.platform).turn()
            if failed:
                raise SystemExit(1)
            return
        name = f"clock-{os.getpid()}"
        with heartbeats.beating(name, "clock"):
            while self.running:
                with leader.leadership() as leads:
                    if leads:
                        self.stdout.write(f"{name} leads.")
                        self._lead()
                if self.running:
                    time.sleep(1)

    def _lead(self) -> None:
        round_ = Round(clock.platform)
        noted = 0.0
        while self.running and leader.still_leading():
            round_.turn()
            if time.monotonic() >= noted:
                self._note(round_)
                noted = time.monotonic() + heartbeats.INTERVAL
            time.sleep(round_.rest())

    def _note(self, round_: Round) -> None:
        try:
            heartbeats.note_duties(round_.standings)
        except DatabaseError:
            # The duties go on; how they went is said next time.
            log.warning("How the duties went could not be noted.")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.running = False
