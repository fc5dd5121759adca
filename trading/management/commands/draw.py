"""Run one draw again from its published record and reveals, without the platform's database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from trading.domain.draws import DrawFailed, draw

FIELDS = ("record", "reveals")


class Command(BaseCommand):
    help = 'Print the result of a draw: FILE holds {"record": …, "reveals": {party: hex}}.'
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a JSON file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            given = jcs.require_fields(
                jcs.loads(read(options["file"])), FIELDS, where="The file"
            )
            result = draw(given["record"], _reveals(given["reveals"]))
        except DrawFailed as failure:
            raise CommandError(str(failure), returncode=1) from failure
        except SunlitError as error:
            raise CommandError(f"{options['file']}: {error}", returncode=2) from error
        self.stdout.write(json.dumps(result, indent=2))


def read(name: str) -> bytes:
    """The file's bytes; raises :class:`CommandError` in one line."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from error


def _reveals(value: object) -> dict[str, bytes]:
    if not isinstance(value, dict):
        raise CommandError(
            "reveals must be an object of party and 64 hexadecimal digits.", returncode=2
        )
    found = {}
    for party, text in value.items():
        try:
            found[party] = bytes.fromhex(text)
        except (TypeError, ValueError):
            raise CommandError(
                f"The reveal of {jcs.shown(party)} must be 64 hexadecimal digits.", returncode=2
            ) from None
    return found
