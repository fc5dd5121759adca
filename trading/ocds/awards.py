"""Award and contract, from what was published of them."""

from __future__ import annotations

from typing import Any

from trading.models import Exhibit, Organisation
from trading.ocds import documents
from trading.ocds.ids import moment, money, reference
from trading.ocds.story import Done, shown_at

#: The term of a bid that says in how many days the contract is performed.
DURATION = "duration_days"


def award(exhibit: Exhibit, supplier: Organisation | None) -> dict[str, Any]:
    """The tenderee's decision, as the award notice has it."""
    facts = exhibit.facts
    return {
        "id": facts["award"],
        "title": exhibit.name,
        "status": "active",
        "date": moment(shown_at(exhibit)),
        "value": money(facts["price"]),
        **({} if supplier is None else {"suppliers": [reference(supplier)]}),
        **({"description": facts["reasons"]} if facts.get("reasons") else {}),
        **_period("contractPeriod", facts),
        "documents": [documents.of_exhibit(exhibit)],
    }


def signed(done: Done, awarded: Exhibit | None) -> dict[str, Any]:
    """That the contract was signed, while the contract itself is for its parties.

    Its price and time are those of the award: another contract is refused (TBL 46).
    """
    own = {} if awarded is None else awarded.facts
    return {
        "id": done.contract,
        "awardID": done.award,
        "status": "active",
        **({"value": money(own["price"])} if own.get("award") == done.award else {}),
        **(_period("period", own) if own.get("award") == done.award else {}),
    }


def published(exhibit: Exhibit) -> dict[str, Any]:
    """The contract that the law wants known."""
    facts = exhibit.facts
    return {
        "id": facts["contract"],
        "awardID": facts["award"],
        "title": exhibit.name,
        "status": "active",
        "value": money(facts["price"]),
        **_period("period", facts),
        "dateSigned": facts["signed-at"],
        "documents": [documents.of_exhibit(exhibit)],
    }


def _period(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    days = str(facts.get("terms", {}).get(DURATION, ""))
    return {name: {"durationInDays": int(days)}} if days.isascii() and days.isdigit() else {}
