"""The decision among the candidates as its page shows it to the public, the tenderee, the panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain.errors import NotFound, SunlitError
from signatures.models import User
from trading import access
from trading.domain import award_panel, ballots, candidates, deciding, registry
from trading.domain.award_draw import OPEN as DRAW
from trading.domain.award_draw import PURPOSE as DRAW_PURPOSE
from trading.enums import LotRole
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import (
    AwardDecision,
    Ballot,
    BallotRound,
    Draw,
    Exhibit,
    Lot,
    Organisation,
    PanelSeat,
)

#: Who sees who sits on the panel.
WATCH = frozenset(
    {LotRole.TENDEREE, LotRole.AGENCY, LotRole.SUPERVISOR, LotRole.PANELLIST, LotRole.INSPECTOR}
)


@dataclass(frozen=True)
class Round:
    """One round; ``lines`` are candidates with their votes once they are counted."""

    row: BallotRound
    lines: tuple[tuple[Organisation, int | None], ...]
    opening: bool
    open_until: datetime
    voted: int
    opened: int
    badge: Badge


@dataclass(frozen=True)
class Page:
    """The whole page. ``steps`` are the commands, by their last word; ``mine`` the own ballot."""

    lot: Lot
    decision: AwardDecision | None
    method: dict[str, Any]
    method_name: str
    candidates: tuple[Organisation, ...]
    rounds: tuple[Round, ...]
    live: Round | None
    panel: tuple[PanelSeat, ...]
    least: int
    seat: PanelSeat | None
    mine: Ballot | None
    draw: Draw | None
    exhibit: Exhibit | None
    badge: Badge
    state: Standing
    name: Standing
    open: Standing
    cast: Standing
    count: Standing
    draw_open: Standing
    decide: Standing

    @property
    def votes(self) -> bool:
        """Whether ballots decide."""
        return self.method.get("by") == deciding.VOTES

    @property
    def may_cast(self) -> bool:
        """The viewer may vote in the live round."""
        return bool(self.seat and self.live and not self.live.opening and self.mine is None)

    @property
    def may_open(self) -> bool:
        """The viewer may open their ballot."""
        return bool(
            self.live and self.live.opening and self.mine is not None
            and self.mine.opened_at is None
        )

    @property
    def may_draw(self) -> bool:
        """A draw is to be opened: the method's, or among the tied."""
        row = self.decision
        if row is None or row.chosen is not None or self.draw is not None:
            return False
        return row.method["by"] == deciding.DRAW or bool(row.grounds.get("tied"))


def method_name(method: dict[str, Any]) -> str:
    """The method in words; empty where none is stated."""
    return {
        deciding.VOTES: _("Secret ballots of an award panel"),
        deciding.PRICE: _("The lowest price among the candidates"),
        deciding.DRAW: _("A weighted draw that anybody can run again"),
    }.get(str(method.get("by", "")), "")


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`NotFound` where the award is not separated."""
    if not deciding.is_separated(lot):
        raise NotFound(
            _("In this procedure the award is not separated from the evaluation."),
            code="not-separated",
        )
    row = AwardDecision.objects.select_related("chosen", "lot").filter(lot=lot).first()
    method = row.method if row is not None else deciding.method(lot)
    watches = not access.roles_of(viewer, lot, at).isdisjoint(WATCH)
    panel = tuple(award_panel.seats(lot)) if watches else ()
    seat = next((one for one in panel if viewer is not None and one.user_id == viewer.pk), None)
    rounds = _rounds(row, at)
    live = next((one for one in rounds if one.row.counted_at is None), None)

    def stands(command: str) -> Standing:
        return standing.of(lot, command, viewer=viewer, at=at)

    return Page(
        lot=lot,
        decision=row,
        method=method,
        method_name=method_name(method),
        candidates=_candidates(lot, row),
        rounds=rounds,
        live=live,
        panel=panel,
        least=award_panel.least(lot),
        seat=seat,
        mine=live.row.ballots.filter(seat=seat).first() if live and seat else None,
        draw=Draw.objects.filter(purpose=DRAW_PURPOSE, lot=lot).order_by("number").last(),
        exhibit=Exhibit.objects.filter(lot=lot, kind=deciding.DECISION).first(),
        badge=_badge(row),
        state=stands(deciding.STATE),
        name=stands(award_panel.NAME),
        open=stands(deciding.OPEN),
        cast=stands(ballots.CAST),
        count=stands(ballots.COUNT),
        draw_open=stands(DRAW),
        decide=stands(deciding.DECIDE),
    )


def _candidates(lot: Lot, row: AwardDecision | None) -> tuple[Organisation, ...]:
    """Who may be decided for, in the neutral order, once they were published."""
    if row is not None:
        return _named(row.candidates)
    if not Exhibit.objects.filter(lot=lot, kind=candidates.CANDIDATES).exists():
        return ()
    try:
        rows = candidates.neutral(candidates.first(lot))
    except SunlitError:
        return ()
    return tuple(one.organisation for one in rows)


def _named(urns: list[str]) -> tuple[Organisation, ...]:
    found = {
        one.urn: one
        for one in Organisation.objects.filter(
            pk__in=[urn.removeprefix("org:") for urn in urns]
        )
    }
    return tuple(found[urn] for urn in urns if urn in found)


def _rounds(row: AwardDecision | None, at: datetime) -> tuple[Round, ...]:
    if row is None:
        return ()
    return tuple(
        Round(
            row=one,
            lines=tuple(
                (who, one.tally.get(who.urn) if one.counted_at else None)
                for who in _named(one.candidates)
            ),
            opening=ballots.is_opening(one, at),
            open_until=ballots.open_until(one),
            voted=one.ballots.count(),
            opened=one.ballots.filter(opened_at__isnull=False).count(),
            badge=_round_badge(one, at),
        )
        for one in row.rounds.order_by("number")
    )


def _round_badge(row: BallotRound, at: datetime) -> Badge:
    if row.counted_at is None:
        if ballots.is_opening(row, at):
            return Badge("now", _("Ballots are opened"))
        return Badge("now", _("Ballots are cast"))
    return {
        ballots.CHOSEN: Badge("good", _("Decided")),
        ballots.TIED: Badge("todo", _("Tied: another round")),
    }.get(row.result, Badge("bad", _("Too few ballots: repeated")))


def _badge(row: AwardDecision | None) -> Badge:
    if row is None:
        return Badge("todo", _("Not opened yet"))
    if row.decided_at is not None:
        return Badge("good", _("Decided and published"))
    if row.chosen is not None:
        return Badge("now", _("To be signed"))
    return Badge("now", _("Being decided"))


def way(lot: Lot) -> str:
    """The address of the lot's decision."""
    return reverse("decision", args=[lot.project.code, lot.number])


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """How the decision stands, on the project's page; None where there is none to be."""
    if not deciding.is_separated(lot):
        return None
    row = AwardDecision.objects.select_related("chosen").filter(lot=lot).first()
    person = viewer if isinstance(viewer, User) else None
    decided = row is not None and row.decided_at is not None
    return {
        "lot": lot,
        "badge": _badge(row),
        "method": method_name(deciding.method(lot)),
        "chosen": row.chosen if row is not None and decided else None,
        "acts": any(
            standing.of(lot, one, viewer=person, at=at).possible
            for one in (
                deciding.STATE, award_panel.NAME, deciding.OPEN, ballots.CAST, deciding.DECIDE,
            )
        ),
    }


def register() -> None:
    """Add the panel and the ways; called when the app is ready."""
    registry.register_panel("decision", "trading/decision_panel.html", panel, order=115)
    for command in (
        deciding.STATE, deciding.OPEN, deciding.DECIDE, award_panel.NAME, ballots.CAST,
        ballots.OPEN, ballots.COUNT, DRAW,
    ):
        registry.register_way(command, way)
