"""The reader's language: kept in a cookie; the switch stays on the page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import Malformed

YEAR = 365 * 86_400


def own_address(request: HttpRequest, address: str) -> str:
    """``address`` if it is one of ours, else the front page: nobody is sent elsewhere."""
    ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if ours else reverse("front")


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Remember the language and go back to the page; whoever only looks in goes to the front."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("front"))
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Malformed(_("These pages are in Chinese and in English."), code="bad-language")
    answer = HttpResponseRedirect(own_address(request, request.POST.get("next", "")))
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return answer
