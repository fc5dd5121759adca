"""A bill of quantities 工程量清单: what a construction tender asks prices for (GB 50500).

Sub-items 分部分项 and measures 措施项目 have a code of twelve digits (nine of the national
standard, three of the bill's own), features, a unit and a quantity; other items 其他项目 and fees
and taxes 规费税金 are kept as lines. A bill is a value: its canonical JSON (RFC 8785) is what is
published, and everything else, the workbook and the printed table, is made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from signatures.domain import jcs
from signatures.domain.errors import Malformed

FORMAT, STANDARD = "sunlit-bill/1", "GB 50500"
MEDIA_TYPE = "application/json"
MAX_LINES = 5000
#: The most characters of each text.
LENGTHS = {
    "name": 200, "features": 1500, "unit": 20, "part": 200, "remark": 300, "basis": 300,
}
#: How many decimals a figure has at most: quantities of the widest unit (t), amounts, percent.
PLACES = {"quantity": 3, "amount": 2, "rate": 4}
#: Every figure is below these, and so has at most the fifteen digits that a workbook keeps.
BELOW = {"quantity": Decimal(10) ** 12, "amount": Decimal(10) ** 13, "rate": Decimal("100.0001")}


@dataclass(frozen=True, kw_only=True)
class Item:
    """A sub-item or a measure; ``part`` is the heading under which it stands, if any."""

    code: str
    name: str
    features: str = ""
    unit: str
    quantity: str
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class Other:
    """A line of the other items, such as a provisional sum; ``amount`` in CNY, where it is set."""

    name: str
    unit: str = ""
    amount: str = ""
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Fee:
    """A fee or tax: on what it is reckoned, and at which rate in percent, where it is set."""

    name: str
    basis: str = ""
    rate: str = ""
    remark: str = ""


Line = Item | Other | Fee


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The whole bill, in its own order."""

    items: tuple[Item, ...]
    measures: tuple[Item, ...] = ()
    other: tuple[Other, ...] = ()
    fees: tuple[Fee, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many lines each section has."""
        return {name: len(getattr(self, name)) for name in SECTIONS}

    def lines(self, section: str) -> tuple[Line, ...]:
        """The lines of a section of :data:`SECTIONS`."""
        found: tuple[Line, ...] = getattr(self, section)
        return found

    def plain(self) -> dict[str, Any]:
        """As it is published; empty texts are left out."""
        said: dict[str, Any] = {"format": FORMAT, "standard": STANDARD}
        for name in SECTIONS:
            said[name] = [
                {one.name: text for one in fields(line) if (text := getattr(line, one.name))}
                for line in self.lines(name)
            ]
        return said

    def canonical(self) -> bytes:
        """Its canonical JSON: these bytes are published, and their SHA-256 names it."""
        return jcs.dumps(self.plain())


SECTIONS: dict[str, type[Item] | type[Other] | type[Fee]] = {
    "items": Item, "measures": Item, "other": Other, "fees": Fee,
}


def read(data: bytes) -> Bill:
    """A bill from its canonical JSON; :class:`Malformed` where it is none."""
    try:
        said = jcs.loads(data)
        if said["format"] != FORMAT:
            raise ValueError(said["format"])
        return Bill(
            items=tuple(Item(**each) for each in said["items"]),
            measures=tuple(Item(**each) for each in said["measures"]),
            other=tuple(Other(**each) for each in said["other"]),
            fees=tuple(Fee(**each) for each in said["fees"]),
        )
    except (KeyError, TypeError, ValueError, Malformed) as error:
        raise Malformed(f"This is no bill of quantities: {error}.", code="bad-bill") from None


def figure(text: str) -> Decimal | None:
    """A figure of a bill; None where it is not set."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def plain_figure(value: Decimal) -> str:
    """A figure as a bill keeps it: no exponent, no sign, no zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def digits(code: str) -> str:
    """The first nine digits: the item of the national standard."""
    return code[:9]


def summary(facts: Mapping[str, Any]) -> int:
    """How many lines a bill has in all, by what a preparation or an exhibit keeps of it."""
    return sum(facts.get("counts", {}).values())
