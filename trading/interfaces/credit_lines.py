"""Credit decisions as pages and programs show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain import jcs
from trading.interfaces.timeline import Badge
from trading.models import CreditDecision


@dataclass(frozen=True)
class Line:
    """One decision, and whether it keeps the organisation out at the moment of asking."""

    row: CreditDecision
    holds: bool
    badge: Badge


def line(row: CreditDecision, at: datetime) -> Line:
    """The decision as it stands at ``at``."""
    if row.lifted_at is not None:
        return Line(row, False, Badge("done", _("Lifted")))
    if row.until <= at:
        return Line(row, False, Badge("done", _("Over")))
    return Line(row, True, Badge("bad", _("Keeps out")))


def data(row: CreditDecision) -> dict[str, Any]:
    """The decision for programs."""
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "organisation": row.organisation.urn,
        "name": row.organisation.name,
        "credit_code": row.organisation.credit_code,
        "number": row.number,
        "authority": row.authority,
        "words": row.words,
        "since": jcs.timestamp(row.since),
        "until": jcs.timestamp(row.until),
        "leaf": row.leaf,
    }
