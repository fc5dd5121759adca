"""What the desk did to an organisation or a person, as the ledger remembers it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from signatures.models import LedgerOpening, User
from trading.enums import MemberRole

#: The newest entries are shown; older ones stand in the ledger.
MOST = 20

#: What the desk decides or is there to answer for; of other acts it sees no opening.
DESK = (
    "trading.register-organisation",
    "trading.verify-organisation",
    "trading.refuse-organisation",
    "trading.grant-membership",
    "trading.end-membership",
    "trading.register-person",
    "trading.bind-certificate",
    "trading.withdraw-certificate",
)


@dataclass(frozen=True)
class Line:
    """One act: when (official time), which, by whom, why, and where it stands in the ledger."""

    at: str
    act: str
    by: str
    whom: str
    role: str
    reason: str
    leaf: int


def of(subject: str) -> list[Line]:
    """The newest of :data:`DESK` on ``subject`` (a URN), newest first, in two queries."""
    rows = list(
        LedgerOpening.objects.filter(subject=subject, entry__act__in=DESK).order_by("-leaf_id")[
            :MOST
        ]
    )
    named = {row.entry["actor"] for row in rows} | {
        row.entry["context"].get("person", "") for row in rows
    }
    keys = [urn.removeprefix("user:") for urn in named if urn.startswith("user:")]
    names = {person.urn: person.get_full_name() for person in User.objects.filter(pk__in=keys)}
    return [
        Line(
            at=row.entry["context"]["at"],
            act=row.entry["act"],
            by=names.get(row.entry["actor"], _("the platform")),
            whom=names.get(row.entry["context"].get("person", ""), ""),
            role=dict(MemberRole.choices).get(row.entry["context"].get("role", ""), ""),
            reason=str(row.entry["context"].get("reason", "")),
            leaf=row.leaf_id,
        )
        for row in rows
    ]
