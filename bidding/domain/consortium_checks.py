"""What the opening finds out about a consortium's agreement that lay in a bid.

A check advises: what a bid comes to whose agreement does not hold is for the committee, by the
documents. That nobody bids twice (TBR 37) is asked each time anew, because the other bids of the
lot open one after another (:func:`bidding.domain.consortia.twice`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bidding.domain import enclosed
from bidding.domain.enclosed import Unreadable
from bidding.kit.consortium import FILE_NAME, MAX_FILE, SLOTS, Consortium, ConsortiumFile
from bidding.kit.manifest import FileEntry
from bidding.models import Envelope
from signatures import store
from signatures.domain import jcs, platform, statements, trust_store
from signatures.domain.assess import assess
from signatures.domain.clock import Clock
from signatures.domain.clock import platform as platform_clock
from signatures.domain.errors import SunlitError
from signatures.domain.outside import require_outside_transaction
from signatures.models import UserCertificate
from trading import access
from trading.domain.signed import UNSETTLED
from trading.models import Organisation

TENDER, LEAD, SIGNED, STANDING = "tender", "lead", "signed", "standing"
#: Asked of the whole lot, not of the agreement alone.
ONCE = "once"


@dataclass(frozen=True, kw_only=True)
class FoundConsortium:
    """An agreement with what its checks found; the digest is of the statement in the store."""

    consortium: Consortium
    members: tuple[dict[str, Any], ...]
    findings: tuple[tuple[str, bool | None], ...]
    statement: str


def examine(
    row: Envelope,
    files: Sequence[tuple[FileEntry, Path]],
    *,
    clock: Clock = platform_clock,
) -> FoundConsortium | Unreadable | None:
    """Read and check the agreement among an opened envelope's files; None where there is none.

    Never raises for what a tenderer wrote.
    """
    require_outside_transaction("Checking a consortium's agreement")
    given = enclosed.read(
        row, files, name=FILE_NAME, slots=SLOTS, most=MAX_FILE, parse=_parse
    )
    if given is None or isinstance(given, Unreadable):
        return given
    file, agreed = given
    lot = row.version.bid.lot
    deadline = jcs.parse_timestamp(lot.dates["deadline"])
    signed = _signed(file, at=clock.read())
    members = tuple(
        _member(one.as_json(), signed, deadline=deadline) for one in agreed.members
    )
    all_signed = [one["signed"] for one in members]
    return FoundConsortium(
        consortium=agreed,
        members=members,
        findings=(
            (TENDER, agreed.lot == lot.urn and agreed.origin == platform.origin()),
            (LEAD, agreed.lead.code == row.version.bid.tenderer.credit_code),
            (SIGNED, None if None in all_signed and False not in all_signed else all(all_signed)),
            (STANDING, not any(one["blocked"] for one in members)),
        ),
        statement=store.put(file.statement).sha256,
    )


def _parse(data: bytes) -> tuple[ConsortiumFile, Consortium]:
    file = ConsortiumFile.parse(data)
    return file, Consortium.parse(file.statement)


def _signed(file: ConsortiumFile, *, at: datetime) -> dict[str, bool | None]:
    """Which organisations' people signed, by credit code: whether their signature holds."""
    found: dict[str, bool | None] = {}
    policy = trust_store.policy(now=at)
    for signature in file.signatures:
        try:
            certificate = statements.check_signature(file.statement, signature)
        except SunlitError:
            continue
        fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
        held = UserCertificate.objects.filter(fingerprint=fingerprint, withdrawn_at__isnull=True)
        bound = held.select_related("user").first()
        if bound is None:
            continue
        result = assess(
            file.statement, kind="statement", signature=signature, at=at, policy=policy
        )
        holds = None if result.sub_indication in UNSETTLED else result.is_valid
        for one in access.organisations_of(bound.user):
            if access.is_verified(one):
                found[one.credit_code] = found.get(one.credit_code) or holds
    return found


def _member(
    said: dict[str, Any], signed: dict[str, bool | None], *, deadline: datetime
) -> dict[str, Any]:
    row = Organisation.objects.filter(credit_code=said["code"]).first()
    return {
        **said,
        "organisation": "" if row is None else row.urn,
        "signed": signed.get(said["code"], False),
        "blocked": row is not None and access.is_blocked(row, deadline),
    }
