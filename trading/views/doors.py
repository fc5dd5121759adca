"""Doors of pages that are not everybody's: who is turned away, and with which words.

They ask ``access`` and hide nothing that an act would not refuse by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from signatures.domain.errors import Denied
from trading import access

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """A page of one's own: nobody else's browser keeps it, and the public is asked to sign in."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            raise Denied(_("Sign in first: this page is about you."), code="sign-in-first")
        return view(request, *args, **kwargs)

    return guarded


def operators_only(view: View) -> View:
    """A page of the trading centre's own people."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = request.user if request.user.is_authenticated else None
        if not access.operates(person):
            raise Denied(_("The operator's desk is for people of the trading centre."))
        return view(request, *args, **kwargs)

    return guarded
