"""Serve the laboratory authorities on 127.0.0.1, at the platform's official time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from signatures.domain import clock
from signatures.domain.errors import SunlitError
from signatures.lab.lab import Lab
from signatures.lab.server import LabApp


def official_time() -> datetime:
    """The official time, over a connection that still answers."""
    close_old_connections()
    return clock.now()


class Command(BaseCommand):
    help = "Serve the lab's OCSP, CRLs, timestamps, certificates and trust lists over HTTP."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", help="the lab's folder; by default that of the settings")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Laboratory authorities are never served in production.")
        try:
            lab = Lab.open(options["folder"] or settings.LAB)
        except SunlitError as error:
            raise CommandError(f"{error} Found a demonstration first: manage.py found.") from error
        uvicorn.run(
            LabApp(lab, official_time),
            host="127.0.0.1",
            port=lab.port,
            log_level="warning",
            access_log=False,
        )
