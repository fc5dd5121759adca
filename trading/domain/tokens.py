"""Bearer tokens: how the kit and other programs stay signed in without cookies.

A token is a sign-in session of its own: the session table holds a keyed digest of it, never the
token, together with the person and their session hash, so that a changed password ends it. It
expires on real time. As it is sent in a header that no browser adds by itself, it needs no
protection against forged cross-site requests.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare, salted_hmac

from signatures.domain import clock
from signatures.models import User

LIFETIME = timedelta(hours=12)
_PREFIX = "sunlit_"


@dataclass(frozen=True)
class Token:
    """A token as its holder gets it, once; ``expires`` is real time."""

    text: str
    expires: datetime


def issue(person: User) -> Token:
    """A new token for somebody who has just signed in."""
    text = _PREFIX + secrets.token_urlsafe(32)
    expires = clock.look().real + LIFETIME
    Session.objects.create(
        session_key=_key(text),
        session_data=SessionStore().encode(
            {"token_of": str(person.pk), "hash": person.get_session_auth_hash()}
        ),
        expire_date=expires,
    )
    return Token(text=text, expires=expires)


def holder(text: str) -> User | None:
    """Whose token this is; none where it is unknown, expired, withdrawn or outlived."""
    if not text.startswith(_PREFIX) or len(text) > 100:
        return None
    row = Session.objects.filter(session_key=_key(text), expire_date__gt=clock.look().real).first()
    if row is None:
        return None
    data = row.get_decoded()
    person = User.objects.filter(pk=str(data.get("token_of")), is_active=True).first()
    if person is None or not constant_time_compare(
        data.get("hash", ""), person.get_session_auth_hash()
    ):
        return None
    return person


def withdraw(text: str) -> None:
    """Sign the token's holder out; an unknown token is no matter."""
    Session.objects.filter(session_key=_key(text)).delete()


def _key(text: str) -> str:
    return salted_hmac("sunlit.token", text, algorithm="sha256").hexdigest()[:40]
