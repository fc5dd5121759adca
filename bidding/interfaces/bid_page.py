"""A tenderer's bid on a lot as its page tells it: what stands, what may be done, who can open it.

What will be sealed is not here: it stays on the tenderer's device until it is ciphertext.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bidding.domain import (
    confirmations,
    evaluation,
    policies,
    schedules,
    sealed_rounds,
    sealing_record,
    times_owed,
)
from bidding.domain.contents import PRICE_SLOT, SHEET_SLOT
from bidding.enums import BidState, VersionState
from bidding.interfaces import bid_data, times_owed_lines
from bidding.interfaces.records.opening_record import SLOTS, role_word
from bidding.interfaces.times_owed_lines import Owed
from bidding.models import Bid, BidVersion, SealingPolicy
from signatures.domain import jcs
from signatures.models import LedgerOpening, User
from trading import access
from trading.domain import lifecycle, procedure, security_asked
from trading.domain.security_asked import Asked
from trading.enums import LotRole, LotState
from trading.interfaces.spoken import spoken
from trading.interfaces.timeline import Badge
from trading.models import Assignment, Document, Lot, Organisation

REGISTER, WITHDRAW = "bidding.register-statement", "bidding.withdraw-bid"
#: Why nothing is taken in while later times are to be signed: it will be again.
WAITS = "times-awaited"
#: What a trustee's role on the lot is called, the most telling first.
_TRUSTEE_ROLES = (
    LotRole.TENDEREE.value, LotRole.SUPERVISOR.value, LotRole.NOTARY.value, LotRole.AGENCY.value,
)  # fmt: skip
_BADGES = {
    VersionState.RECEIVING: "now",
    VersionState.COMPLETE: "good",
    VersionState.REPLACED: "off",
    VersionState.ABANDONED: "off",
    VersionState.WITHDRAWN: "off",
}


#: What is done to each envelope on the device, in this order.
PHASES = (
    ("hash", gettext_lazy("Hashed")),
    ("encrypt", gettext_lazy("Encrypted")),
    ("verify", gettext_lazy("Compared")),
    ("upload", gettext_lazy("Uploaded")),
)


@dataclass(frozen=True)
class Slot:
    """One envelope of a bid; ``kind`` is what its part of the page asks for."""

    number: int
    title: str
    kind: str
    #: When it is opened, and to whom, as far as that is to be said here.
    opens: str = ""


@dataclass(frozen=True)
class Trustee:
    """Who holds a key share, and what it is to this lot."""

    role: str
    name: str


@dataclass(frozen=True)
class Receipt:
    """A receipt that the tenderer has: its id and the ledger's entry."""

    id: str
    leaf: int
    title: str
    at: datetime


@dataclass(frozen=True)
class Version:
    """One version of the bid."""

    number: int
    state: str
    badge: Badge
    registered_at: datetime
    completed_at: datetime | None
    statement: str
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class OwnBid:
    """The tenderer's bid; ``counts`` is the version that stands, ``coming`` the one on its way."""

    bid: str
    state: str
    word: str
    since: datetime
    versions: tuple[Version, ...]
    withdrawal: Receipt | None = None

    @property
    def counts(self) -> Version | None:
        return next((each for each in self.versions if each.state == VersionState.COMPLETE), None)

    @property
    def coming(self) -> Version | None:
        return next((each for each in self.versions if each.state == VersionState.RECEIVING), None)

    @property
    def is_live(self) -> bool:
        return bool(self.state == BidState.LIVE)


@dataclass(frozen=True)
class BidPage:
    """The whole page. ``closed`` says why nothing can be handed in now; empty while it can."""

    lot: Lot
    tenderer: Organisation
    closed: str
    deadline: datetime | None
    opens: datetime | None
    left: str
    passed: int
    slots: tuple[Slot, ...]
    trustees: tuple[Trustee, ...]
    k: int
    bid: OwnBid | None
    data: str
    #: A final offer, and no longer a first bid or response.
    final: bool = False
    #: An application for prequalification, and no bid yet.
    applies: bool = False
    #: The edition under which the bid that stands is to be confirmed, while it can be.
    to_confirm: Document | None = None
    #: Whether the tenderer has fetched that edition; before, nothing can be confirmed under it.
    fetched: bool = False
    #: Until when bids are taken in, where later times are still to be signed.
    owed: Owed | None = None
    #: The bid security that the documents ask for, and through which day it holds.
    asked: Asked | None = None
    through: date | None = None

    @property
    def is_open(self) -> bool:
        return not self.closed

    @property
    def documents(self) -> tuple[Slot, ...]:
        """The slots that take documents alone."""
        return tuple(each for each in self.slots if each.kind == "files")

    @property
    def sheet(self) -> Slot | None:
        return next((each for each in self.slots if each.kind == "sheet"), None)

    @property
    def price(self) -> Slot | None:
        return next((each for each in self.slots if each.kind == "price"), None)


def build(lot: Lot, tenderer: Organisation, person: User, at: datetime) -> BidPage:
    """The page of ``tenderer``'s bid on ``lot`` for ``person``, who acts for it."""
    policy = policies.find(lot)
    schedule = None if policy is None else schedules.governing(policy)
    deadline = deadline_of(lot)
    shut = closed(lot, tenderer, at)
    bid = latest(lot, tenderer, person)
    final = sealed_rounds.is_final(lot)
    asked = [] if policy is None else sorted(policy.gates)
    edition = None if shut or bid is None else _to_confirm(lot, bid)
    slots = tuple(_slot(int(each), final=final) for each in asked)
    return BidPage(
        lot=lot,
        tenderer=tenderer,
        closed=shut,
        deadline=deadline,
        opens=None if schedule is None else min(schedules.times(schedule).values(), default=None),
        left=left(deadline, at),
        passed=_passed(lot, deadline, at),
        slots=slots,
        trustees=() if policy is None else _trustees(lot, policy),
        k=0 if policy is None else policy.k,
        bid=None if bid is None else own(bid),
        data="" if policy is None else bid_data.build(lot, tenderer, person, policy, bid, shut),
        final=final,
        applies=sealed_rounds.is_application(lot),
        to_confirm=edition,
        fetched=edition is not None and confirmations.has_fetched(edition, tenderer),
        owed=times_owed_lines.of(lot, at),
        asked=security_asked.of(lot),
        through=security_asked.last_day(lot),
    )


def _to_confirm(lot: Lot, bid: Bid) -> Document | None:
    standing = [each for each in bid.versions.all() if each.state == VersionState.COMPLETE]
    edition = confirmations.to_confirm(lot)
    live = bid.state == BidState.LIVE
    return edition if live and confirmations.unconfirmed(standing, edition) else None


def latest(lot: Lot, tenderer: Organisation, person: User) -> Bid | None:
    """The tenderer's bid of the round that was not withdrawn, else the last one that was."""
    round_ = sealed_rounds.number(lot)
    mine = [
        each
        for each in sealing_record.own_bids(person, lot.pk)
        if each.tenderer == tenderer and each.round == round_
    ]
    standing = [each for each in mine if each.state != BidState.WITHDRAWN]
    return next(iter([*standing, *reversed(mine)]), None)


def own(bid: Bid) -> OwnBid:
    """A bid with its versions, newest first, and the receipts that its tenderer has."""
    versions = sorted(bid.versions.all(), key=lambda each: -each.number)
    leaves = [leaf for each in versions for leaf in (each.leaf, each.completed_leaf)]
    rows = LedgerOpening.objects.filter(subject=bid.urn)
    receipts = {
        leaf: str(pk)
        for pk, leaf, owners in rows.filter(
            leaf_id__in=[leaf for leaf in leaves if leaf is not None]
        ).values_list("pk", "leaf_id", "owners")
        if owners
    }
    taken_back = (
        rows.filter(entry__act=WITHDRAW).order_by("-leaf_id").first()
        if bid.state == BidState.WITHDRAWN
        else None
    )
    return OwnBid(
        bid=str(bid.pk),
        state=bid.state,
        word=str(BidState(bid.state).label),
        since=bid.since,
        versions=tuple(_version(each, receipts) for each in versions),
        withdrawal=None
        if taken_back is None
        else Receipt(
            id=str(taken_back.pk), leaf=taken_back.leaf_id, title=_("Withdrawn"), at=bid.since
        ),
    )


def _version(row: BidVersion, receipts: dict[int, str]) -> Version:
    state = VersionState(row.state)
    found = (
        (row.completed_leaf, _("Complete: this version counts"), row.completed_at),
        (row.leaf, _("Registered"), row.at),
    )
    return Version(
        number=row.number,
        state=row.state,
        badge=Badge(_BADGES[state], str(state.label).capitalize()),
        registered_at=row.at,
        completed_at=row.completed_at,
        statement=row.statement,
        receipts=tuple(
            Receipt(id=receipts[leaf], leaf=leaf, title=title, at=when)
            for leaf, title, when in found
            if leaf is not None and when is not None and leaf in receipts
        ),
    )


def left(deadline: datetime | None, at: datetime) -> str:
    """How long until the deadline, as the page shows it before its script counts down."""
    if deadline is None or deadline <= at:
        return ""
    days, rest = divmod(deadline - at, timedelta(days=1))
    hours, minutes = divmod(int(rest.total_seconds()) // 60, 60)
    clock = f"{hours:02}:{minutes:02}"
    if not days:
        return clock
    return ngettext("%(days)d day %(clock)s", "%(days)d days %(clock)s", days) % {
        "days": days,
        "clock": clock,
    }


def _passed(lot: Lot, deadline: datetime | None, at: datetime) -> int:
    """How much of the time for bids is over, in per cent."""
    name = "prequalification-from" if sealed_rounds.is_application(lot) else "documents-from"
    began = lot.dates.get(name) or lot.dates.get("notice")
    if deadline is None or not began:
        return 0
    start = jcs.parse_timestamp(began)
    if deadline <= start:
        return 100
    return max(0, min(100, round(100 * ((at - start) / (deadline - start)))))


def deadline_of(lot: Lot) -> datetime | None:
    """When nothing is taken in any more: by the schedule, else as the notice planned it."""
    governed = sealing_record.current_deadline(lot)
    planned = lot.dates.get(sealed_rounds.deadline_name(lot))
    text = governed or planned
    return jcs.parse_timestamp(text) if text else None


def closed(lot: Lot, tenderer: Organisation, at: datetime) -> str:
    """Why nothing can be handed in now, in one word for the case; empty where it can."""
    deadline = deadline_of(lot)
    if lot.state == LotState.SUSPENDED:
        return "suspended"
    if lot.state != LotState.ACTIVE:
        return "ended"
    owed = times_owed.find(lot)
    if owed is not None and times_owed.is_stopped(owed, at):
        return WAITS
    if deadline is not None and deadline <= at:
        return "over"
    if access.is_blocked(tenderer, at):
        return "blocked"
    if sealed_rounds.is_final(lot) and not sealed_rounds.goes_on(
        lot, tenderer, evaluation.admitted(lot)
    ):
        return "not-admitted"
    if sealing_record.current_deadline(lot) is None:
        return "not-ready"
    step = procedure.of(lot).step_of(REGISTER, lot.stage)
    if step not in lifecycle.allowed(lot, at, frozenset({LotRole.TENDERER.value})):
        return "not-now"
    return ""


def _slot(number: int, *, final: bool = False) -> Slot:
    words = SLOTS.get(str(number), str(number))
    kind = {SHEET_SLOT: "sheet", PRICE_SLOT: "price"}.get(number, "files")
    opens = {
        "sheet": _("Opens at the opening and is read out"),
        "price": _("Opened after the technical result is signed"),
    }
    if final:
        opens = dict.fromkeys(opens, _("Opens with all final offers, and is shown to no supplier"))
    return Slot(number=number, title=spoken(words), kind=kind, opens=opens.get(kind, ""))


def _trustees(lot: Lot, policy: SealingPolicy) -> tuple[Trustee, ...]:
    """The policy's trustees in its order, each with what it is to the lot."""
    known = policies.parsed(policy.statement)
    keys = [each.id.partition(":")[2] for each in known.trustees]
    rows = {str(row.pk): row for row in Organisation.objects.filter(pk__in=keys)}
    roles: dict[str, set[str]] = {}
    held = Assignment.objects.filter(lot=lot, organisation__in=keys, until__isnull=True)
    for organisation, role in held.values_list("organisation_id", "role"):
        roles.setdefault(str(organisation), set()).add(role)
    return tuple(
        Trustee(
            role=_role(lot, known.centre, f"org:{key}", roles.get(key, set())),
            name=rows[key].name if key in rows else f"org:{key}",
        )
        for key in keys
    )


def _role(lot: Lot, centre: str, urn: str, roles: set[str]) -> str:
    if urn == centre:
        return _("trading centre")
    found = next((each for each in _TRUSTEE_ROLES if each in roles), LotRole.TRUSTEE.value)
    return spoken(role_word(lot, found))
