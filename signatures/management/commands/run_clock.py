"""The clock process: applies what is due, seals the ledger's state, returns lost work."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from signatures.domain import clock, heartbeats, leader
from signatures.domain.duties import Round


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
        while self.running and leader.still_leading():
            round_.turn()
            time.sleep(round_.rest())

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.running = False
