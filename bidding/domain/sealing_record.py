"""What is public about a lot's sealing, and what a tenderer may see of its own bids."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch

from bidding.domain import (
    policies,
    proposals,
    schedules,
    sealed_rounds,
    statement_rows,
    trustees,
)
from bidding.models import Bid, BidVersion, Gate, Schedule, SealingPolicy
from signatures.domain import clock, jcs, platform, statements
from signatures.models import User
from trading import access
from trading.enums import LotRole
from trading.models import Lot

KEY_PURPOSE = "sunlit.platform-key/1"


def public(lot: Lot, *, viewer: User | None = None) -> dict[str, Any]:
    """Keys, policy, schedules, gates and freeze, each with its statement and its leaf's index.

    ``centre``, ``slots``, ``trustees``, ``authorities``, ``witnesses`` and ``log`` are what the
    platform proposes for a policy; whoever signs one decides. How many apply for prequalification
    is left out for who may not know it.
    """
    policy = policies.find(lot)
    told = knows_how_many(lot, viewer)
    return {
        "lot": lot.urn,
        "project": lot.project.urn,
        "origin": platform.origin(),
        "centre": proposals.centre(),
        "slots": proposals.slots(lot),
        "trustees": proposals.trustees_of(lot),
        "authorities": proposals.authorities(),
        "log": platform.log_verifier().vkey,
        "log_origin": platform.log_origin(),
        "witnesses": list(settings.WITNESSES),
        "opening_service": opening_service(),
        "trustee_keys": [
            {"trustee": urn, "keys": row.keys, **statement_rows.on_the_wire(row)}
            for urn, row in sorted(trustees.latest(lot).items())
        ],
        "policy": None
        if policy is None
        else {"digest": policy.statement, **statement_rows.on_the_wire(policy)},
        "schedules": [] if policy is None else _schedules(policy),
        "gates": [] if policy is None else gates(policy, told=told),
        "freeze": _freeze(lot, told=told),
    }


def opening_service() -> dict[str, Any]:
    """The opening service's X25519 public key, and the platform's sealed word for it."""
    statement, signature = _certified(str(settings.KEYS), platform.origin())
    return {
        "key": platform.opening_key().public_key().public_bytes_raw().hex(),
        "statement": base64.b64encode(statement).decode(),
        "signature": base64.b64encode(signature).decode(),
    }


@lru_cache(maxsize=4)
def _certified(_folder: str, origin: str) -> tuple[bytes, bytes]:
    key = platform.opening_key().public_key().public_bytes_raw()
    statement = statements.build(
        KEY_PURPOSE, origin=origin, at=clock.now(), key=key.hex(), name="opening"
    )
    return statement, statements.sign(statement, platform.seal())


def _schedules(policy: SealingPolicy) -> list[dict[str, Any]]:
    return [
        {
            "seq": row.seq,
            "deadline": jcs.timestamp(row.deadline),
            "gates": row.gates,
            "signatures": schedule_signatures(row),
            **statement_rows.on_the_wire(row),
        }
        for row in Schedule.objects.filter(policy=policy).order_by("seq")
    ]


def schedule_signatures(row: Schedule) -> list[str]:
    """Every signature under a schedule, in base64."""
    return [statement_rows.encoded(each) for each in (row.signature, *row.cosigned)]


#: Who learns how many apply for prequalification: who opens the applications, and supervision.
COUNTERS = frozenset(
    {
        LotRole.TENDEREE.value,
        LotRole.AGENCY.value,
        LotRole.TRUSTEE.value,
        LotRole.NOTARY.value,
        LotRole.SUPERVISOR.value,
        LotRole.INSPECTOR.value,
        LotRole.ARCHIVIST.value,
    }
)


def knows_how_many(lot: Lot, viewer: User | None) -> bool:
    """Whether this viewer (None: the public) may know how many are in the frozen set: of bids
    everybody, of applications for prequalification few (TBL 22)."""
    if not sealed_rounds.is_application(lot):
        return True
    return viewer is not None and not access.roles_of(viewer, lot).isdisjoint(COUNTERS)


def gates(policy: SealingPolicy, *, told: bool = True) -> list[dict[str, Any]]:
    """Gates that are open or wait for signatures, with who has signed for which role."""
    rows = Gate.objects.filter(policy=policy).prefetch_related("signatures")
    return [
        {
            "slot": row.slot,
            "open": row.opened_at is not None,
            "opened_at": None if row.opened_at is None else jcs.timestamp(row.opened_at),
            "bids": row.bids if told else [],
            "result": row.result or None,
            "statement": statement_rows.encoded(row.statement) if told else "",
            "signatures": [statement_rows.encoded(one.signature) for one in row.signatures.all()],
            "signed_by": sorted(one.role for one in row.signatures.all()),
            "leaf": row.leaf,
        }
        for row in rows.order_by("slot", "opened_at")
    ]


def _freeze(lot: Lot, *, told: bool) -> dict[str, Any] | None:
    row = sealed_rounds.freeze(lot)
    if row is None:
        return None
    return {
        "count": row.count if told else None,
        "root": row.root,
        "at": jcs.timestamp(row.at),
        "leaf": row.leaf,
    }


def current_deadline(lot: Lot) -> str | None:
    """When nothing is taken in any more, by the governing schedule."""
    policy = policies.find(lot)
    row = None if policy is None else schedules.governing(policy)
    return None if row is None else jcs.timestamp(row.deadline)


def own_bids(person: User, lot: UUID) -> list[Bid]:
    """The bids of the organisations for which this person acts, with their versions."""
    organisations = [one.pk for one in access.organisations_of(person)]
    rows = Bid.objects.filter(lot_id=lot, tenderer__in=organisations).select_related("tenderer")
    versions = Prefetch("versions", queryset=BidVersion.objects.order_by("number"))
    return list(rows.prefetch_related(versions).order_by("since", "pk"))
