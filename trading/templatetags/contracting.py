"""Where a lot stands among open contracting data."""

from __future__ import annotations

from django import template

from trading.models import Lot
from trading.ocds import ids

register = template.Library()


@register.filter
def ocds_record(lot: Lot) -> str:
    """The address of a lot's record (OCDS)."""
    return f"/api/v1/ocds/records/{ids.ocid(lot)}"
