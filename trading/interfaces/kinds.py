"""What kinds of exhibits are called on pages; an unknown kind goes by its own name."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABELS: dict[str, Promise] = {
    "notice": _("Notice"),
    "tender-document": _("Document"),
    "clarification": _("Clarification"),
    "policy": _("Sealing policy"),
    "schedule": _("Schedule"),
    "gate": _("Gate"),
    "freeze": _("Freeze"),
    "bid": _("Bid"),
    "withdrawal": _("Withdrawal"),
    "opening-record": _("Opening record"),
    "draw": _("Draw"),
    "committee": _("Committee"),
    "evaluation-report": _("Evaluation report"),
    "candidates": _("Candidates"),
    "objection": _("Objection"),
    "award": _("Award"),
    "contract": _("Contract"),
    "inspection": _("Inspection"),
    "finding": _("Finding"),
    "package": _("Archive package"),
}


def kind_label(kind: str) -> str:
    """The kind for people, in their language."""
    label = _LABELS.get(kind)
    return str(label) if label is not None else kind.replace("-", " ")
