"""Django's migrate, with the database open for writing: migrations are nobody's act."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate

from signatures.domain import guard


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> Any:
        with guard.writes("migration"):
            return super().handle(*args, **options)
