"""Committees and evaluations as the programming interface shows them, by who asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bidding.domain import (
    codes,
    committee,
    committee_draw,
    evaluation,
    hall,
    room_state,
    score_sheets,
    sealed_rounds,
)
from bidding.domain.room_kinds import ALL
from bidding.models import Committee, Evaluation, Expert, Seat
from signatures.domain import jcs
from signatures.models import User
from trading.models import Draw, Lot


def committee_line(row: Committee, viewer: User | None, at: datetime) -> dict[str, Any]:
    """The committee: numbers for everybody, names for its members and supervisors, the asker's
    own seat."""
    seated = committee.seated(row)
    own = committee.seat_of(row, viewer)
    found = evaluation.find(row.lot)
    shown = committee.can_see_members(viewer, row.lot, at)
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "lot": row.lot.urn,
        "quota": row.quota,
        "size": row.size,
        "seated": len(seated),
        "declared": sum(seat.declared_at is not None for seat in seated),
        "vacant": committee.vacant(row),
        "opened_at": jcs.timestamp(row.opened_at),
        "complete_at": _moment(row.complete_at),
        "codes": codes.commitment(bytes.fromhex(row.code_seed)).hex(),
        "draws": [
            {"id": str(draw.pk), "urn": draw.urn, "number": draw.number, "phase": draw.phase}
            for draw in _draws(row)
        ],
        "mine": None if own is None else seat_line(own),
        "seats": [seat_line(seat) for seat in _seats(row)] if shown else None,
        "evaluation": None if found is None else evaluation_line(found),
    }


def _draws(row: Committee) -> list[Draw]:
    """The draws by which this committee was seated."""
    panel = row.round < sealed_rounds.main(row.lot)
    wanted = committee_draw.PANEL if panel else committee_draw.PURPOSE
    return list(Draw.objects.filter(lot=row.lot, purpose=wanted).order_by("number"))


def _seats(row: Committee) -> list[Seat]:
    rows = row.seats.filter(called_at__isnull=False).select_related("user")
    return list(rows.order_by("called_at", "stratum", "position"))


def seat_line(seat: Seat) -> dict[str, Any]:
    """One seat with its person; alternates who were not called are nobody's to see."""
    expert = Expert.objects.filter(user=seat.user).first()
    return {
        "user": seat.user.urn,
        "name": seat.user.full_name,
        "employer": "" if expert is None else expert.employer,
        "stratum": seat.stratum,
        "called_at": _moment(seat.called_at),
        "declared_at": _moment(seat.declared_at),
        "conflict": seat.conflict,
        "reason": seat.reason,
        "left_at": _moment(seat.left_at),
    }


def evaluation_line(row: Evaluation) -> dict[str, Any]:
    """How far the evaluation came; of its content only what its public leaves say."""
    frozen = row.frozen_at is not None
    lot = row.committee.lot
    return {
        "id": str(row.pk),
        "frozen_at": _moment(row.frozen_at),
        "result": row.technical if frozen else None,
        "admitted": [str(bid) for bid in evaluation.admitted(lot)] if frozen else None,
        "computed_at": _moment(row.computed_at),
        "report_at": _moment(row.report_at),
        "signed_at": _moment(row.signed_at),
    }


def sheet_line(row: Committee, viewer: User) -> dict[str, Any]:
    """The asker's own score sheet, exactly as they sign it, and its digest."""
    sheet = score_sheets.of_user(row, viewer)
    room = evaluation.last_room(row.lot)
    content = score_sheets.content(sheet, row.lot, room)
    return {
        "label": sheet.label,
        "sheet": content,
        "sha256": jcs.digest(content).hex(),
        "frozen_at": _moment(sheet.frozen_at),
    }


def opening_line(lot: Lot) -> dict[str, Any] | None:
    """What everybody may see of the lot's opening, without being in its hall."""
    room = hall.last(lot.pk)
    if room is None:
        return None
    state = room_state.state(room, frozenset({ALL}))
    attended = [
        {name: each[name] for name in ("organisation", "name", "roles")}
        for each in state["attended"]
    ]
    return {
        "room": str(room.pk),
        "open": room.is_open,
        "seq": room.seq,
        **state, "attended": attended,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else jcs.timestamp(at)
