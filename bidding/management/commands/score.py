"""Score prices by a published method, so that anyone can work an evaluation out again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bidding.domain.methods import ScoringError, price_scores
from signatures.domain import jcs
from signatures.domain.errors import SunlitError

FIELDS = ("method", "offers", "parameters")
MAXIMUM = 16 * 1024 * 1024


class Command(BaseCommand):
    help = (
        'Print {"scores": {name: points}}: FILE holds {"method": name, "offers": '
        '{name: "123.45"}, "parameters": {…}}.'
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a JSON file")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["file"]
        try:
            given = jcs.require_fields(_load(name), FIELDS, where="The file", error=ScoringError)
            scores = price_scores(given["method"], given["offers"], given["parameters"])
        except SunlitError as error:
            # Names in the file may hold anything; what is said stays on one line.
            raise CommandError(f"{name}: {' '.join(str(error).split())}", returncode=2) from error
        written = {offer: str(points) for offer, points in scores.items()}
        self.stdout.write(json.dumps({"scores": written}, ensure_ascii=False, indent=2))


def _load(name: str) -> Any:
    """The file's JSON. Names of offers may be in any language, so it need not be canonical."""
    path = Path(name)
    try:
        if path.stat().st_size > MAXIMUM:
            raise ScoringError(f"it is larger than {MAXIMUM} bytes.")
        return json.loads(path.read_bytes(), object_pairs_hook=_object)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from error
    except RecursionError:
        raise ScoringError("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise ScoringError(f"This is not JSON: {error}.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ScoringError("A name stands twice in one object; each may stand once.")
    return found
