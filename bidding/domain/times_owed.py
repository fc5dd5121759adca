"""Later times that are owed: after a standstill the lot's deadline lies past the signed schedule's.

Only those whom the policy names can sign times, so the act that lets the lot go on cannot. Until
they do, nothing is taken in past the old deadline, nothing is frozen, and so nothing is opened; and
who was kept from handing in gets that time back, to the second (decision 12).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bidding.domain import sealed_rounds
from bidding.models import OwedTimes, SealingPolicy
from signatures.domain import jcs
from signatures.domain.errors import Refused
from trading.domain import planning, procedure, registry
from trading.domain.registry import GuardScene
from trading.enums import LotState
from trading.models import Lot

#: The guard that procedure files name.
GUARD = "times-still-move"
CODE = "times-awaited"
SCHEDULE = "bidding.publish-schedule"
_MINUTE = timedelta(minutes=1)


def of_policy(policy: SealingPolicy | None) -> OwedTimes | None:
    """What is owed under a policy and not settled, if anything is."""
    if policy is None:
        return None
    return OwedTimes.objects.filter(policy=policy, settled_at__isnull=True).first()


def find(lot: Lot) -> OwedTimes | None:
    """What is owed in the lot's round while the lot runs; None while it stands still or is over."""
    if lot.state != LotState.ACTIVE:
        return None
    return of_policy(sealed_rounds.policy(lot))


def of_lots(lots: Iterable[Lot]) -> list[tuple[Lot, OwedTimes]]:
    """The running ones of these lots that times are owed for, in the round in which each is."""
    known = {lot.pk: lot for lot in lots if lot.state == LotState.ACTIVE}
    rows = OwedTimes.objects.filter(policy__lot__in=known, settled_at__isnull=True)
    found = []
    for row in rows.select_related("policy").order_by("stops_at", "pk"):
        lot = known[row.policy.lot_id]
        if row.policy.round == sealed_rounds.number(lot):
            found.append((lot, row))
    return found


def closes(lot: Lot) -> datetime:
    """The lot's own deadline for its round, which the signed schedule does not reach."""
    return jcs.parse_timestamp(lot.dates[sealed_rounds.deadline_name(lot)])


def is_stopped(owed: OwedTimes, now: datetime) -> bool:
    """Whether tenderers are kept from handing in now."""
    return bool(now >= owed.stops_at)


def least(lot: Lot, owed: OwedTimes, now: datetime) -> datetime:
    """The earliest deadline that may be signed at ``now``.

    Never before the lot's own; and once handing in has stopped, as long after the signature as
    tenderers still had when it did.
    """
    if not is_stopped(owed, now):
        return closes(lot)
    return max(closes(lot), now + (owed.until - owed.stops_at))


def whole_minute(at: datetime) -> datetime:
    """The same moment, or the next whole minute: what people can read off a page and sign."""
    return at if at == (floor := at.replace(second=0, microsecond=0)) else floor + _MINUTE


def rule_of(lot: Lot) -> str | None:
    """The article by which times are published at the lot's stage."""
    rules = procedure.of(lot)
    step = rules.commands.get(rules.step_of(SCHEDULE, lot.stage))
    return None if step is None else rules.cite(step)


def require_taken_in(lot: Lot, now: datetime) -> None:
    """Refuse to take anything in, or back, between the old deadline and the later schedule."""
    owed = find(lot)
    if owed is not None and is_stopped(owed, now):
        raise Refused(
            _("Nothing is taken in since %(at)s: the procedure stood still, its deadline moved, and"
              " the tenderee has not signed the later times yet. Nothing is lost and nothing is"
              " opened: what arrived is kept, and the time that you miss is added. Keep what you"
              " prepared, and go on here when the message comes that the times are signed.")
            % {"at": planning.shown(owed.stops_at)},
            code=CODE,
            rule=rule_of(lot),
        )


def require_none(lot: Lot) -> None:
    """Refuse to freeze while times are owed: whoever was kept from handing in may still do so."""
    owed = find(lot)
    if owed is not None:
        raise Refused(
            _("The bids are not frozen yet: the tenderee has not signed the later times, and"
              " tenderers could not hand in since %(at)s. The tenderee or its agency signs them on"
              " the page about the sealing.") % {"at": planning.shown(owed.stops_at)},
            code=CODE,
            rule=rule_of(lot),
        )


def require_made_up(lot: Lot, owed: OwedTimes, deadline: datetime, now: datetime) -> None:
    """Refuse a deadline that leaves tenderers less time than the standstill took from them."""
    earliest = least(lot, owed, now)
    if deadline < earliest:
        raise Refused(
            _("This deadline leaves tenderers less time than they had before the procedure stood"
              " still. Sign %(at)s or later.") % {"at": planning.shown_end(whole_minute(earliest))},
            code="time-not-made-up",
            rule=rule_of(lot),
        )


def times_still_move(scene: GuardScene) -> str | None:
    """The deadline lies ahead, or it passed while later times were owed."""
    lot = scene.lot
    at = lot.dates.get(sealed_rounds.deadline_name(lot))
    if at is None or scene.now < jcs.parse_timestamp(at) or find(lot) is not None:
        return None
    return _("The deadline has passed; its times do not move any more.")


def register() -> None:
    """Make the guard nameable; called when the app is ready."""
    registry.register_guard(GUARD, times_still_move)
