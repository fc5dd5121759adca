"""Rows as the programming interface gives them out: plain JSON values, nothing hidden beside."""

from __future__ import annotations

from typing import Any

from signatures.domain import jcs
from trading.domain import candidates, procedure
from trading.models import Document, Exhibit, Lot, Project


def project_line(project: Project) -> dict[str, Any]:
    """A project with its lots (prefetched as those that the asker may see)."""
    return {
        "id": str(project.pk),
        "urn": project.urn,
        "code": project.code,
        "title": project.title,
        "category": project.category,
        "tenderee": project.tenderee.name,
        "agency": None if project.agency is None else project.agency.name,
        "created_at": jcs.timestamp(project.created_at),
        "lots": [
            {
                "id": str(lot.pk),
                "number": lot.number,
                "title": lot.title,
                "stage": lot.stage,
                "state": lot.state,
            }
            for lot in project.lots.all()
        ],
    }


def lot_line(lot: Lot, documents: list[Document]) -> dict[str, Any]:
    """A lot with its frozen procedure (by name, version and digest), dates and documents."""
    return {
        "id": str(lot.pk),
        "urn": lot.urn,
        "number": lot.number,
        "title": lot.title,
        "project": str(lot.project_id),
        "project_code": lot.project.code,
        "category": lot.project.category,
        "stage": lot.stage,
        "stage_name": procedure.of(lot).title("stages", lot.stage),
        "stage_since": jcs.timestamp(lot.stage_since),
        "state": lot.state,
        "published_at": None if lot.published_at is None else jcs.timestamp(lot.published_at),
        "procedure": {key: value for key, value in lot.procedure.items() if key != "data"},
        "dates": lot.dates,
        "estimate": None if lot.estimate is None else str(lot.estimate),
        "parameters": lot.parameters,
        "predecessor": None if lot.predecessor_id is None else f"lot:{lot.predecessor_id}",
        "documents": [document_line(row) for row in documents],
    }


def document_line(row: Document) -> dict[str, Any]:
    """A published document; its bytes lie under ``/api/v1/documents/<id>/content``."""
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "kind": row.kind,
        "edition": row.edition,
        "title": row.title,
        "sha256": row.digest,
        "size": row.size,
        "media_type": row.media_type,
        "published_at": jcs.timestamp(row.published_at),
    }


def exhibit_line(row: Exhibit) -> dict[str, Any]:
    """An exhibit that the asker may see; its bytes lie under ``/api/v1/exhibits/<id>/content``."""
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "kind": row.kind,
        "stage": row.stage,
        "name": row.name,
        "sha256": row.digest,
        "size": row.size,
        "media_type": row.media_type,
        "seal": row.seal,
        "facts": candidates.facts_to_show(row),
        "leaf": row.leaf,
        "filed_at": jcs.timestamp(row.filed_at),
    }
