"""How the people of a demonstration sign in: a file that the demonstration's program wrote.

It lies in the data folder of a platform that was founded as a demonstration, for its owner's eyes;
production never looks for it. The database holds hashes alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from signatures.domain import clock
from signatures.domain.errors import Conflict

FILE = "demonstration.json"
#: Larger than any that is written; what is longer is something else.
MOST = 1_000_000
BEGUN, READY = "begun", "ready"


@dataclass(frozen=True)
class SignIn:
    """One person's: ``part`` is what they play; files are paths on the machine that serves.

    ``trustee`` is a tender's title -> the file with this person's key shares for it.
    """

    part: str
    username: str
    password: str
    certificate: str = ""
    passphrase: str = ""
    trustee: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """One stop of the visitor's route: what is done there (``bid``, ``open``, ``score``,
    ``inspect``), on which lot, as whom."""

    name: str
    lot: UUID
    username: str


@dataclass(frozen=True)
class Known:
    """All that the file says; empty where there is none. ``state`` is ``begun`` while the place
    is being laid out, and ``ready`` afterwards."""

    state: str = ""
    people: tuple[SignIn, ...] = ()
    route: tuple[Stop, ...] = field(default=())


def require_laid_out() -> None:
    """Raises :class:`Conflict` while the demonstration's program still moves the clock itself."""
    if known().state == BEGUN:
        raise Conflict(
            _("The tenders of this place are still being played. Wait until the terminal says"
              " where to begin."),
            code="not-laid-out",
        )


def known() -> Known:
    """The sign-ins of this demonstration; nothing in production or on a real clock."""
    if settings.PRODUCTION or clock.look().offset == 0:
        return Known()
    return read(Path(settings.DATA) / FILE)


def of(person: Any) -> SignIn | None:
    """This person's own sign-in, where they are one of the demonstration's invented people."""
    if not getattr(person, "is_authenticated", False):
        return None
    return next((one for one in known().people if one.username == person.username), None)


def read(path: Path) -> Known:
    """What a file says; a file that is absent or of another form says nothing."""
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(MOST))
        return Known(
            state=str(found["state"]),
            people=tuple(_sign_in(each) for each in found.get("people", ())),
            route=tuple(
                Stop(name=str(each["name"]), lot=UUID(each["lot"]), username=str(each["username"]))
                for each in found.get("route", ())
            ),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Known()


def _sign_in(line: Mapping[str, Any]) -> SignIn:
    names = ("part", "username", "password", "certificate", "passphrase")
    return SignIn(
        **{name: str(line[name]) for name in names if name in line},
        trustee={str(title): str(path) for title, path in line.get("trustee", {}).items()},
    )
