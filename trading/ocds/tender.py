"""The tender of a lot: what is wanted, by which procedure, until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trading.domain import procedure
from trading.models import Exhibit, Lot
from trading.ocds.ids import money, reference, tender_id

#: What people of the process read is written in its language, whoever asks.
LANGUAGE = "zh-hans"
ACTIVE, COMPLETE, CANCELLED, UNSUCCESSFUL = "active", "complete", "cancelled", "unsuccessful"

#: Period of the standard -> the lot's dates at which it begins and ends.
PERIODS = {
    "tenderPeriod": ("notice", "deadline"),
    "enquiryPeriod": ("documents-from", "objections-until"),
    "awardPeriod": ("opening", "award"),
}
#: The periods that may be moved once the notice is out.
MOVING = ("tenderPeriod", "enquiryPeriod")


def sells(lot: Lot) -> bool:
    """Whether something is sold, or granted, and not procured."""
    return bool(procedure.of(lot).contracting.get("sale"))


def periods(dates: Mapping[str, str]) -> dict[str, Any]:
    """The standard's periods among a lot's dates; one without an end is left out."""
    found = {}
    for name, (begin, end) in PERIODS.items():
        if end in dates:
            start = {"startDate": dates[begin]} if begin in dates else {}
            found[name] = {**start, "endDate": dates[end]}
    return found


def moving(dates: Mapping[str, str]) -> dict[str, Any]:
    """Of those the ones that an amendment may move, without what is only expected."""
    return {name: period for name, period in periods(dates).items() if name in MOVING}


def invited(lot: Lot, notice: Exhibit | None) -> dict[str, Any]:
    """The tender as its notice announced it."""
    facts = {} if notice is None else notice.facts
    rules = procedure.of(lot)
    details = facts.get("details", {})
    words = {
        "description": details.get("scope"),
        "eligibilityCriteria": details.get("requirements"),
        "procurementMethod": rules.contracting.get("method"),
        "mainProcurementCategory": rules.contracting.get("category"),
    }
    return {
        "id": tender_id(lot),
        "title": f"{lot.project.title} {lot.title}",
        "status": ACTIVE,
        "procuringEntity": reference(lot.project.tenderee),
        **_value(lot),
        **{name: text for name, text in words.items() if text},
        "procurementMethodDetails": rules.name_for_people(LANGUAGE),
        "submissionMethod": ["electronicSubmission"],
        **(periods(facts["dates"]) if "dates" in facts else moving(lot.dates)),
    }


def _value(lot: Lot) -> dict[str, Any]:
    """The estimate: what is paid at the most, or got at the least."""
    name = "minValue" if sells(lot) else "value"
    return {} if lot.estimate is None else {name: money(lot.estimate)}
