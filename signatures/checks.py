"""Start-up checks of the ground."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, ProgrammingError


@register(Tags.security, deploy=True)
def no_laboratory(**_: Any) -> list[CheckMessage]:
    """Laboratory authorities are for demonstrations: their keys lie in a folder."""
    if settings.PRODUCTION and settings.LAB is not None:
        return [
            Error(
                "SUNLIT_LAB is set: production refuses laboratory authorities.",
                hint="Unset SUNLIT_LAB and take in the regions' real trust lists.",
                id="signatures.E001",
            )
        ]
    return []


@register(Tags.database)
def clock_is_real(databases: list[str] | None = None, **_: Any) -> list[CheckMessage]:
    """In production the official clock is the real one."""
    if not settings.PRODUCTION or not databases:
        return []
    from signatures.domain import clock

    try:
        offset = clock.look().offset
    except (OperationalError, ProgrammingError):
        return []  # the table is not there yet: the migration that makes it sets zero
    if offset != 0:
        return [
            Error(
                f"The official clock is moved by {offset} seconds.",
                hint="A database that was a demonstration cannot become production; start anew.",
                id="signatures.E002",
            )
        ]
    return []
