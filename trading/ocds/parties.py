"""Who is known to take part in a contracting process, each with its unified social credit code."""

from __future__ import annotations

from typing import Any

from trading.models import Organisation, Project
from trading.ocds.ids import SCHEME, party_id

#: Roles of the standard's codelist.
BUYER, PROCURING, TENDERER, SUPPLIER = "buyer", "procuringEntity", "tenderer", "supplier"
#: Roles of our own in that open list: who acts for the procuring entity in its name; who sells.
AGENCY, SELLER = "procurementAgency", "seller"


def party(organisation: Organisation, *roles: str) -> dict[str, Any]:
    """One party with its roles."""
    return {
        "id": party_id(organisation),
        "name": organisation.name,
        "identifier": {
            "scheme": SCHEME,
            "id": organisation.credit_code,
            "legalName": organisation.name,
        },
        "roles": list(roles),
    }


def of_project(project: Project, *, sells: bool) -> list[dict[str, Any]]:
    """Those who tender: the tenderee, which buys (or sells) and procures, and its agency."""
    found = [party(project.tenderee, SELLER if sells else BUYER, PROCURING)]
    if project.agency is not None:
        found.append(party(project.agency, AGENCY))
    return found
