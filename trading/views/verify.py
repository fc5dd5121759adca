"""Public verification: any file that the platform hands out, judged at once and not kept."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain import checkpoints, clock, platform, verify
from signatures.domain.checkpoint import NoteVerifier
from signatures.domain.errors import SunlitError
from trading.interfaces.forms import VerifyForm
from trading.interfaces.judgement import Judgement


@require_http_methods(["GET", "HEAD", "POST"])
def verification(request: HttpRequest) -> HttpResponse:
    """The verification page, and the verdict on the file that was sent to it."""
    form = VerifyForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        limit=settings.DOCUMENT_MAX_BYTES,
    )
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            context["judgement"] = _judge(form.cleaned_data["file"])
        else:
            status = 400
    answer = render(request, "signatures/verify.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _judge(file: UploadedFile) -> Judgement:
    """The verdict; the file lies on this disk only as long as it is judged."""
    name = Path(file.name or _("file")).name[:255]
    digest = hashlib.sha256()
    now = clock.now()
    with tempfile.TemporaryDirectory(prefix="sunlit-verify-") as folder:
        # A name of our own: the sender's may be hostile, and is only ever shown.
        path = Path(folder) / f"file{Path(name).suffix[:10] if name.isascii() else ''}"
        with path.open("wb") as target:
            for chunk in file.chunks():
                digest.update(chunk)
                target.write(chunk)
        question = verify.Question(
            path=path, at=now, policy=verify.recognised(online=True), log_keys=_log_keys()
        )
        result = verify.verify(question)
    return Judgement.of(
        result, name=name, size=file.size or 0, sha256=digest.hexdigest(), at=now, alias=path.name
    )


def _log_keys() -> tuple[NoteVerifier, ...]:
    """The keys of this platform's own ledger and its witnesses, where it has them in place."""
    try:
        return (platform.log_verifier(), *checkpoints.witnesses())
    except SunlitError:
        return ()
