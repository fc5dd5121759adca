"""How a lot's bids are sealed, for people: who holds keys, what opens when, and what they may do.

What is offered here is what the acts would take; the statements themselves are made and signed in
the reader's browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from bidding.domain import (
    policies,
    proposals,
    schedules,
    sealed_rounds,
    sealing_record,
    trustees,
)
from bidding.interfaces import sealing_forms, times_owed_lines
from bidding.interfaces.holdings import Holding, holdings
from bidding.interfaces.sealing_forms import (
    GateForm,
    PolicyForm,
    ScheduleForm,
    Signatory,
    label_of,
    title_of,
)
from bidding.interfaces.times_owed_lines import Owed
from bidding.models import Freeze, Gate, Schedule, SealingPolicy
from signatures.models import User, UserCertificate
from trading import access
from trading.domain import lifecycle, procedure, registry
from trading.models import Lot, Organisation

PUBLISH_KEY = "bidding.publish-trustee-key"
PUBLISH_POLICY = "bidding.publish-policy"
PUBLISH_SCHEDULE = "bidding.publish-schedule"


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

    @property
    def governing(self) -> tuple[int, datetime, datetime]:
        """Its number, its deadline and the latest of its openings."""
        latest = max((at for _slot, at in self.opens), default=self.deadline)
        return self.seq, self.deadline, latest


@dataclass(frozen=True)
class Page:
    """Everything about the sealing of one lot, for one reader."""

    policy: SealingPolicy | None
    freeze: Freeze | None
    #: Whether this reader may know how many are in the frozen set.
    told: bool
    holders: tuple[Holder, ...]
    slots: tuple[SlotLine, ...]
    times: tuple[Times, ...]
    signers: tuple[Signatory, ...]
    keys_for: tuple[Organisation, ...]
    policy_form: PolicyForm | None
    schedule_form: ScheduleForm | None
    gate_forms: tuple[GateForm, ...]
    holdings: tuple[Holding, ...]
    #: Until when bids are taken in, where the lot's deadline lies past the signed times.
    owed: Owed | None

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
    rules = procedure.of(lot)
    mine = access.organisations_of(person, at)
    holders = _holders(lot, policy, {one.urn for one in mine})
    history = _history(policy)
    return Page(
        policy=policy,
        freeze=sealed_rounds.freeze(lot),
        told=sealing_record.knows_how_many(lot, person),
        holders=holders,
        slots=_slots(policy, history),
        times=history,
        signers=_signers(policy),
        keys_for=tuple(one for one in mine if trustees.is_trustee(one, lot))
        if policy is None and rules.step_of(PUBLISH_KEY, lot.stage) in may
        else (),
        policy_form=sealing_forms.policy_form(
            lot,
            roles,
            len(holders),
            tuple(each.name for each in holders if each.published_at is None),
            at,
        )
        if policy is None and rules.step_of(PUBLISH_POLICY, lot.stage) in may
        else None,
        schedule_form=sealing_forms.schedule_form(
            lot, policy, person, history[0].governing if history else None, at
        )
        if rules.step_of(PUBLISH_SCHEDULE, lot.stage) in may
        else None,
        gate_forms=sealing_forms.gate_forms(lot, policy, person, roles),
        holdings=holdings(lot, person),
        owed=times_owed_lines.of(lot, at, signs=not times_owed_lines.HOSTS.isdisjoint(roles)),
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


def _history(policy: SealingPolicy | None) -> tuple[Times, ...]:
    if policy is None:
        return ()
    return tuple(
        Times(
            seq=row.seq,
            deadline=row.deadline,
            opens=tuple((title_of(slot), at) for slot, at in schedules.times(row).items()),
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
                title=title_of(key),
                opens_at=times.get(int(key)),
                after=str(rule.get("after", "")),
                signed_by=tuple(label_of(role) for role in rule.get("signed_by", ())),
                has_signed=tuple(label_of(role) for role in sorted(signed)),
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
        Signatory(role, label_of(role), names.get(fingerprint, ""), fingerprint)
        for fingerprint, role in roles.items()
    )
