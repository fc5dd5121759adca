"""The bytes behind a document or an exhibit, to those who may see them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed
from signatures.models import User
from trading.domain.documents import RecordDownload
from trading.interfaces import files


@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A published document; a tenderer's first reading is a recorded fetch (POST)."""
    if request.method == "POST":
        _fetch(request, pk)
    row = files.readable_document(pk, viewer=request.user)
    return files.served(
        digest=row.digest, name=row.title, media_type=row.media_type, request=request
    )


def _fetch(request: HttpRequest, pk: UUID) -> None:
    if not isinstance(request.user, User):
        raise Denied(_("Sign in first."), code="sign-in-first")
    row = files.document(pk, viewer=request.user)
    try:
        organisation = UUID(request.POST.get("organisation", ""))
    except ValueError:
        raise Malformed(_("Say for which organisation you fetch the document.")) from None
    once = request.POST.get("once", "")[:64]
    dispatch(
        RecordDownload(lot=row.lot_id, document=row.pk, organisation=organisation),
        actor=Actor.person(request.user),
        key=f"page:{once}" if once else None,
    )


@require_safe
def exhibit(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """An exhibit's bytes, for those who may see it."""
    row = files.readable_exhibit(pk, viewer=request.user)
    return files.served(
        digest=row.digest, name=row.name, media_type=row.media_type, request=request
    )
