"""Packages over HTTP: asking for one, its entry in the register, its bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from archive.domain import acts, layout, shipping
from archive.domain.acts import BuildPackage
from archive.interfaces import register as registers
from archive.models import ArchivePackage
from signatures.domain import clock, jcs
from signatures.domain.errors import Denied
from trading.api.auth import SIGNED_IN, anyone, perform, person_of

router = Router(tags=["archive"])


class PackageOut(Schema):
    """A package as the register has it; ``verifier`` is the digest of its ``verify.py``."""

    package: UUID
    lot: UUID
    name: str
    code: str
    version: int
    digest: str
    size: int
    files: int
    built_at: str
    filed_at: str
    leaf: int | None
    checkpoint: int
    evidence: str
    index: str
    verifier: str


class RequestedOut(Schema):
    """What was asked for; the package follows under the lot's address."""

    code: str
    version: int
    leaves: list[int]


def register_line(row: ArchivePackage) -> dict[str, Any]:
    """A package's entry in the register."""
    verifier = layout.load(row.layout).item("verify/verify.py").sha256
    return {
        "package": row.pk,
        "lot": row.lot_id,
        "name": row.name,
        "code": row.code,
        "version": row.version,
        "digest": row.digest,
        "size": row.size,
        "files": row.files,
        "built_at": jcs.timestamp(row.built_at),
        "filed_at": jcs.timestamp(row.filed_at),
        "leaf": row.leaf,
        "checkpoint": row.checkpoint,
        "evidence": row.evidence,
        "index": row.index_digest,
        "verifier": verifier,
    }


@router.get("/lots/{uuid:lot}/package", auth=anyone, response=PackageOut)
def register(request: HttpRequest, lot: UUID) -> dict[str, Any]:
    """The lot's package in the register: its digest is public, as its ledger entry is."""
    return register_line(acts.package_of(lot))


@router.post("/lots/{uuid:lot}/package", auth=SIGNED_IN, response={202: RequestedOut})
def build(request: HttpRequest, lot: UUID) -> Status[dict[str, Any]]:
    """Ask for the lot's package; its archivist. The register has it when it is built and filed."""
    outcome = perform(request, BuildPackage(lot=lot))
    return Status(202, {**outcome.result, "leaves": list(outcome.leaves)})


@router.get("/lots/{uuid:lot}/package/download", auth=SIGNED_IN)
def download(request: HttpRequest, lot: UUID) -> StreamingHttpResponse:
    """The package as one ZIP; the lot's archivist and supervisors."""
    row = acts.package_of(lot)
    if not registers.reads(person_of(request), row, clock.now()):
        raise Denied(
            _("Packages are for the lot's archivist and its supervisors."), code="wrong-role"
        )
    found = layout.load(row.layout)
    layout.check_there(found)
    answer = StreamingHttpResponse(
        _pieces(shipping.zip_stream(found)), content_type="application/zip"
    )
    answer["Content-Disposition"] = f'attachment; filename="{row.name}.zip"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Package-Digest"] = row.digest
    length = shipping.zip_size(found)
    if length is not None:
        answer["Content-Length"] = str(length)
    return answer


async def _pieces(stream: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, each read in a thread, so that a slow disk holds nobody else up."""

    def following() -> bytes | None:
        return next(stream, None)

    take = sync_to_async(following, thread_sensitive=False)
    while (piece := await take()) is not None:
        if piece:
            yield piece
