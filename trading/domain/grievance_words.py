"""What a step on a grievance says: one statement over the grievance, the step and all its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from signatures.domain import statements
from trading.enums import GrievanceStepKind
from trading.models import Grievance

PURPOSE = "sunlit.grievance-step/1"
FIELDS = frozenset({"lot", "grievance", "step", "outcome", "text", "ordered", "notice", "until"})
ANSWERED, WITHDRAWN = GrievanceStepKind.ANSWER, GrievanceStepKind.WITHDRAW
TAKE_UP, SUSPEND = GrievanceStepKind.TAKE_UP, GrievanceStepKind.SUSPEND
DECIDE = GrievanceStepKind.DECIDE


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a step says; empty texts where they do not apply. ``until`` is a day."""

    text: str
    outcome: str = ""
    ordered: str = ""
    notice: str = ""
    until: str = ""


@dataclass(frozen=True)
class Checked:
    """The same with every condition of its kind kept."""

    text: str
    outcome: str = ""
    ordered: str = ""
    notice: str = ""
    until: datetime | None = None


def says(grievance: Grievance, step: str, words: Words) -> dict[str, Any]:
    """What the statement of a step says."""
    return {
        "lot": grievance.lot.urn,
        "grievance": grievance.urn,
        "step": step,
        "outcome": words.outcome,
        "text": words.text,
        "ordered": words.ordered,
        "notice": words.notice,
        "until": words.until,
    }


def statement(grievance: Grievance, step: str, words: Words, *, at: datetime) -> bytes:
    """The statement that is signed to take a step."""
    said = says(grievance, step, words)
    return statements.build(PURPOSE, origin=settings.ORIGIN, at=at, **said)
