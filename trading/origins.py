"""Sockets are opened from the platform's own pages and tools only.

A browser sends cookies along with a socket that any page opens, so the page's origin is checked
before the connection is accepted (RFC 6455, 10.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class SameOrigin:
    """Refuses (HTTP 403) sockets whose ``Origin`` is not the platform's, or missing."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if is_own_origin(scope):
            await self._application(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})


def is_own_origin(scope: dict[str, Any]) -> bool:
    """Whether ``Origin`` is a trusted one, or scheme and host are those that were called."""
    origin, host = _header(scope, b"origin"), _header(scope, b"host")
    if origin is None:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    name, _port = split_domain_port(host or "")
    if host is None or not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", ""), "")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc) == (scheme, host) and origin == f"{scheme}://{host}"


def _header(scope: dict[str, Any], name: bytes) -> str | None:
    """The one header of that name; None where it is missing or stands twice."""
    values = [value for key, value in scope.get("headers", []) if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None
