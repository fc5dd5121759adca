"""Technical documents under codes, as page images and text made here: nothing of the file's own
metadata goes along. Only the sandbox ever opens them."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bidding.domain import evaluation
from bidding.views.asked import lot_of
from signatures import sandbox, store
from signatures.domain.errors import NotFound
from trading.interfaces import files
from trading.models import Exhibit

PDF = "application/pdf"
#: A page has two bytes of number in the sandbox's job.
MOST_PAGES = 0x10000
#: Pages stay in the reader's own browser for so long, and nowhere else.
KEPT = "private, max-age=600"


@require_safe
def text(request: HttpRequest, code: str, number: int, pk: UUID) -> HttpResponse:
    """``{"pages": ["text of page 1", …]}`` of one document."""
    data = store.read(_document(request, code, number, pk).digest)
    found = json.loads(sandbox.run("signatures.paper.pages:text_job", data, seconds=30))
    answer = JsonResponse({"pages": found})
    answer["Cache-Control"] = KEPT
    return answer


@require_safe
def page(request: HttpRequest, code: str, number: int, pk: UUID, place: int) -> HttpResponse:
    """One page, from 1, as PNG."""
    row = _document(request, code, number, pk)
    if not 1 <= place <= MOST_PAGES:
        raise NotFound(_("The document has no such page."), code="no-such-page")
    payload = (place - 1).to_bytes(2, "big") + store.read(row.digest)
    data = sandbox.run("signatures.paper.pages:png_job", payload, seconds=30)
    answer = HttpResponse(data, content_type="image/png")
    answer["Cache-Control"] = KEPT
    return answer


def _document(request: HttpRequest, code: str, number: int, pk: UUID) -> Exhibit:
    """The coded document, for those who may read it; :class:`NotFound` for everybody else."""
    lot = lot_of(request, code, number)
    row = files.readable_exhibit(pk, viewer=request.user)
    if row.lot_id != lot.pk or row.kind != evaluation.DOCUMENT or row.media_type != PDF:
        raise NotFound(_("There is no such document here."), code="no-such-document")
    return row
