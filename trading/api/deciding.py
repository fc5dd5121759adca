"""The decision among unranked candidates: method, panel, ballots, draw and the signed decision."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock, jcs
from signatures.models import User
from trading import access
from trading.api import shapes
from trading.api.auth import SIGNED_IN, anyone, perform, person_of
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import award_panel, ballots, deciding
from trading.domain.acts import find_lot
from trading.domain.award_draw import OpenAwardDraw
from trading.domain.award_panel import NamePanel
from trading.domain.ballots import OpenBallot
from trading.domain.deciding import OpenDecision, StateAwardMethod
from trading.domain.notices import evaluation_digest
from trading.domain.signed import Signed
from trading.enums import LotRole
from trading.interfaces import listing, prepared_acts
from trading.models import BallotRound, Lot

router = Router(tags=["decision"])
#: Who learns who sits on the panel, and which of them have voted.
WATCH = frozenset(
    {LotRole.TENDEREE.value, LotRole.AGENCY.value, LotRole.SUPERVISOR.value,
     LotRole.PANELLIST.value}
)


class StatementIn(shapes.In):
    """A signed statement: its bytes and the detached signature, in base64."""

    statement: shapes.Base64
    signature: shapes.Base64


class MethodIn(shapes.In):
    """``votes``, ``price`` or ``draw``; a draw with its weights from the lowest price on."""

    by: Annotated[str, Field(max_length=20)]
    weights: Annotated[list[int], Field(max_length=20)] | None = None
    before: Annotated[str, Field(max_length=64)] | None = None


class PanelIn(shapes.In):
    members: Annotated[list[UUID], Field(min_length=1, max_length=99)]


class BallotIn(shapes.In):
    candidate: Annotated[str, Field(max_length=80)]
    salt: Annotated[str, Field(max_length=64)]


class DrawIn(shapes.In):
    parties: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=20)] = []
    commit_seconds: int = 3600
    reveal_seconds: int = 3600


class NothingIn(shapes.In):
    """Nothing is asked."""


@router.put("/lots/{uuid:pk}/award-method", auth=SIGNED_IN, response=shapes.Done)
def state(request: HttpRequest, pk: UUID, body: MethodIn) -> dict[str, Any]:
    """State by which method the award will be decided."""
    method: dict[str, Any] = {"by": body.by}
    if body.weights is not None:
        method["weights"] = body.weights
    before = body.before or evaluation_digest(find_lot(pk))
    return done(perform(request, StateAwardMethod(lot=pk, method=method, before=before)))


@router.post("/lots/{uuid:pk}/panel", auth=SIGNED_IN, response={201: shapes.Done})
def name(request: HttpRequest, pk: UUID, body: PanelIn) -> Status[dict[str, Any]]:
    """Name the members of the award panel."""
    return Status(201, done(perform(request, NamePanel(lot=pk, members=tuple(body.members)))))


@router.post("/lots/{uuid:pk}/decision", auth=SIGNED_IN, response={201: shapes.Done})
def begin(request: HttpRequest, pk: UUID, body: NothingIn) -> Status[dict[str, Any]]:
    """Open the decision among the candidates."""
    return Status(201, done(perform(request, OpenDecision(lot=pk))))


@router.get("/lots/{uuid:pk}/decision", auth=anyone, response=dict[str, Any])
def shown(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """The decision as far as it came; tallies of counted rounds, never who voted for whom."""
    viewer = request.user if isinstance(request.user, User) else None
    lot = listing.lot(pk, viewer=viewer)
    row = deciding.decision_of(lot)
    watches = not access.roles_of(viewer, lot, clock.now()).isdisjoint(WATCH)
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "method": row.method,
        "order": "unified-social-credit-code",
        "candidates": row.candidates,
        "opened_at": jcs.timestamp(row.opened_at),
        "rounds": [_round(one, watches) for one in row.rounds.order_by("number")],
        "chosen": None if row.chosen is None else row.chosen.urn,
        "grounds": row.grounds,
        "reasons": row.reasons or None,
        "decided_at": None if row.decided_at is None else jcs.timestamp(row.decided_at),
        **({"panel": _panel(lot)} if watches else {}),
    }


def _panel(lot: Lot) -> list[dict[str, str]]:
    return [{"person": one.user.urn, "name": one.user.full_name} for one in award_panel.seats(lot)]


def _round(row: BallotRound, watches: bool) -> dict[str, Any]:
    counted = row.counted_at is not None
    found: dict[str, Any] = {
        "urn": row.urn,
        "number": row.number,
        "candidates": row.candidates,
        "commit_until": jcs.timestamp(row.commit_until),
        "open_until": jcs.timestamp(ballots.open_until(row)),
        "opening": ballots.is_opening(row, clock.now()),
        "counted_at": jcs.timestamp(row.counted_at) if row.counted_at else None,
        "tally": row.tally if counted else None,
        "result": row.result or None,
    }
    if watches:
        found["voted"] = row.ballots.count()
        found["open"] = row.ballots.filter(opened_at__isnull=False).count()
    return found


@router.post("/lots/{uuid:pk}/decision/ballots", auth=SIGNED_IN, response={201: shapes.Done})
def cast(request: HttpRequest, pk: UUID, body: StatementIn) -> Status[dict[str, Any]]:
    """Commit to a ballot: the signed ``sunlit.ballot/1``."""
    signed = Signed.from_base64(body.statement, body.signature)
    act = prepared_acts.cast_ballot(person_of(request), pk, signed)
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:pk}/decision/ballots/opening", auth=SIGNED_IN, response=shapes.Done)
def reveal(request: HttpRequest, pk: UUID, body: BallotIn) -> dict[str, Any]:
    """Open one's own ballot with its candidate and salt."""
    return done(perform(request, OpenBallot(lot=pk, candidate=body.candidate, salt=body.salt)))


@router.post("/lots/{uuid:pk}/decision/count", auth=SIGNED_IN, response=shapes.Done)
def count(request: HttpRequest, pk: UUID, body: NothingIn) -> dict[str, Any]:
    """Count the round, where the clock has not done so yet."""
    return done(perform(request, ballots.prepare_count(find_lot(pk))))


@router.post("/lots/{uuid:pk}/decision/draw", auth=SIGNED_IN, response={201: shapes.Done})
def draw(request: HttpRequest, pk: UUID, body: DrawIn) -> Status[dict[str, Any]]:
    """Open the weighted draw."""
    act = OpenAwardDraw(
        lot=pk, parties=tuple(body.parties), commit_seconds=body.commit_seconds,
        reveal_seconds=body.reveal_seconds,
    )
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:pk}/decision/record", auth=SIGNED_IN, response={201: shapes.Done})
def record(request: HttpRequest, pk: UUID, body: StatementIn) -> Status[dict[str, Any]]:
    """Sign and publish the decision: the signed ``sunlit.award/1``."""
    asked = Asked(request, f"award-decision {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    signed = Signed.from_base64(body.statement, body.signature)
    return Status(
        201, done(asked.dispatch(prepared_acts.decide_award(person_of(request), pk, signed)))
    )
