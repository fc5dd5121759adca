"""Who holds a socket: the person of a sign-in session, asked again on every command.

The full check is Django's own. What it rested on (the session's row, the person's password and
whether they are active) is kept as evidence, so that asking again is one query: nothing changed,
or the full check again.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from signatures.domain import clock, columns
from signatures.domain.errors import Denied
from signatures.models import User

_ASK = (
    f"SELECT s.session_data, u.password, u.is_active FROM {Session._meta.db_table} s, "  # noqa: S608
    f"{User._meta.db_table} u WHERE s.session_key = %s AND s.expire_date > %s AND u.id = %s"
)


@dataclass(frozen=True)
class Visitor:
    """A person who is signed in, and what says so."""

    session: str
    user: User
    evidence: tuple[Any, ...]


def admit(session: str) -> Visitor:
    """The visitor of this session key; raises :class:`Denied` with the code ``signed-out``."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session) if session else {}
    user = get_user(SimpleNamespace(session=store, META={}))  # type: ignore[arg-type]
    if isinstance(user, User) and user.is_active:
        evidence = _evidence(session, user)
        if evidence is not None:
            return Visitor(session=session, user=user, evidence=evidence)
    raise Denied(_("You are signed out. Sign in again."), code="signed-out")


def readmit(visitor: Visitor) -> Visitor:
    """The same visitor, asked again; raises as :func:`admit` does."""
    if _evidence(visitor.session, visitor.user) == visitor.evidence:
        return visitor
    again = admit(visitor.session)
    if again.user.pk != visitor.user.pk:
        raise Denied(_("Somebody else signed in here. Load the page again."), code="signed-out")
    return again


def _evidence(session: str, user: User) -> tuple[Any, ...] | None:
    line = transaction.get_connection()
    # Sessions expire on real time, whatever the official clock says.
    now = columns.moment(clock.process_time(), line)
    with line.cursor() as cursor:
        cursor.execute(_ASK, [session, now, columns.key(user.pk, line)])
        row = cursor.fetchone()
    return tuple(row) if row is not None else None
