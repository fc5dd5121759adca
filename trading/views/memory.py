"""A request that changes nothing reads once who its reader is."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from trading import access


class Remembering:
    """Middleware: for GET and HEAD, see :func:`trading.access.remembering`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with access.remembering():
            return self.get_response(request)
