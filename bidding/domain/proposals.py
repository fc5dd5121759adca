"""What the platform proposes for a lot's sealing policy; whoever signs the policy decides."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Q

from bidding.domain import sealed_rounds
from signatures.domain import clock, trust_store
from signatures.domain.trustlist import ServiceKind
from trading.enums import LotRole, OrganisationKind
from trading.models import Assignment, Lot, Organisation


def centre() -> str:
    """The URN of the trading centre, whose own timestamps open nothing; empty without one."""
    rows = Organisation.objects.filter(
        Q(verified_at__isnull=False), kinds__icontains=OrganisationKind.CENTRE.value
    )
    for row in rows.order_by("registered_at", "pk"):
        if OrganisationKind.CENTRE.value in row.kinds:
            return str(row.urn)
    return ""


def slots(lot: Lot) -> list[int]:
    """The policy's slots, or before there is one those that the lot's round has."""
    policy = sealed_rounds.policy(lot)
    known = sealed_rounds.slots(lot) if policy is None else map(int, policy.gates)
    return sorted(known)


def trustees_of(lot: Lot) -> list[str]:
    """The URNs of the organisations that are assigned as trustees, in the order of assignment."""
    rows = Assignment.objects.filter(
        lot=lot, role=LotRole.TRUSTEE, organisation__isnull=False, until__isnull=True
    )
    return [
        row.organisation.urn
        for row in rows.select_related("organisation").order_by("pk")
        if row.organisation is not None
    ]


def authorities() -> list[dict[str, Any]]:
    """``[{certificate, operator}]``: the timestamp authorities that the lists in force recognise.

    ``operator`` is named after the list's territory; the centre runs none of them.
    """
    now = clock.now()
    found = [
        {
            "certificate": hashlib.sha256(certificate).hexdigest(),
            "operator": f"org:authority-{listed.territory}",
        }
        for listed in trust_store.recognition(now=now).lists
        for service in listed.services
        if service.grants(ServiceKind.TSA, now)
        for certificate in service.certificates
    ]
    return sorted(found, key=lambda one: str(one["certificate"]))
