"""Write a lot's filed package out of the store: as a folder, or as one ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from archive.domain import acts, layout, shipping
from signatures.domain.errors import SunlitError


class Command(BaseCommand):
    help = "Write a lot's package into a folder; prints its path and its digest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's identifier")
        parser.add_argument("folder", help="an existing folder")
        parser.add_argument("--zip", action="store_true", help="one ZIP in place of a folder")

    def handle(self, *args: Any, **options: Any) -> None:
        place = Path(options["folder"])
        if not place.is_dir():
            raise CommandError(f"There is no folder {place}.")
        try:
            row = acts.package_of(UUID(options["lot"]))
            found = layout.load(row.layout)
            layout.check_there(found)
        except (SunlitError, ValueError) as error:
            raise CommandError(str(error)) from error
        target = place / (f"{found.root}.zip" if options["zip"] else found.root)
        if target.exists():
            raise CommandError(f"{target} is there already.")
        if options["zip"]:
            with target.open("xb") as stream:
                for piece in shipping.zip_stream(found):
                    stream.write(piece)
        else:
            shipping.lay_out(found, place)
        self.stdout.write(f"{target} {row.digest}")
