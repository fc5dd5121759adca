"""The secret signed ballots of the award panel (:mod:`trading.domain.award_panel`).

A ballot is committed first: the member signs ``sunlit.ballot/1`` with the commitment SHA-256(
"SUNLIT-BALLOT-1|" ‖ the round's URN ‖ "|" ‖ the candidate's URN ‖ "|" ‖ salt of 32 bytes), so that
nobody, the platform included, can know or change it. When every member has committed or the time
is over, members open their ballots with candidate and salt; when all are open or that time is
over, they are counted. The most votes win; the tied go on to another round. A round in which not
more than half of the panel opened a ballot decides nothing and is repeated. The count is public;
who voted for whom is in the record for supervision alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, Refused
from trading import access
from trading.domain import (
    deciding,
    dossier,
    lifecycle,
    messages,
    planning,
    procedure,
    registry,
)
from trading.domain.acts import LotAct
from trading.domain.award_panel import least, seats
from trading.domain.candidates import Ranked
from trading.domain.signed import Accepted
from trading.enums import LotRole, LotState
from trading.models import (
    AwardDecision,
    Ballot,
    BallotRound,
    Lot,
    PanelSeat,
)

CAST, OPEN, COUNT = "trading.cast-ballot", "trading.open-ballot", "trading.count-ballots"
PURPOSE = "sunlit.ballot/1"
FIELDS = frozenset({"lot", "round", "commitment"})
#: The procedure's figures: how many minutes members have at most to commit, and then to open.
COMMITTING, OPENING = "ballot-committing", "ballot-opening"
#: The same for lots whose edition of the procedure, from before, does not say.
_UNSAID = {COMMITTING: 120, OPENING: 60}
CHOSEN, TIED, NO_QUORUM = "chosen", "tied", "no-quorum"
RECORD = "award-ballots"
RECORD_READERS = (LotRole.SUPERVISOR, LotRole.INSPECTOR, LotRole.ARCHIVIST)
CLOCK = "process:clock"


def commitment(round_urn: str, candidate: str, salt: str) -> str:
    """What a ballot is committed by, in hex; ``salt`` is 32 bytes in hex."""
    head = f"SUNLIT-BALLOT-1|{round_urn}|{candidate}|".encode()
    return hashlib.sha256(head + bytes.fromhex(salt)).hexdigest()


def allowed(lot: Lot, figure: str) -> timedelta:
    """How long the lot's own procedure leaves for :data:`COMMITTING` or :data:`OPENING`."""
    found = procedure.of(lot).figures.get(figure)
    said = None if found is None else found.most
    return timedelta(minutes=_UNSAID[figure] if said is None else said)


def begin(scene: Scene, row: AwardDecision, rows: tuple[Ranked, ...]) -> None:
    """The first round among all candidates; one alone is chosen by having no other."""
    if len(seats(row.lot)) < least(row.lot):
        raise Refused(_("Name the award panel first."), code="panel-missing")
    _open_round(scene, row, 1, row.candidates)


def _open_round(scene: Scene, row: AwardDecision, number: int, among: list[str]) -> BallotRound:
    made = BallotRound.objects.create(
        decision=row,
        number=number,
        candidates=among,
        opened_at=scene.now,
        commit_until=scene.now + allowed(row.lot, COMMITTING),
    )
    scene.enter(
        subject=made.urn,
        act="trading.open-ballot-round",
        public=True,
        context={
            "lot": row.lot.urn,
            "number": number,
            "candidates": among,
            "until": jcs.timestamp(made.commit_until),
        },
    )
    messages.send(
        scene,
        to=[one.user for one in seats(row.lot)],
        template="ballot-round",
        lot=row.lot,
        context={"number": str(number), "until": planning.shown_end(made.commit_until)},
    )
    return made


def live_round(lot: Lot) -> BallotRound:
    """The round that is under way; raises :class:`Refused`."""
    rows = BallotRound.objects.filter(decision__lot=lot, counted_at__isnull=True)
    row = rows.select_related("decision__lot__project").first()
    if row is None:
        raise Refused(_("No round of ballots is under way."), code="no-round")
    return row


def is_opening(row: BallotRound, now: datetime) -> bool:
    """Whether ballots are no longer committed, but opened."""
    return row.open_from is not None or now >= row.commit_until


def open_until(row: BallotRound) -> datetime:
    """Until when ballots are opened."""
    return row.open_until or row.commit_until + allowed(row.decision.lot, OPENING)


def _seat(lot: Lot, actor: Actor) -> PanelSeat:
    found = actor.user and PanelSeat.objects.filter(lot=lot, user=actor.user).first()
    if not found:
        raise Denied(_("You do not sit on this award panel."), code="no-seat")
    return found


@command(CAST)
@dataclass(frozen=True, kw_only=True)
class CastBallot(LotAct):
    """Commit to a ballot, signed: ``sunlit.ballot/1`` ``{lot, round, commitment}``."""

    signed: Accepted

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        seat, row, said = _seat(lot, scene.actor), live_round(lot), self.signed.value
        if (said["lot"], said["round"]) != (lot.urn, row.urn):
            raise Refused(_("The ballot is for another round."), code="other-round")
        if is_opening(row, scene.now):
            raise Refused(
                _("Ballots of this round are no longer taken; they are being opened."),
                code="too-late",
            )
        if row.ballots.filter(seat=seat).exists():
            raise Refused(
                _("You have voted in this round already, and the ballot stands."),
                code="voted-already",
            )
        ballot = Ballot.objects.create(
            round=row,
            seat=seat,
            commitment=_hex(said["commitment"]),
            digests=self.signed.digests(),
            committed_at=scene.now,
        )
        scene.enter(
            subject=ballot.urn,
            digests={"commitment": ballot.commitment, **self.signed.digests()},
            context={"lot": lot.urn, "round": row.urn},
            receipt_for=(scene.actor.urn,),
        )
        if row.ballots.count() == len(seats(lot)):
            _begin_opening(scene, row)
        return {"ballot": str(ballot.pk), "opening": row.open_from is not None}


def _begin_opening(scene: Scene, row: BallotRound) -> None:
    row.open_from = scene.now
    row.open_until = scene.now + allowed(row.decision.lot, OPENING)
    row.save(update_fields=["open_from", "open_until"])
    messages.send(
        scene,
        to=[one.seat.user for one in row.ballots.select_related("seat__user")],
        template="ballot-opening",
        lot=row.decision.lot,
        context={"until": planning.shown_end(row.open_until)},
    )


def _hex(text: object) -> str:
    """32 bytes in small hexadecimal digits; raises :class:`Malformed`."""
    if (
        not isinstance(text, str)
        or len(text) != 64
        or not all(each in "0123456789abcdef" for each in text)
    ):
        raise Malformed(
            _("Commitment and salt are 64 hexadecimal digits in small letters."), code="bad-hex"
        )
    return text


@command(OPEN)
@dataclass(frozen=True, kw_only=True)
class OpenBallot(LotAct):
    """Open one's own ballot: the candidate and the salt that it was committed by."""

    candidate: str
    salt: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        seat, row = _seat(lot, scene.actor), live_round(lot)
        if not is_opening(row, scene.now):
            raise Refused(
                _("Ballots stay closed until every member has voted, or until %(until)s.")
                % {"until": planning.shown_end(row.commit_until)},
                code="too-early",
            )
        if scene.now >= open_until(row):
            raise Refused(_("The time to open ballots is over."), code="too-late")
        ballot = row.ballots.filter(seat=seat).first()
        if ballot is None:
            raise Refused(_("You did not vote in this round."), code="no-ballot")
        if ballot.opened_at is not None:
            raise Refused(_("Your ballot is open already."), code="opened-already")
        if self.candidate not in row.candidates:
            raise Refused(
                _("The ballot is for somebody who is no candidate of this round."),
                code="no-candidate",
            )
        if commitment(row.urn, self.candidate, _hex(self.salt)) != ballot.commitment:
            raise Refused(
                _("Candidate and code are not those that you signed for."), code="other-ballot"
            )
        ballot.candidate, ballot.salt, ballot.opened_at = self.candidate, self.salt, scene.now
        ballot.save(update_fields=["candidate", "salt", "opened_at"])
        scene.enter(
            subject=ballot.urn,
            digests={"commitment": ballot.commitment},
            context={"lot": lot.urn, "round": row.urn},
            receipt_for=(scene.actor.urn,),
        )
        waiting = row.ballots.filter(opened_at__isnull=True).count()
        return {"ballot": str(ballot.pk), "waiting": waiting}


def countable(row: BallotRound, now: datetime) -> bool:
    """Whether every ballot is open or the time to open them is over."""
    if not is_opening(row, now):
        return False
    return now >= open_until(row) or not row.ballots.filter(opened_at__isnull=True).exists()


@command(COUNT)
@dataclass(frozen=True, kw_only=True)
class CountBallots(LotAct):
    """Count the opened ballots; the tied go on to a further round.

    The record of the round, with every ballot, is filed for supervision.
    """

    public: ClassVar[bool] = True

    record: str
    size: int

    def permit(self, actor: Actor) -> None:
        if actor.urn != CLOCK:
            super().permit(actor)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        roles = access.actor_roles(scene.actor, lot, scene.now)
        if scene.actor.urn == CLOCK:
            # It only carries out what the members' ballots have brought about.
            roles = frozenset({LotRole.PANELLIST.value})
        lifecycle.apply(scene, lot, self.name, actor_roles=roles)
        row = live_round(lot)
        if not countable(row, scene.now):
            raise Refused(_("Not every ballot is open, and there is still time."), code="too-early")
        content = record_content(row)
        if self.record != hashlib.sha256(content).hexdigest():
            raise Refused(
                _("Something changed while the ballots were counted. Try again."),
                code="other-record",
            )
        tally, result, top = count(row, len(seats(lot)))
        row.tally, row.result, row.counted_at = tally, result, scene.now
        row.save(update_fields=["tally", "result", "counted_at"])
        dossier.file(
            scene,
            lot=lot,
            kind=RECORD,
            name=f"ballots-{row.number}.json",
            digest=self.record,
            size=self.size,
            media_type="application/json",
            facts={"round": row.urn, "number": row.number},
            audience=RECORD_READERS,
        )
        scene.enter(
            subject=row.urn,
            context={"lot": lot.urn, "number": row.number, "tally": tally, "result": result},
        )
        if result == CHOSEN:
            rounds = [
                {"number": each.number, "tally": each.tally, "result": each.result}
                for each in row.decision.rounds.order_by("number")
            ]
            deciding.choose(scene, row.decision, top[0], {"rounds": rounds})
        else:
            among = top if result == TIED else row.candidates
            _open_round(scene, row.decision, row.number + 1, among)
        return {"round": str(row.pk), "tally": tally, "result": result}


def count(row: BallotRound, members: int) -> tuple[dict[str, int], str, list[str]]:
    """Votes by candidate, what they decide, and who is at the top, in the neutral order."""
    votes = Counter(row.ballots.exclude(candidate="").values_list("candidate", flat=True))
    tally = {one: votes[one] for one in row.candidates}
    if 2 * sum(tally.values()) <= members:
        return tally, NO_QUORUM, []
    most = max(tally.values())
    top = [one for one in row.candidates if tally[one] == most]
    return tally, CHOSEN if len(top) == 1 else TIED, top


def record_content(row: BallotRound) -> bytes:
    """Every ballot of a round with what opens it, as canonical JSON; for supervision."""
    rows = row.ballots.select_related("seat__user").order_by("seat__user_id")
    content: dict[str, Any] = {
        "v": 1,
        "lot": row.decision.lot.urn,
        "round": row.urn,
        "number": row.number,
        "candidates": row.candidates,
        "ballots": [
            {
                "member": one.seat.user.urn,
                "commitment": one.commitment,
                "candidate": one.candidate or None,
                "salt": one.salt or None,
                "statement": one.digests,
            }
            for one in rows
        ],
    }
    return jcs.dumps(content)


def prepare_count(lot: Lot) -> CountBallots:
    """The act that counts the live round, its record kept in the store."""
    kept = store.put(record_content(live_round(lot)))
    return CountBallots(lot=lot.pk, record=kept.sha256, size=kept.size)


def due(now: datetime) -> Iterator[Act]:
    """The rounds that can be counted in running lots."""
    rows = BallotRound.objects.filter(
        counted_at__isnull=True, decision__lot__state=LotState.ACTIVE
    ).select_related("decision__lot")
    for row in rows.order_by("opened_at", "pk"):
        if countable(row, now):
            yield prepare_count(row.decision.lot)


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    for act in (CastBallot, OpenBallot, CountBallots):
        registry.register_command(act.name, act)
    registry.register_due("trading.ballots", due)
    deciding.register_method(deciding.VOTES, begin)
