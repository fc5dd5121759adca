"""Who asks: a token in ``Authorization: Bearer``, or a browser's session cookie.

Programs (the kit, keepers, other platforms) sign in once by password or certificate and send the
token they got; no browser adds that header by itself, so such requests need no further protection.
Browsers come with the session cookie, and then every write needs Django's CSRF token in
``X-CSRFToken`` as on any page. Both end in ``request.user``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer

from signatures.domain.act import Act, Actor, Outcome, dispatch
from signatures.domain.errors import Denied, Malformed
from signatures.models import User
from trading.domain import tokens


class Bearer(HttpBearer):
    """A token issued at sign-in (``trading.domain.tokens``)."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        person = tokens.holder(token)
        if person is not None:
            request.user = person
        return person


class Cookie(APIKeyCookie):
    """A page's own session; writes need the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        person: User | None = super().__call__(request)
        return person

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return request.user if isinstance(request.user, User) else None


def anyone(request: HttpRequest) -> User | AnonymousUser:
    """Reading by anybody; whoever has signed in sees more. A token that fails is refused."""
    if "Authorization" not in request.headers:
        return request.user  # type: ignore[return-value]
    person = Bearer()(request)
    return person if person is not None else None  # type: ignore[return-value]


#: Writes and whatever needs a person.
SIGNED_IN: list[Any] = [Bearer(), Cookie()]


def person_of(request: HttpRequest) -> User:
    """The signed-in person of a request that passed :data:`SIGNED_IN`."""
    if not isinstance(request.user, User):
        raise Denied(_("Sign in first."), code="sign-in-first")
    return request.user


def perform(request: HttpRequest, act: Act) -> Outcome:
    """Dispatch an act for the request's person under its ``Idempotency-Key``, if it has one."""
    return dispatch(act, actor=Actor.person(person_of(request)), key=idempotency_key(request))


def idempotency_key(request: HttpRequest) -> str | None:
    """The request's ``Idempotency-Key``: the same key gives the same answer and acts once."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 96 or not key.isascii() or not key.isprintable():
        raise Malformed(
            _("An Idempotency-Key has 1 to 96 printable ASCII characters."),
            code="bad-idempotency-key",
        )
    # Sign-in uses keys of its own; a caller's can never meet them.
    return f"api:{key}"
