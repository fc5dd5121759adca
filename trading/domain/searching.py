"""What a project is found by, kept on its row by the acts that register and publish."""

from __future__ import annotations

from django.db.models import F, TextField, Value
from django.db.models.functions import Coalesce, Concat

from trading.models import Lot, Project
from trading.models.searching import normal


def of(*, title: str, code: str, tenderee: str) -> str:
    """What a project is found by before any of its lots is published."""
    return normal(title, code, tenderee)


def published(lot: Lot) -> None:
    """From now on everybody finds the project by this lot's title too.

    Lots of one project may be published at the same time, so nothing is read here first.
    """
    line = Value("\n" + normal(lot.title), output_field=TextField())
    Project.objects.filter(pk=lot.project_id).update(
        searchable=Concat(F("searchable"), line),
        published_at=Coalesce(F("published_at"), Value(lot.published_at)),
    )
