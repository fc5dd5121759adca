"""What the terms of a bid are called on pages; one without a name here goes by its own."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABELS: dict[str, Promise] = {
    "duration_days": _("Duration (calendar days)"),
    "quality": _("Quality"),
    "manager": _("Project manager"),
    "bond": _("Bid security"),
}


def label(name: str) -> str:
    """A term's name for people, in their language."""
    found = _LABELS.get(name)
    return str(found) if found is not None else name.replace("_", " ")


def labelled(terms: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """``(name for people, text)``, in the order of the terms' own names."""
    return tuple((label(name), text) for name, text in sorted(terms.items()))
