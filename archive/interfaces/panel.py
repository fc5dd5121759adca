"""A lot's package on its project's page, and the way to where it is packed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from archive.domain.acts import BuildPackage, FilePackage
from archive.interfaces import keeping, register
from trading.domain import registry
from trading.models import Lot


def panel(lot: Lot, viewer: Any, at: datetime) -> Mapping[str, Any] | None:
    """The lot's package for everybody; the archive's page for who looks after it."""
    package = register.packages().filter(lot=lot).order_by("version").last()
    keeps = keeping.keeps(viewer if viewer.is_authenticated else None, lot, at)
    if package is None and not keeps:
        return None
    return {"package": package, "address": _page(lot) if keeps else ""}


def _page(lot: Lot) -> str:
    return reverse("archive", args=[lot.project.code, lot.number])


def add() -> None:
    """Let projects' pages lead to the archive; called when the app is ready."""
    registry.register_panel("archive", "archive/panel.html", panel, order=200)
    for act in (BuildPackage, FilePackage):
        registry.register_way(act.name, _page)
