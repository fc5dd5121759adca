"""A lot's volume before it is written down: its records, its place in the ledger, its metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive.domain import collection as collections
from archive.domain import ledger_slice, retention, tables
from archive.domain.collection import Collection
from archive.domain.layout import Item
from archive.domain.ledger_slice import Slice
from archive.domain.retention import Term
from archive.domain.tables import Format, RecordClass
from signatures import store
from signatures.domain import jcs, platform
from trading.domain import procedure
from trading.enums import OrganisationKind
from trading.models import Exhibit, Lot, Organisation

SIGNATURE = "p7s"
_DIGEST = re.compile(r"[0-9a-f]{64}")

ABSENT = "The platform no longer holds the bytes of this record."


@dataclass(frozen=True, kw_only=True)
class Record:
    """One exhibit as a record of the volume; ``number`` counts from 1 in the catalogue's order.

    ``path`` is where its bytes lie in the package, or empty where they are gone; ``signature`` the
    detached signature over them, which lies beside them.
    """

    number: int
    record_class: RecordClass
    exhibit: Exhibit
    format: Format
    path: str
    signature: Item | None = None

    @property
    def present(self) -> bool:
        return bool(self.path)


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Everything that a package is made from. ``built`` is the official time of the building."""

    lot: Lot
    code: str
    version: int
    built: datetime
    collection: Collection
    records: tuple[Record, ...]
    slice: Slice
    term: Term
    builder: str

    @property
    def root(self) -> str:
        """The name of the package's folder."""
        return f"{self.code}-v{self.version}"

    @property
    def identifier(self) -> UUID:
        return self.lot.pk

    @property
    def address(self) -> str:
        """Where the register shows this package and its digest."""
        return f"{platform.origin()}/packages/{self.code}/"

    @property
    def absent(self) -> dict[str, str]:
        """Exhibits without bytes, by URN, with the reason."""
        return {one.exhibit.urn: ABSENT for one in self.records if not one.present}


def code_of(lot: Lot) -> str:
    """The archive code (档号) of a lot: its project's code and its number in it."""
    safe = re.sub(r"[^A-Za-z0-9-]", "-", lot.project.code).strip("-") or "X"
    return f"{safe}-{lot.number:02d}"


def prepare(lot: Lot, *, version: int, after: int, built: datetime) -> Volume:
    """The lot's volume as it is now, with the ledger up to a checkpoint that covers ``after``."""
    found = collections.collect(lot)
    centre = Organisation.objects.filter(
        kinds__icontains=OrganisationKind.CENTRE.value
    ).order_by("registered_at", "pk").first()
    return Volume(
        lot=lot,
        code=code_of(lot),
        version=version,
        built=built,
        collection=found,
        records=tuple(_records(found)),
        slice=ledger_slice.cut(lot, after=after),
        term=retention.term(
            category=lot.project.category, outcome=found.outcome, filed=built
        ),
        builder=centre.name if centre is not None else platform.origin(),
    )


def _records(found: Collection) -> list[Record]:
    rows = [(one.record_class, exhibit) for one in found.gathered for exhibit in one.exhibits]
    return [
        Record(
            number=number,
            record_class=record_class,
            exhibit=exhibit,
            format=tables.format_of(exhibit.media_type),
            path=_path(exhibit),
            signature=_signature(exhibit),
        )
        for number, (record_class, exhibit) in enumerate(rows, 1)
    ]


def _path(exhibit: Exhibit) -> str:
    """By identity and media type alone: same names never collide, hostile names never arrive."""
    if not store.exists(exhibit.digest):
        return ""
    return f"data/originals/{exhibit.pk}.{tables.format_of(exhibit.media_type).extension}"


def _signature(exhibit: Exhibit) -> Item | None:
    """The detached signature that the exhibit's ``seal`` names by its digest."""
    digest = exhibit.seal.get("signature")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest) or not _path(exhibit):
        return None
    if tables.format_of(exhibit.media_type).extension == SIGNATURE or not store.exists(digest):
        return None
    path = f"data/originals/{exhibit.pk}.{SIGNATURE}"
    return Item(path=path, sha256=digest, size=store.size(digest))


def volume_metadata(volume: Volume) -> dict[str, str]:
    """The volume's metadata by the keys of ``tables/metadata.toml``."""
    lot, project = volume.lot, volume.lot.project
    rules = procedure.of(lot)
    span = volume.collection.span or (volume.built, volume.built)
    return {
        "code": volume.code,
        "title": f"{project.title} {lot.title}",
        "project": project.code,
        "lot": lot.urn,
        "tenderee": project.tenderee.name,
        "tenderee_code": project.tenderee.credit_code,
        "agency": project.agency.name if project.agency is not None else "",
        "category": project.category,
        "procedure": f"{rules.name} {rules.version} {rules.digest}",
        "outcome": volume.collection.outcome,
        "from": jcs.timestamp(span[0]),
        "to": jcs.timestamp(span[1]),
        "records": str(len(volume.records)),
        "retention": volume.term.words.zh,
        "access": "按件控制",
        "built": jcs.timestamp(volume.built),
        "builder": volume.builder,
    }


def record_metadata(record: Record) -> dict[str, str]:
    """One record's metadata by the keys of ``tables/metadata.toml``."""
    exhibit = record.exhibit
    return {
        "number": str(record.number),
        "identifier": exhibit.urn,
        "title": exhibit.name,
        "class": record.record_class.title.zh,
        "kind": exhibit.kind,
        "stage": exhibit.stage,
        "filed": jcs.timestamp(exhibit.filed_at),
        "media_type": exhibit.media_type,
        "pronom": record.format.pronom,
        "size": str(exhibit.size),
        "sha256": exhibit.digest,
        "path": record.path,
        "signature": "" if record.signature is None else record.signature.path,
        "leaf": "" if exhibit.leaf is None else str(exhibit.leaf),
        "access": " ".join(exhibit.audience) or "archivist",
    }
