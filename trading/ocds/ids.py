"""Names that last: of a lot's contracting process, of organisations, of what was published."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from signatures.domain import jcs
from trading.models import Lot, Organisation

#: The registered list of unified social credit codes (org-id.guide).
SCHEME = "CN-USCI"
CURRENCY = "CNY"


def tender_id(lot: Lot) -> str:
    """A lot's own name: its project's code and its number."""
    return f"{lot.project.code}-{lot.number}"


def ocid(lot: Lot) -> str:
    """The lot's open contracting id: the prefix of the platform and the lot's own name."""
    return f"{settings.OCDS_PREFIX}-{tender_id(lot)}"


def parse(text: str) -> tuple[str, int] | None:
    """Project code and number of the lot that an ocid names, or nothing."""
    rest = text.removeprefix(f"{settings.OCDS_PREFIX}-")
    code, _dash, number = rest.rpartition("-")
    if rest == text or not code or not number.isascii() or not number.isdigit():
        return None
    # One name for a lot: no zeros before, and no more digits than the column holds.
    return (code, int(number)) if len(number) <= 4 and str(int(number)) == number else None


def party_id(organisation: Organisation) -> str:
    """An organisation's name among the parties of every process."""
    return f"{SCHEME}-{organisation.credit_code}"


def reference(organisation: Organisation) -> dict[str, Any]:
    """A pointer to one of the parties."""
    return {"id": party_id(organisation), "name": organisation.name}


def money(amount: Decimal | str) -> dict[str, Any]:
    """An amount in CNY; as a number of JSON it is exact to the cent up to 90 trillion."""
    value = Decimal(amount)
    whole = value == value.to_integral_value()
    return {"amount": int(value) if whole else float(value), "currency": CURRENCY}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return jcs.timestamp(at)


def address(path: str) -> str:
    """The absolute address of a path on this platform."""
    return f"{settings.ORIGIN}{path}"
