"""Signature fields: where they go, and creating them before the first signature.

A certifying signature that permits only form filling (DocMDP level 2) forbids new fields. So all
fields of a record are made at once, before anybody signs, where the engine left room for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from signatures.paper.guard import outside


@dataclass(frozen=True)
class FieldBox:
    """Where a signature field goes: ``page`` from 0, ``box`` in points from the bottom left."""

    name: str
    page: int
    box: tuple[float, float, float, float]
    seal: bool = False


@dataclass(frozen=True)
class Rendered:
    """A finished, not yet signed PDF/A file with the places of its signature areas."""

    data: bytes
    fields: tuple[FieldBox, ...]
    pages: int

    def with_fields(self) -> bytes:
        """The file with an empty signature field in every area; what :func:`create` returns."""
        return create(self.data, self.fields)


def create(data: bytes, fields: Iterable[FieldBox]) -> bytes:
    """Add empty signature fields in an incremental update, which leaves earlier bytes alone.

    Each has an empty appearance, without which PDF/A refuses it (ISO 19005-2, 6.3.3).
    """
    outside("Creating signature fields")
    writer = IncrementalPdfFileWriter(BytesIO(data))
    wanted = list(fields)
    for one in wanted:
        spec = SigFieldSpec(
            one.name, on_page=one.page, box=_whole(one.box), empty_field_appearance=True
        )
        append_signature_field(writer, spec)
    if not wanted:
        return data
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _whole(box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """The box on whole points, which is what pyHanko's field specification takes."""
    left, bottom, right, top = map(round, box)
    return left, bottom, right, top
