"""How a lot's bids are sealed, for people: who holds keys, what opens when, and what they may do.

What is offered here is what the acts would take; the statements themselves are made and signed in
the reader's browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from bidding.domain import evaluation, policies, proposals, schedules, trustees
from bidding.interfaces.hall_page import said
from bidding.interfaces.holdings import Holding, holdings
from bidding.interfaces.records.opening_record import SLOTS
from bidding.models import Bid, Freeze, Gate, Schedule, SealingPolicy
from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from signatures.models import User, UserCertificate
from trading import access
from trading.domain import lifecycle, procedure, registry
from trading.enums import STANDING_ROLES, LotRole, LotState
from trading.models import Assignment, Lot, Organisation

PUBLISH_KEY = "bidding.publish-trustee-key"
PUBLISH_POLICY = "bidding.publish-policy"
PUBLISH_SCHEDULE = "bidding.publish-schedule"
#: The slot that waits for the technical result, what it waits for, and whose word opens it.
PRICE, RESULT = 4, "bidding.freeze-scores"
PRICE_SIGNERS = (LotRole.TENDEREE, LotRole.SUPERVISOR)


@dataclass(frozen=True)
class Holder:
    """A trustee; ``fingerprint`` tells its published keys, empty while there are none."""

    name: str
    urn: str
    number: int
    published_at: datetime | None
    leaf: int | None
    fingerprint: str
    mine: bool


@dataclass(frozen=True)
class SlotLine:
    """One envelope of every bid: when it opens, or after what; whether its gate is open."""

    number: int
    title: str
    opens_at: datetime | None
    after: str
    signed_by: tuple[str, ...]
    has_signed: tuple[str, ...]
    opened_at: datetime | None
    leaf: int | None


@dataclass(frozen=True)
class Times:
    """A schedule that was published; the first of the list governs."""

    seq: int
    deadline: datetime
    opens: tuple[tuple[str, datetime], ...]
    at: datetime
    leaf: int | None


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
    """The times to be signed: those of the notice first, those that govern later on."""

    first: bool
    seq: int
    deadline: datetime
    opening: datetime


@dataclass(frozen=True)
class GateForm:
    """A gate that waits for this person's word, for the bids that the committee goes on with."""

    slot: int
    title: str
    roles: tuple[str, ...]
    bids: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """Everything about the sealing of one lot, for one reader."""

    policy: SealingPolicy | None
    freeze: Freeze | None
    holders: tuple[Holder, ...]
    slots: tuple[SlotLine, ...]
    times: tuple[Times, ...]
    signers: tuple[Signatory, ...]
    keys_for: tuple[Organisation, ...]
    policy_form: PolicyForm | None
    schedule_form: ScheduleForm | None
    gate_forms: tuple[GateForm, ...]
    holdings: tuple[Holding, ...]

    @property
    def has_tasks(self) -> bool:
        """Whether this reader has anything to do here."""
        tasks = (self.keys_for, self.policy_form, self.schedule_form, self.gate_forms)
        return any(tasks) or any(each.left for each in self.holdings)


def build(lot: Lot, person: User | None, at: datetime) -> Page:
    """The page for ``person`` (None: the public) at ``at``."""
    policy = policies.find(lot)
    roles = access.roles_of(person, lot, at)
    may = frozenset(lifecycle.allowed(lot, at, roles)) if person is not None else frozenset()
    mine = access.organisations_of(person, at)
    holders = _holders(lot, policy, {one.urn for one in mine})
    history = _history(policy)
    return Page(
        policy=policy,
        freeze=Freeze.objects.filter(lot=lot).first(),
        holders=holders,
        slots=_slots(policy, history),
        times=history,
        signers=_signers(policy),
        keys_for=tuple(one for one in mine if trustees.is_trustee(one, lot))
        if policy is None and PUBLISH_KEY in may
        else (),
        policy_form=_policy_form(lot, roles, holders, at)
        if policy is None and PUBLISH_POLICY in may
        else None,
        schedule_form=_schedule_form(lot, policy, history, person, may),
        gate_forms=_gate_forms(lot, policy, person, roles),
        holdings=holdings(lot, person),
    )


def register() -> None:
    """The page's commands lead to it from the project's page."""
    for command, anchor in (
        (PUBLISH_KEY, "keys"),
        (PUBLISH_POLICY, "policy"),
        (PUBLISH_SCHEDULE, "schedule"),
    ):
        registry.register_way(command, _way(anchor))


def _way(anchor: str) -> registry.Way:
    def address(lot: Lot) -> str:
        return f"{reverse('sealing', args=[lot.project.code, lot.number])}#{anchor}"

    return address


# --- what stands ---------------------------------------------------------------------------------


def _holders(lot: Lot, policy: SealingPolicy | None, mine: set[str]) -> tuple[Holder, ...]:
    """The policy's trustees in its order; before it stands, those that are assigned."""
    known = trustees.latest(lot)
    if policy is None:
        urns = proposals.trustees_of(lot)
    else:
        urns = [each.id for each in policies.parsed(policy.statement).trustees]
    names = _names(urns)
    found = []
    for number, urn in enumerate(urns, start=1):
        row = known.get(urn)
        found.append(
            Holder(
                name=names.get(urn, urn),
                urn=urn,
                number=number,
                published_at=None if row is None else row.at,
                leaf=None if row is None else row.leaf,
                fingerprint="" if row is None else row.statement,
                mine=urn in mine,
            )
        )
    return tuple(found)


def _names(urns: list[str]) -> dict[str, str]:
    keys = [urn.partition(":")[2] for urn in urns]
    return {one.urn: one.name for one in Organisation.objects.filter(pk__in=keys)}


def _title(slot: int | str) -> str:
    key = str(slot)
    return said(SLOTS.get(key, key))


def _label(role: str) -> str:
    return str(LotRole(role).label) if role in LotRole.values else role


def _history(policy: SealingPolicy | None) -> tuple[Times, ...]:
    if policy is None:
        return ()
    return tuple(
        Times(
            seq=row.seq,
            deadline=row.deadline,
            opens=tuple((_title(slot), at) for slot, at in schedules.times(row).items()),
            at=row.at,
            leaf=row.leaf,
        )
        for row in Schedule.objects.filter(policy=policy).order_by("-seq")
    )


def _slots(policy: SealingPolicy | None, history: tuple[Times, ...]) -> tuple[SlotLine, ...]:
    if policy is None:
        return ()
    current = schedules.governing(policy)
    times = {} if current is None else schedules.times(current)
    gates = Gate.objects.filter(policy=policy).prefetch_related("signatures")
    found = []
    for key, rule in sorted(policy.gates.items()):
        own = [row for row in gates if row.slot == int(key)]
        opened = next((row for row in own if row.opened_at is not None), None)
        signed = {one.role for row in own for one in row.signatures.all()}
        found.append(
            SlotLine(
                number=int(key),
                title=_title(key),
                opens_at=times.get(int(key)),
                after=str(rule.get("after", "")),
                signed_by=tuple(_label(role) for role in rule.get("signed_by", ())),
                has_signed=tuple(_label(role) for role in sorted(signed)),
                opened_at=None if opened is None else opened.opened_at,
                leaf=None if opened is None else opened.leaf,
            )
        )
    return tuple(found)


def _signers(policy: SealingPolicy | None) -> tuple[Signatory, ...]:
    if policy is None:
        return ()
    roles = {
        digest.hex(): role
        for role, digests in policies.parsed(policy.statement).signers.items()
        for digest in digests
    }
    bound = UserCertificate.objects.filter(fingerprint__in=roles).select_related("user")
    names = {row.fingerprint: row.user.full_name for row in bound}
    return tuple(
        Signatory(role, _label(role), names.get(fingerprint, ""), fingerprint)
        for fingerprint, role in roles.items()
    )


# --- what this reader may do ---------------------------------------------------------------------


def _policy_form(
    lot: Lot, roles: frozenset[str], holders: tuple[Holder, ...], at: datetime
) -> PolicyForm:
    own = LotRole.TENDEREE if LotRole.TENDEREE.value in roles else LotRole.AGENCY
    signatories = _candidates(lot, dict.fromkeys((own, *PRICE_SIGNERS)), at)
    present = {each.role for each in signatories}
    n = len(holders)
    figure = procedure.of(lot).figures.get("bidders")
    least = 1 if figure is None or figure.least is None else int(figure.least)
    return PolicyForm(
        k=max(2, min(n - 1, 3)) if n > 2 else 2,
        n=n,
        min_bids=max(1, least),
        role=own.value,
        signatories=signatories,
        waiting=tuple(each.name for each in holders if each.published_at is None),
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


def _schedule_form(
    lot: Lot,
    policy: SealingPolicy | None,
    history: tuple[Times, ...],
    person: User | None,
    may: frozenset[str],
) -> ScheduleForm | None:
    """The form for who may publish times and whose certificate the policy names for that."""
    if policy is None or person is None or PUBLISH_SCHEDULE not in may:
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
    deadline, opening = (lot.dates.get(name) for name in ("deadline", "opening"))
    if history:
        current = history[0]
        latest = max((at for _slot, at in current.opens), default=current.deadline)
        return ScheduleForm(False, current.seq + 1, current.deadline, latest)
    if not deadline or not opening:
        return None
    return ScheduleForm(True, 1, jcs.parse_timestamp(deadline), jcs.parse_timestamp(opening))


def _gate_forms(
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
                    title=_title(key),
                    roles=tuple(_label(role) for role in left),
                    bids=tuple((str(bid), names.get(str(bid), "")) for bid in bids),
                )
            )
    return tuple(found)


def _names_of_bids(lot: Lot) -> dict[str, str]:
    rows = Bid.objects.filter(lot=lot).select_related("tenderer")
    return {str(row.pk): row.tenderer.name for row in rows}
