"""Work of the queue: building packages."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from archive.interfaces import building


@task()
def build_package(lot: str, asker: str, after: int) -> str:
    """Build and file a lot's package; returns its digest. May run twice or be killed: see
    :mod:`archive.interfaces.building`."""
    filed = building.build_and_file(UUID(lot), asker=UUID(asker), after=after)
    return filed.digest
