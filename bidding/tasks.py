"""Work of the queue for sealed bids. Every task may run twice and comes to the same."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task


@task()
def erase_version(version: str) -> int:
    """Erase the ciphertext of a version that no longer counts; returns the number of files."""
    from bidding.domain import erasing

    return erasing.erase(UUID(version))


@task()
def open_envelope(envelope: str) -> str:
    """Open an envelope of which enough shares are here; what came of it, in one word."""
    from bidding.domain import opening_service

    return opening_service.open_envelope(UUID(envelope))
