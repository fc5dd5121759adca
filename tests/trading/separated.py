"""A lot whose award is separated from its evaluation: candidates shown, a panel that can sign."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from signatures import store
from signatures.domain import clock, guard, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from tests.factories import evaluated as cases
from tests.factories import floor, signers
from tests.factories.evaluated import Evaluated
from tests.factories.signers import Person
from trading.domain import ballots, deciding
from trading.domain.award_panel import NamePanel
from trading.domain.ballots import OpenBallot
from trading.domain.deciding import DecideAward, OpenDecision
from trading.domain.signed import accept
from trading.interfaces import prepared_acts
from trading.models import BallotRound, Lot, Organisation

CLOCK = Actor.process("clock")
REASONS = "定标委员会票决结果，候选人履约能力与方案最优。"
MEMBERS = ("韩松", "李岚", "吕宁", "孟远", "丁一")


def salt(text: str) -> str:
    """32 bytes that a member keeps to itself, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Separated:
    """The case, its buyer with a certificate, and the people who may sit on the panel."""

    case: Evaluated
    buyer: Person
    members: list[Person]
    now: datetime

    @property
    def lot(self) -> Lot:
        return self.case.lot

    @property
    def candidates(self) -> list[Organisation]:
        """By rank, which the procedure does not publish."""
        return self.case.tenderers[:3]

    @property
    def round(self) -> BallotRound:
        return BallotRound.objects.filter(decision__lot=self.lot).order_by("number").last()

    def act(self, command: Any, *, by: Any = None, at: datetime | None = None):
        actor = by if isinstance(by, Actor) else Actor.person(by or self.buyer.user)
        return dispatch(command, actor=actor, clock=FixedClock(at or self.now))

    def name(self, members: list[Person] | None = None, **options: Any):
        who = tuple(one.user.pk for one in (self.members if members is None else members))
        return self.act(NamePanel(lot=self.lot.pk, members=who), **options)

    def open(self, **options: Any):
        return self.act(OpenDecision(lot=self.lot.pk), **options)

    def voting(self) -> Separated:
        """The panel named, the first round open."""
        self.name()
        self.open()
        return self

    def ballot(self, member: Person, candidate: Organisation | str, **changes: Any):
        urn = candidate if isinstance(candidate, str) else candidate.urn
        fields = {
            "lot": self.lot.urn,
            "round": self.round.urn,
            "commitment": ballots.commitment(self.round.urn, urn, salt(member.user.full_name)),
            **changes,
        }
        signed = member.sign(ballots.PURPOSE, at=fields.pop("at", None), **fields)
        return prepared_acts.cast_ballot(member.user, self.lot.pk, signed)

    def cast(self, member: Person, candidate: Organisation | str, *, at=None, **changes: Any):
        return self.act(self.ballot(member, candidate, **changes), by=member.user, at=at)

    def reveal(self, member: Person, candidate: Organisation, *, at=None, **changes: Any):
        values = {
            "candidate": candidate.urn, "salt": salt(member.user.full_name), **changes,
        }
        return self.act(OpenBallot(lot=self.lot.pk, **values), by=member.user, at=at)

    def count(self, *, by: Any = CLOCK, at: datetime | None = None):
        return self.act(ballots.prepare_count(self.lot), by=by, at=at)

    def vote(self, *choices: int) -> None:
        """Each member votes for the candidate of this rank (from 0); opened and counted."""
        chosen = list(zip(self.members, choices, strict=True))
        for member, choice in chosen:
            self.cast(member, self.candidates[choice])
        for member, choice in chosen:
            self.reveal(member, self.candidates[choice])
        self.count()

    def said(self, winner: Organisation, **changes: Any) -> dict[str, Any]:
        return {
            "lot": self.lot.urn,
            "decision": deciding.decision_of(self.lot).urn,
            "winner": winner.urn,
            "reasons": REASONS,
            **changes,
        }

    def decide(self, winner: Organisation, *, by: Person | None = None, **changes: Any):
        """The signed decision, with a record that nobody printed."""
        who = by or self.buyer
        signed = who.sign(deciding.PURPOSE, **self.said(winner, **changes))
        accepted = accept(who.user, signed, purpose=deciding.PURPOSE, fields=deciding.FIELDS)
        kept = store.put(b"%PDF-1.7 decision")
        act = DecideAward(
            lot=self.lot.pk, signed=accepted, title="定标决定", digest=kept.sha256, size=kept.size
        )
        return self.act(act, by=who.user)


def separated(
    method: dict[str, Any] | None = None, *, equip: Callable[..., Any] = signers.equip
) -> Separated:
    """The candidates were on show, and the decision may be opened now."""
    now = clock.now()
    case = cases.evaluated(now - timedelta(days=20), name="construction-separated")
    lot = case.lot
    with guard.writes("test arrangement"):
        lot.parameters = {**lot.parameters, deciding.AWARD: method or {"by": deciding.VOTES}}
        lot.dates |= {
            "candidates": jcs.timestamp(now - timedelta(days=18)),
            "candidates-until": jcs.timestamp(now - timedelta(days=14)),
        }
        lot.save()
    return Separated(
        case=case,
        buyer=equip(case.house.buyer, case.house.tenderee),
        members=[equip(floor.person(name)) for name in MEMBERS],
        now=now,
    )
