"""Resumable uploads of envelopes: tus 1.0 (https://tus.io/protocols/resumable-upload).

An upload comes to be when a bid's statement is registered, so there is no creation here; HEAD says
how far it came (and counts whole parts of a request that was cut short), PATCH adds parts, DELETE
gives the version up. Extensions: checksum (sha256) and termination. A PATCH begins on a part's
boundary (1,048,576 bytes) and brings whole parts, 32 MiB at the most; only the last part of an
envelope is shorter. Its body is read while it comes in (``trading.incoming``); a line that brings
too little for too long gets 503. The answer to the last part of a bid names its receipt in
``Sunlit-Receipt``; an upload that takes nothing in any more is gone (410).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import HttpError

from bidding.api import answers
from bidding.api.sealing import origin_of
from bidding.domain import uploads
from bidding.domain.bodies import DiskFull
from bidding.domain.uploads import ChecksumMismatch, TooLarge, UploadEnded
from signatures.domain.errors import Malformed, SunlitError
from signatures.models import User
from trading.api import problems
from trading.api.auth import Bearer, Cookie, perform

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
#: tus's own status for bytes that are not what was announced.
CHECKSUM_MISMATCH = 460

#: What our errors are in tus; the first class that fits decides.
_STATUS: tuple[tuple[type[SunlitError], int], ...] = (
    (ChecksumMismatch, CHECKSUM_MISMATCH),
    (TooLarge, 413),
    (UploadEnded, 410),
)


@csrf_exempt
def upload(request: HttpRequest, envelope: UUID) -> HttpResponse:
    """One envelope's upload; OPTIONS needs nobody, the rest the tenderer's people.

    A bearer token or a page's session with its CSRF token (checked here, not by the middleware).
    """
    if request.method == "OPTIONS":
        answer = HttpResponse(status=204)
        answer["Tus-Version"] = VERSION
        answer["Tus-Extension"] = "checksum,termination"
        answer["Tus-Checksum-Algorithm"] = "sha256"
        answer["Tus-Max-Size"] = str(settings.ENVELOPE_MAX_BYTES)
        return _tus(answer)
    try:
        return _tus(_answer(request, envelope))
    except SunlitError as error:
        return _tus(_refusal(error))
    except HttpError as error:
        return _tus(problems.problem(error.status_code, code="denied", detail=str(error)))


def _answer(request: HttpRequest, envelope: UUID) -> HttpResponse:
    person = Bearer()(request) if "Authorization" in request.headers else Cookie()(request)
    if person is None:
        answer = problems.problem(
            401, code="sign-in-first", detail=_("Sign in, or send a token that still holds.")
        )
        answer["WWW-Authenticate"] = 'Bearer realm="sunlit"'
        return answer
    request.user = cast(User, person)
    if request.headers.get("Tus-Resumable") != VERSION:
        answer = problems.problem(
            412, code="wrong-tus-version", detail=_("Send Tus-Resumable: %s.") % VERSION
        )
        answer["Tus-Version"] = VERSION
        return answer
    method = _METHODS.get(request.method or "")
    if method is None:
        answer = problems.problem(405, code="method-not-allowed", detail=_("Not possible here."))
        answer["Allow"] = "OPTIONS, HEAD, PATCH, DELETE"
        return answer
    return method(request, envelope)


def _head(request: HttpRequest, envelope: UUID) -> HttpResponse:
    person = cast(User, request.user)
    row = uploads.find(person, envelope)
    uploads.require_known(row)
    answer = HttpResponse()
    answer["Upload-Offset"] = str(
        uploads.go_on(person, row, origin=origin_of(request, row.version.bid.lot_id))
    )
    answer["Upload-Length"] = str(row.size)
    return answer


def _patch(request: HttpRequest, envelope: UUID) -> HttpResponse:
    if request.content_type != CONTENT_TYPE:
        return problems.problem(
            415, code="wrong-media-type", detail=_("Send Content-Type: %s.") % CONTENT_TYPE
        )
    person = cast(User, request.user)
    row = uploads.find(person, envelope)
    outcome = uploads.receive(
        person,
        row,
        offset=_number(request, "Upload-Offset"),
        length=_number(request, "Content-Length"),
        stream=cast(Any, request),
        sha256=_checksum(request.headers.get("Upload-Checksum")),
        origin=origin_of(request, row.version.bid.lot_id),
    )
    answer = HttpResponse(status=204)
    receipt = answers.receipt(outcome.leaves) if outcome.result["counts"] else None
    if receipt is not None:
        # This was the bid's last part: it counts, and here is where the receipt lies.
        answer["Sunlit-Receipt"] = receipt["url"]
    answer["Upload-Offset"] = str(outcome.result["offset"])
    return answer


def _delete(request: HttpRequest, envelope: UUID) -> HttpResponse:
    row = uploads.find(cast(User, request.user), envelope)
    perform(
        request,
        uploads.AbandonVersion(
            lot=row.version.bid.lot_id,
            organisation=row.version.bid.tenderer_id,
            envelope=row.pk,
        ),
    )
    return HttpResponse(status=204)


_METHODS: dict[str, Callable[[HttpRequest, UUID], HttpResponse]] = {
    "HEAD": _head,
    "PATCH": _patch,
    "DELETE": _delete,
}


def _number(request: HttpRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Malformed(_("The header %s must be a number.") % name, code="bad-header")
    return int(text)


def _checksum(header: str | None) -> bytes | None:
    if header is None:
        return None
    algorithm, _blank, encoded = header.partition(" ")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm != "sha256" or len(digest) != 32:
        raise Malformed(
            _("Upload-Checksum is “sha256 ” and the digest in base64."), code="bad-checksum"
        )
    return digest


def _refusal(error: SunlitError) -> HttpResponse:
    if isinstance(error, DiskFull) and error.code == DiskFull.default_code:
        status = 507
    else:
        found = (status for kind, status in _STATUS if isinstance(error, kind))
        status = next(found, problems.status_of(error))
    answer = problems.problem(status, code=error.code, detail=str(error.message), rule=error.rule)
    if status in (503, 507):
        answer["Retry-After"] = "1" if status == 503 else "5"
    return answer


def _tus(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Resumable"] = VERSION
    answer["Cache-Control"] = "no-store"
    return answer
