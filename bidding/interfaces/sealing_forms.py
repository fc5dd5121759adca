"""What a lot's sealing asks of people: the policy, its times and the gates that they may sign.

What is offered here is what the acts would take; the statements themselves are made and signed in
the reader's browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bidding.domain import evaluation, policies, sealed_rounds, times_owed
from bidding.interfaces import times_owed_lines
from bidding.interfaces.records.opening_record import SLOTS
from bidding.models import Bid, Gate, SealingPolicy
from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from signatures.models import User, UserCertificate
from trading import access
from trading.domain import procedure
from trading.enums import STANDING_ROLES, LotRole, LotState
from trading.interfaces.spoken import spoken
from trading.models import Assignment, Lot, Organisation

#: Whose word opens the gate of the price.
PRICE_SIGNERS = (LotRole.TENDEREE, LotRole.SUPERVISOR)


@dataclass(frozen=True)
class Signatory:
    """A certificate that may sign for a role."""

    role: str
    label: str
    name: str
    fingerprint: str


@dataclass(frozen=True)
class PolicyForm:
    """What a policy is made of before it stands; ``waiting`` are trustees without keys."""

    k: int
    n: int
    min_bids: int
    role: str
    signatories: tuple[Signatory, ...]
    waiting: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ScheduleForm:
    """The times to be signed: those of the notice first, those that govern later on.

    Where later times are owed they are filled in, and the deadline is ``least`` or later.
    """

    first: bool
    seq: int
    deadline: datetime
    opening: datetime
    least: datetime | None = None
    least_opening: datetime | None = None


@dataclass(frozen=True)
class GateForm:
    """A gate that waits for this person's word, for the bids that the committee goes on with."""

    slot: int
    title: str
    roles: tuple[str, ...]
    bids: tuple[tuple[str, str], ...]


def title_of(slot: int | str) -> str:
    """What a slot is called to people."""
    key = str(slot)
    return spoken(SLOTS.get(key, key))


def label_of(role: str) -> str:
    """What a role is called to people."""
    return str(LotRole(role).label) if role in LotRole.values else role


def policy_form(
    lot: Lot, roles: frozenset[str], trustees: int, waiting: tuple[str, ...], at: datetime
) -> PolicyForm:
    """The policy to be signed over so many ``trustees``, of whom ``waiting`` have no keys yet."""
    own = LotRole.TENDEREE if LotRole.TENDEREE.value in roles else LotRole.AGENCY
    signatories = _candidates(lot, dict.fromkeys((own, *PRICE_SIGNERS)), at)
    present = {each.role for each in signatories}
    figure = procedure.of(lot).figures.get("bidders")
    least = 1 if figure is None or figure.least is None else int(figure.least)
    return PolicyForm(
        k=max(2, min(trustees - 1, 3)) if trustees > 2 else 2,
        n=trustees,
        min_bids=max(1, least),
        role=own.value,
        signatories=signatories,
        waiting=waiting,
        missing=tuple(str(role.label) for role in PRICE_SIGNERS if role.value not in present),
    )


def _candidates(lot: Lot, roles: Iterable[LotRole], at: datetime) -> tuple[Signatory, ...]:
    """The certificates bound to people who hold these roles now; each counts for one role."""
    found: dict[str, Signatory] = {}
    for role in roles:
        organisations = _organisations(lot, role)
        people = UserCertificate.objects.filter(
            withdrawn_at__isnull=True,
            user__is_active=True,
            user__memberships__organisation__in=organisations,
            user__memberships__until__isnull=True,
        )
        for row in people.select_related("user").order_by("user__full_name", "pk").distinct():
            if role.value in access.roles_of(row.user, lot, at):
                found.setdefault(
                    row.fingerprint,
                    Signatory(role.value, str(role.label), row.user.full_name, row.fingerprint),
                )
    return tuple(found.values())


def _organisations(lot: Lot, role: LotRole) -> list[UUID]:
    """Those assigned to the lot as this, or where nobody is, those that are it on every lot."""
    rows = Assignment.objects.filter(
        lot=lot, role=role, until__isnull=True, recused_at__isnull=True
    )
    found = [row.organisation_id for row in rows if row.organisation_id is not None]
    kinds = [kind.value for kind, standing in STANDING_ROLES.items() if standing == role]
    if not found and kinds:
        verified = Organisation.objects.filter(verified_at__isnull=False)
        found = [one.pk for one in verified if not set(kinds).isdisjoint(one.kinds)]
    return found


def schedule_form(
    lot: Lot,
    policy: SealingPolicy | None,
    person: User | None,
    current: tuple[int, datetime, datetime] | None,
    at: datetime,
) -> ScheduleForm | None:
    """The form for whose certificate the policy names for times; ``current`` are the number, the
    deadline and the latest opening that govern by now."""
    if policy is None or person is None:
        return None
    parsed = policies.parsed(policy.statement)
    own = set(
        UserCertificate.objects.filter(user=person, withdrawn_at__isnull=True).values_list(
            "fingerprint", flat=True
        )
    )
    named = {
        digest.hex() for role in parsed.schedule_signed_by for digest in parsed.signers[role]
    }
    if len(parsed.schedule_signed_by) != 1 or own.isdisjoint(named):
        return None
    closes = sealed_rounds.deadline_name(lot)
    opens = "opening" if sealed_rounds.number(lot) == sealed_rounds.main(lot) else closes
    deadline, opening = lot.dates.get(closes), lot.dates.get(opens)
    if current is not None:
        seq, governing, latest = current
        owed = times_owed.find(lot)
        if owed is not None:
            later, after, least = times_owed_lines.offered(lot, owed, opens, at)
            return ScheduleForm(False, seq + 1, later, max(after, latest), least, latest)
        return ScheduleForm(False, seq + 1, governing, latest)
    if not deadline or not opening:
        return None
    return ScheduleForm(True, 1, jcs.parse_timestamp(deadline), jcs.parse_timestamp(opening))


def gate_forms(
    lot: Lot, policy: SealingPolicy | None, person: User | None, roles: frozenset[str]
) -> tuple[GateForm, ...]:
    """Gates after a result that this person's certificate may sign and has not signed yet."""
    if policy is None or person is None or lot.state != LotState.ACTIVE:
        return ()
    try:
        evaluated = evaluation.get(lot)
        bids = evaluation.admitted(lot)
    except SunlitError:
        return ()
    if evaluated.frozen_at is None:
        return ()
    names = _names_of_bids(lot)
    found = []
    for key, rule in sorted(policy.gates.items()):
        wanted = [role for role in rule.get("signed_by", ()) if role in roles]
        rows = Gate.objects.filter(policy=policy, slot=int(key))
        open_ = rows.filter(opened_at__isnull=False).exists()
        signed = set(rows.values_list("signatures__role", flat=True))
        left = [role for role in wanted if role not in signed]
        if left and not open_:
            found.append(
                GateForm(
                    slot=int(key),
                    title=title_of(key),
                    roles=tuple(label_of(role) for role in left),
                    bids=tuple((str(bid), names.get(str(bid), "")) for bid in bids),
                )
            )
    return tuple(found)


def _names_of_bids(lot: Lot) -> dict[str, str]:
    rows = Bid.objects.filter(lot=lot).select_related("tenderer")
    return {str(row.pk): row.tenderer.name for row in rows}
