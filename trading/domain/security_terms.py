"""By when a security goes back, and from which day on the clock looks whether it has.

The days are the lot's own procedure's: after a withdrawal, after the award to who did not win where
the file says so, else after the contract. What makes a term run settles the day in the same act, so
that the clock asks an index for what is due and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from trading.domain import calendar, procedure
from trading.domain.procedure import DayRule
from trading.enums import SecurityKind
from trading.models import Award, Contract, Lot, Security

AFTER_WITHDRAWAL, AFTER_CONTRACT = "security-back-after-withdrawal", "security-back-after-contract"
TO_LOSERS = "security-back-to-losers"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Term:
    """By when a security goes back: the last day, and the rule that says so."""

    last: date
    rule: DayRule


def term(row: Security) -> Term | None:
    """The term that runs for a security; None where none does (yet)."""
    if row.kind != SecurityKind.BID:
        return None
    days = procedure.of(row.lot).days
    award = Award.objects.filter(lot=row.lot).first()
    own = Award.objects.filter(lot=row.lot, winner=row.organisation).first()
    signed = Contract.objects.filter(award__lot=row.lot, signed_at__isnull=False)
    # Of several winners each has a contract of its own.
    contract = (signed if own is None else signed.filter(award=own)).first()
    name, since = AFTER_CONTRACT, None
    if row.withdrawn_on is not None:
        name, since = AFTER_WITHDRAWAL, row.withdrawn_on
    elif TO_LOSERS in days and award is not None and own is None:
        name, since = TO_LOSERS, calendar.local_day(award.decided_at)
    elif contract is not None and contract.signed_at is not None:
        since = calendar.local_day(contract.signed_at)
    rule = days.get(name)
    if rule is None or since is None:
        return None
    return Term(last=calendar.load().last_day(since, rule.count, rule.unit), rule=rule)


def is_overdue(row: Security, today: date) -> bool:
    """Whether it should have gone back by now."""
    if row.returned_on is not None:
        return False
    found = term(row)
    return found is not None and today > found.last


def waiting() -> QuerySet[Security]:
    """The securities that have not gone back and that no alarm was raised for."""
    return Security.objects.filter(returned_on__isnull=True, alarmed_at__isnull=True)


def first_late_day(row: Security) -> date | None:
    """The first day on which a security that is still kept is overdue; None without a term."""
    found = term(row)
    return None if found is None else found.last + DAY


def settle(lot: Lot) -> None:
    """Work the days of a lot's securities out anew, inside the act that makes a term run."""
    for row in waiting().filter(lot=lot).select_related("lot", "organisation"):
        row.look_from = first_late_day(row)
        row.save(update_fields=["look_from"])


def look_again(day: date) -> None:
    """The calendar has changed at ``day``: terms that reach it are worked out when looked at."""
    waiting().filter(look_from__gt=day).update(look_from=day - DAY)
