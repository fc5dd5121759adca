"""The pool of experts as a draw on one lot finds it: who may be drawn, who may not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from bidding.domain import committee
from bidding.models import Expert
from signatures.domain.errors import Refused
from trading.enums import LotRole
from trading.models import Assignment, Lot, Membership

#: The stratum of a committee that is drawn from all experts alike.
ANY = "expert"
#: Why somebody may not be drawn, as the published record says it.
EMPLOYER_TAKES_PART = "employer takes part in the lot"
ACTS_FOR_A_PARTY = "acts for an organisation that takes part in the lot"
HAS_ANOTHER_PART = "has another part in the lot"
_EMPLOYER = "employer:"


@dataclass(frozen=True)
class Stratum:
    """How many of one speciality may be drawn, and how many employers they have: a draw takes at
    most one from each."""

    name: str
    experts: int
    employers: int


@dataclass(frozen=True)
class Pool:
    """The pool in numbers. ``excluded`` counts people by the reason that the record gives;
    ``seated`` were drawn before and are no candidates again."""

    total: int
    seated: int
    strata: tuple[Stratum, ...]
    excluded: dict[str, int]

    @property
    def free(self) -> int:
        """How many may be drawn, whatever their speciality."""
        return self.total - self.seated - sum(self.excluded.values())

    def of(self, stratum: str) -> Stratum:
        """The numbers of one speciality; none where nobody has it."""
        return next((one for one in self.strata if one.name == stratum), Stratum(stratum, 0, 0))


def experts(seated: set[UUID]) -> list[Expert]:
    """Everybody in the pool who was not ``seated`` before."""
    rows = Expert.objects.filter(user__is_active=True).select_related("user").order_by("pk")
    return [one for one in rows if one.user_id not in seated]


def employer(expert: Expert) -> str:
    """What tells employers apart: the credit code, else the name."""
    return _EMPLOYER + (expert.employer_code or expert.employer)


def avoided(lot: Lot, pool: list[Expert]) -> dict[str, str]:
    """Who and which employer may not be drawn, with the reason; by real id."""
    around = committee.parties(lot)
    names = {one.name for one in around} | {one.credit_code for one in around}
    found = {
        employer(expert): EMPLOYER_TAKES_PART
        for expert in pool
        if expert.employer in names or (expert.employer_code and expert.employer_code in names)
    }
    tied = set(
        Membership.objects.filter(organisation__in=around, until__isnull=True).values_list(
            "user_id", flat=True
        )
    )
    # Who judged the applications and has done with it may be drawn again to judge the bids.
    done = Q(role=LotRole.EVALUATOR, until__isnull=False, recused_at__isnull=True)
    assigned = set(
        Assignment.objects.filter(lot=lot, user__isnull=False)
        .exclude(done)
        .values_list("user_id", flat=True)
    )
    for expert in pool:
        if expert.user_id in tied:
            found[expert.user.urn] = ACTS_FOR_A_PARTY
        elif expert.user_id in assigned:
            found[expert.user.urn] = HAS_ANOTHER_PART
    return found


def look(lot: Lot) -> Pool:
    """The pool for the draw that the lot's committee would have now."""
    row = committee.find(lot)
    seated = set() if row is None else set(row.seats.values_list("user_id", flat=True))
    pool = experts(seated)
    reasons = avoided(lot, pool)
    excluded: Counter[str] = Counter()
    free = []
    for one in pool:
        reason = reasons.get(one.user.urn) or reasons.get(employer(one))
        if reason is None:
            free.append(one)
        else:
            excluded[reason] += 1
    names = sorted({name for one in pool for name in one.specialities} - {ANY})
    return Pool(
        total=Expert.objects.filter(user__is_active=True).count(),
        seated=Expert.objects.filter(user__is_active=True, user__in=seated).count(),
        strata=tuple(_stratum(name, free) for name in (ANY, *names)),
        excluded=dict(sorted(excluded.items())),
    )


def _stratum(name: str, free: list[Expert]) -> Stratum:
    of = [one for one in free if name == ANY or name in one.specialities]
    return Stratum(name=name, experts=len(of), employers=len({employer(one) for one in of}))


def require_enough(lot: Lot, quota: Mapping[str, int]) -> None:
    """Refuse a draw that must fail: fewer employers with somebody free than seats.

    A failed draw would fix the committee's seats for good and could be repeated only for a signed
    reason, so it is not begun.
    """
    pool = look(lot)
    wanted = {**quota, ANY: sum(quota.values())}
    for name, seats in wanted.items():
        found = pool.of(name)
        if found.employers < seats:
            raise Refused(
                _(
                    "%(seats)d seats cannot be drawn from %(stratum)s: %(experts)d experts of"
                    " %(employers)d employers are free, and one is drawn from each employer at"
                    " most. Ask the trading centre to widen the pool."
                )
                % {
                    "seats": seats,
                    "stratum": _("the whole pool") if name == ANY else f"“{name}”",
                    "experts": found.experts,
                    "employers": found.employers,
                },
                code="pool-too-small",
                rule=committee.rule(lot),
            )
