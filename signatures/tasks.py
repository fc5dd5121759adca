"""Work of the queue: what is too slow for a request."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from signatures.domain import signing_sessions


@task(queue_name="seal")
def finish_document(document: str) -> str:
    """Seal a document that all have signed and conclude it; returns its state.

    May run twice or after a worker's death: what is done stays done.
    """
    return str(signing_sessions.finish(UUID(document)).state)
