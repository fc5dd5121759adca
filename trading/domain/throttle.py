"""Wrong passwords are counted, so that guessing is slow.

The counts are rows of the session table: bookkeeping of sign-in that expires on real time and is
no part of the record, and one that all web processes share. Names and addresses stand in it only
as keyed digests. The same counts are kept for names that nobody has, so that they tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from signatures.domain import clock
from signatures.domain.errors import Refused

WINDOW = timedelta(minutes=15)


class TooManyAttempts(Refused):
    """Wait; what was tried is not even looked at."""

    default_code = "too-many-attempts"


@dataclass(frozen=True)
class Mark:
    """What is counted: a kind, its value, and how many failures a window bears."""

    kind: str
    value: str
    limit: int

    @property
    def key(self) -> str:
        text = f"{self.kind}|{self.value}"
        return salted_hmac("sunlit.throttle", text, algorithm="sha256").hexdigest()[:40]


def marks(*, username: str, address: str) -> tuple[Mark, ...]:
    """Five tries a name from one address, fifty a name or an address, each quarter of an hour.

    The tight limit needs both, so that a stranger cannot lock somebody else out.
    """
    name = username.strip().lower()
    return (
        Mark("name-address", f"{name}|{address}", 5),
        Mark("name", name, 50),
        Mark("address", address, 50),
    )


def require(counted: Sequence[Mark]) -> None:
    """Raise :class:`TooManyAttempts` where a limit is reached."""
    keys = {mark.key: mark.limit for mark in counted}
    real = clock.look().real
    for row in Session.objects.filter(session_key__in=keys, expire_date__gt=real):
        if row.get_decoded().get("failures", 0) >= keys[row.session_key]:
            raise TooManyAttempts(
                _(
                    "Too many wrong passwords. Wait %(minutes)d minutes, or sign in with your "
                    "certificate."
                )
                % {"minutes": int(WINDOW.total_seconds()) // 60}
            )


def note_failure(counted: Sequence[Mark]) -> None:
    """Count one failure more for each mark; a window begins with its first failure."""
    real = clock.look().real
    with transaction.atomic():
        for mark in sorted(counted, key=lambda each: each.key):
            row = Session.objects.select_for_update().filter(session_key=mark.key).first()
            live = row is not None and row.expire_date > real
            failures = row.get_decoded().get("failures", 0) if row is not None and live else 0
            Session.objects.update_or_create(
                session_key=mark.key,
                defaults={
                    "session_data": SessionStore().encode({"failures": failures + 1}),
                    "expire_date": row.expire_date if row is not None and live else real + WINDOW,
                },
            )


def forget(counted: Sequence[Mark]) -> None:
    """After a right password: the tight count begins anew, the wide ones stand."""
    Session.objects.filter(session_key=counted[0].key).delete()
