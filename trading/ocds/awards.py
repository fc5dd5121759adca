"""Award and contract, from what was published of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trading.models import Exhibit, Organisation
from trading.ocds import documents
from trading.ocds.ids import moment, money, reference
from trading.ocds.story import Done, shown_at

#: The term of a bid that says in how many days the contract is performed.
DURATION = "duration_days"


def awarded(exhibit: Exhibit | None) -> dict[str, dict[str, Any]]:
    """What an award notice says, by award: of one winner, or of the several of a framework."""
    facts = {} if exhibit is None else exhibit.facts
    rows = facts.get("awards") or ([facts] if "award" in facts else [])
    return {row["award"]: row for row in rows}


def award(
    exhibit: Exhibit, facts: Mapping[str, Any], supplier: Organisation | None
) -> dict[str, Any]:
    """The tenderee's decision for one supplier, as the award notice has it."""
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


def signed(done: Done, notice: Exhibit | None) -> dict[str, Any]:
    """That the contract was signed, while the contract itself is for its parties.

    Its price and time are those of the award: another contract is refused (TBL 46).
    """
    own = awarded(notice).get(done.award)
    return {
        "id": done.contract,
        "awardID": done.award,
        "status": "active",
        **({} if own is None else {"value": money(own["price"]), **_period("period", own)}),
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


def ordered(exhibit: Exhibit) -> dict[str, Any]:
    """An order under a framework agreement: a contract of its own on the supplier's award."""
    facts = exhibit.facts
    return {
        "id": facts["order"],
        "awardID": facts["award"],
        "title": exhibit.name,
        "description": f"{facts['purchaser']}: {facts['subject']}",
        "status": "active",
        "value": money(facts["amount"]),
        "dateSigned": moment(shown_at(exhibit)),
        "documents": [documents.of_exhibit(exhibit)],
    }


def _period(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    days = str(facts.get("terms", {}).get(DURATION, ""))
    return {name: {"durationInDays": int(days)}} if days.isascii() and days.isdigit() else {}
