"""Errors as ``application/problem+json`` (RFC 9457): one form for every refusal.

``code`` is stable for programs, ``detail`` a sentence in the reader's language, ``rule`` the
article that says so. Nothing of a stack trace ever leaves.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from signatures.domain.errors import (
    Conflict,
    Denied,
    Malformed,
    NotFound,
    Refused,
    SunlitError,
    Unavailable,
)
from trading.domain.throttle import WINDOW, TooManyAttempts

#: The first class that fits decides; subclasses stand before their bases.
STATUS: tuple[tuple[type[SunlitError], int], ...] = (
    (TooManyAttempts, 429),
    (Malformed, 400),
    (NotFound, 404),
    (Denied, 403),
    (Conflict, 409),
    (Refused, 409),
    (Unavailable, 503),
)
_STATUS_OF_HTTP = {
    400: "malformed",
    401: "sign-in-first",
    403: "denied",
    404: "not-found",
    405: "method-not-allowed",
    415: "wrong-media-type",
}


def status_of(error: SunlitError) -> int:
    """The HTTP status that an error of ours goes with."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(
    status: int, *, code: str, detail: str, rule: str | None = None, **more: Any
) -> HttpResponse:
    """A problem document."""
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail, **more}
    if rule:
        body["rule"] = rule
    return JsonResponse(
        body,
        status=status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def of_error(error: SunlitError) -> HttpResponse:
    """Our own errors: the status by class, code, sentence and rule as they were raised."""
    status = status_of(error)
    # An error over many places, such as the cells of a workbook, names each of them.
    mistakes = getattr(error, "mistakes", None)
    more = {"mistakes": mistakes} if mistakes else {}
    answer = problem(status, code=error.code, detail=str(error.message), rule=error.rule, **more)
    if status == 429:
        answer["Retry-After"] = str(int(WINDOW.total_seconds()))
    elif status == 503:
        answer["Retry-After"] = "5"
    return answer


def _sunlit(_request: HttpRequest, error: Any) -> HttpResponse:
    return of_error(error)


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    mistakes = [
        {"where": ".".join(str(part) for part in each["loc"]), "what": each["msg"]}
        for each in error.errors
    ]
    return problem(
        400,
        code="malformed",
        detail=_("The request does not fit the interface's description."),
        mistakes=mistakes,
    )


def _sign_in_first(_request: HttpRequest, _error: Any) -> HttpResponse:
    answer = problem(
        401, code="sign-in-first", detail=_("Sign in, or send a token that still holds.")
    )
    answer["WWW-Authenticate"] = 'Bearer realm="sunlit"'
    return answer


def _http(_request: HttpRequest, error: Any) -> HttpResponse:
    code = _STATUS_OF_HTTP.get(error.status_code, "error")
    return problem(error.status_code, code=code, detail=str(error.message))


def _missing(_request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(404, code="not-found", detail=_("There is nothing at this address."))


def install(api: NinjaAPI) -> None:
    """Let every error of ``api`` speak this way."""
    api.add_exception_handler(SunlitError, _sunlit)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(AuthenticationError, _sign_in_first)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, _missing)
