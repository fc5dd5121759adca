"""Which draw of its committee a lot needs now: the first, a repetition, or one for vacant seats."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bidding.domain import committee
from bidding.domain.committee_draw import purpose_of, usual_parties
from trading.domain import drawing_opening
from trading.enums import DrawPhase
from trading.models import Draw, Lot


class Need(StrEnum):
    """Why a draw is needed: none was held, the last came to nothing, seats fell vacant. While one
    is open it is awaited; with every seat taken there is none to hold."""

    FIRST = "first"
    REPEAT = "repeat"
    VACANCY = "vacancy"
    AWAITED = "awaited"
    NONE = "none"


@dataclass(frozen=True)
class Due:
    """The draw that may be opened now.

    ``quota`` is fixed by what was drawn before, None for the first; ``before`` is the draw that it
    follows, ``signed`` whether only a signed reason (``sunlit.redraw/1``) opens it. ``stay`` are
    the parties that must stay, ``silent`` those that may not come back.
    """

    need: Need
    quota: dict[str, int] | None = None
    before: Draw | None = None
    signed: bool = False
    stay: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether somebody has to open it."""
        return self.need in (Need.FIRST, Need.REPEAT, Need.VACANCY)

    def parties(self, lot: Lot) -> tuple[str, ...]:
        """The usual parties without those that made a draw void, and those that must stay."""
        return tuple(sorted((set(usual_parties(lot)) | self.stay) - self.silent))


def of(lot: Lot) -> Due:
    """The draw that the lot's present committee needs."""
    row = committee.find(lot)
    draws = list(Draw.objects.filter(subject=lot.urn, purpose=purpose_of(lot)).order_by("number"))
    last = draws[-1] if draws else None
    if row is None or last is None:
        return Due(need=Need.FIRST)
    if last.phase in drawing_opening.OPEN:
        return Due(need=Need.AWAITED, before=last)
    quota = committee.vacant(row) if row.draw_seed else dict(row.quota)
    if not quota:
        return Due(need=Need.NONE)
    silent = frozenset(party for one in draws for party in one.at_fault)
    stay = frozenset(last.record["parties"]) - silent
    plain = last.phase == DrawPhase.VOID and len(stay) >= drawing_opening.REMAINING
    return Due(
        need=Need.VACANCY if row.draw_seed else Need.REPEAT,
        quota=quota,
        before=last,
        signed=not plain,
        stay=stay if plain else frozenset(),
        silent=silent,
    )
