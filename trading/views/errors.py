"""Pages that say what went wrong, what still stands, and what to do.

Our own errors reach people through :class:`Refusals`: a view lets them rise and the page is made
here, with the status of the programming interface.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain.errors import Denied, Malformed, NotFound, SunlitError, Unavailable
from trading.api import problems
from trading.views.language import own_address


class Refusals:
    """Middleware: an error of ours that a page's view raised becomes a page that explains it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refusal(request, error) if isinstance(error, SunlitError) else None


def _word(error: SunlitError) -> str:
    if isinstance(error, NotFound):
        return _("Not found")
    if isinstance(error, Denied):
        return _("Not allowed")
    if isinstance(error, Malformed):
        return _("Not understood")
    if isinstance(error, Unavailable):
        return _("Not possible just now")
    return _("Not done")


def refusal(request: HttpRequest, error: SunlitError) -> HttpResponse:
    """The page about one error: what it says, by which rule, and what to do now."""
    status = problems.status_of(error)
    context = {"error": error, "word": _word(error), "sign_in": isinstance(error, Denied)}
    answer = render(request, "errors/refusal.html", context, status=status)
    if status in (429, 503):
        answer["Retry-After"] = problems.of_error(error)["Retry-After"]
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What came in is no request of ours; what it said is never repeated on the page."""
    too_much = isinstance(exception, SuspiciousOperation) and "exceeded" in str(exception)
    text = (
        _("The request is larger than this page takes.")
        if too_much
        else _("The request could not be read. Go back, load the page anew and try again.")
    )
    return refusal(request, Malformed(text))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Something that is not shown to this person."""
    return refusal(request, Denied(_("This page is not for you.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address; programs are told so in their own form."""
    if request.path.startswith("/api/"):
        return problems.of_error(NotFound(_("There is nothing at this address.")))
    return refusal(request, NotFound(_("There is no page at this address.")))


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the page stands without database, so that it always can be shown."""
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's secret did not fit: an old page, another tab, or cookies that are blocked.

    Whoever wanted to sign in and has meanwhile, in another tab, is where they wanted to be. Others
    are shown the way back to the form, where it was one of ours.
    """
    if request.path == reverse("sign-in") and request.user.is_authenticated:
        return HttpResponseRedirect(own_address(request, request.POST.get("next", "")))
    came_from = request.headers.get("Referer", "")
    again = came_from if own_address(request, came_from) == came_from else ""
    return render(request, "errors/csrf.html", {"again": again}, status=403)


__all__ = [
    "Refusals",
    "bad_request",
    "broken",
    "csrf",
    "forbidden",
    "not_found",
    "refusal",
]
