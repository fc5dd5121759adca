"""The rounds in which a lot is sealed: one in a tender, two where final offers follow.

Each round has its own keys, policy, schedule, bids and frozen set; which one runs follows from the
procedure: every stage at which bids are frozen ends a round, the next one begins where its policy
may first be published, and the last begun is the lot's.
Where a procedure has the flag ``final-offers`` the first round holds neither price nor terms
(M74 33: the group negotiates first, and whoever goes on offers, sealed, within one time).
Where it has the flag ``prequalification`` the first round is that of the applications (TBR 15, 17),
and the one after it the tender's own: the :func:`main` round.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bidding.enums import BidState
from bidding.models import Bid, Freeze, SealingPolicy
from signatures.domain.errors import Denied
from trading.domain import procedure
from trading.domain.procedure import Figure, Procedure
from trading.models import Lot, Organisation

FREEZE = "bidding.freeze-bids"
FINAL_OFFERS = "final-offers"
POLICY = "bidding.publish-policy"
PREQUALIFICATION = "prequalification"
FIRST = 1
#: Opening sheet, qualification, technical, price.
SLOTS = (1, 2, 3, 4)
#: What is handed in before final offers, where nothing may be read out, and what with them.
_RESPONSE, _OFFER = (2, 3), (1, 4)
#: What an application for prequalification is: documents, neither terms nor a plan nor a price.
_APPLICATION = (2,)


def begins(rules: Procedure) -> list[str]:
    """The stages at which a round begins, in their order.

    One ends where bids are frozen; the next begins at the first stage after it at which a policy
    may be published.
    """
    order = [stage.name for stage in rules.stages]
    ends = sorted(
        {
            order.index(stage)
            for one in rules.commands.values()
            if one.act == FREEZE and one.to not in rules.exits
            for stage in one.from_
        }
    )
    opens = sorted(
        {
            order.index(stage)
            for one in rules.commands.values()
            if one.act == POLICY
            for stage in one.from_
            if stage in order
        }
    )
    found, after = [], -1
    for end in ends:
        found.append(order[next((at for at in opens if after < at <= end), end)])
        after = end
    return found


def main(lot: Lot) -> int:
    """The round that the hall opens and the committee reads: the first, or the one after the
    applications for prequalification. Later ones bring prices alone."""
    return FIRST + 1 if procedure.of(lot).flag(PREQUALIFICATION) else FIRST


def number(lot: Lot) -> int:
    """The round that the lot is in, from 1; before the first one begins it is the first."""
    rules = procedure.of(lot)
    later = begins(rules)[1:]
    if not later:
        return FIRST
    order = [stage.name for stage in rules.stages]
    at = order.index(lot.stage)
    return FIRST + sum(order.index(stage) <= at for stage in later)


def is_application(lot: Lot) -> bool:
    """Whether what is handed in now are applications for prequalification."""
    return number(lot) < main(lot)


def is_final(lot: Lot) -> bool:
    """Whether what is handed in now are final offers."""
    return number(lot) > main(lot)


def judged(lot: Lot) -> int:
    """The round whose papers a committee reads now: the applications while they run, then the
    tender's own, also once final offers are made."""
    return min(number(lot), main(lot))


def policy(lot: Lot) -> SealingPolicy | None:
    """The policy of the lot's round, once it is published."""
    return SealingPolicy.objects.filter(lot=lot, round=number(lot)).first()


def freeze(lot: Lot, *, round_: int | None = None) -> Freeze | None:
    """The frozen set of the lot's round, or of another, with its policy."""
    wanted = number(lot) if round_ is None else round_
    rows = Freeze.objects.filter(lot=lot, policy__round=wanted)
    return rows.select_related("policy").first()


def bids(lot: Lot, *, round_: int | None = None) -> QuerySet[Bid]:
    """The bids of the lot's round, or of another."""
    return Bid.objects.filter(lot=lot, round=number(lot) if round_ is None else round_)


def frozen_bids(lot: Lot, *, round_: int) -> QuerySet[Bid]:
    """The bids of a round's frozen set, whatever became of them since."""
    fallen = (BidState.FROZEN, BidState.REVOKED, BidState.UNOPENED)
    return bids(lot, round_=round_).filter(state__in=fallen)


def slots(lot: Lot) -> tuple[int, ...]:
    """What is handed in in the lot's round."""
    if is_application(lot):
        return _APPLICATION
    if not procedure.of(lot).flag(FINAL_OFFERS):
        return SLOTS
    return _OFFER if is_final(lot) else _RESPONSE


def least(lot: Lot) -> Figure | None:
    """How many there must be in the lot's round, by the law."""
    figures = procedure.of(lot).figures
    bidders = figures.get("bidders")
    if is_application(lot):
        return figures.get("qualified", bidders)
    return figures.get(FINAL_OFFERS, bidders) if is_final(lot) else bidders


def awaits_call(lot: Lot) -> bool:
    """Whether final offers are still to be called for."""
    return procedure.of(lot).flag(FINAL_OFFERS) and not is_final(lot)


def deadline_name(lot: Lot) -> str:
    """The date of the lot at which its round closes."""
    rules = procedure.of(lot)
    step = rules.commands.get(rules.step_of(FREEZE, lot.stage))
    return step.at if step is not None and step.at is not None else "deadline"


def fail_step(lot: Lot) -> str:
    """The procedure's command for a round that too few took part in."""
    rules = procedure.of(lot)
    fails = (
        one.name
        for one in rules.commands.values()
        if one.act == FREEZE and one.to in rules.exits and lot.stage in one.from_
    )
    return next(fails, FREEZE)  # at any other stage the act itself says why not


def goes_on(lot: Lot, tenderer: Organisation, admitted: Any) -> bool:
    """Whether this tenderer may take part in the lot's round.

    ``admitted`` are the keys of the main round's bids that the evaluation goes on with.
    """
    if not is_final(lot):
        return True
    first = bids(lot, round_=main(lot)).filter(tenderer=tenderer, state=BidState.FROZEN)
    return first.filter(pk__in=admitted).exists()


def require_going_on(lot: Lot, tenderer: Organisation, admitted: Any) -> None:
    """Refuse whoever the group does not go on with."""
    if not goes_on(lot, tenderer, admitted):
        rules = procedure.of(lot)
        raise Denied(
            _("Final offers are made by those alone with whom the group goes on."),
            code="not-admitted",
            rule=rules.flags[FINAL_OFFERS].article,
        )
