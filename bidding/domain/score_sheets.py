"""A member's own score sheet: kept as it grows, seen by nobody else, frozen by a signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import attendance, committee, evaluation, rooms, scoring
from bidding.domain.evaluation_acts import MemberAct, require_seat, scoring_rule
from bidding.domain.room_commands import Call
from bidding.domain.room_kinds import only
from bidding.domain.scoring import Scheme
from bidding.models import Committee, Evaluation, Room, Score, ScoreSheet
from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import NotFound, Refused
from signatures.models import User
from trading.domain.signed import Accepted
from trading.models import Lot

PURPOSE = "sunlit.score-sheet/1"
FIELDS = frozenset({"lot", "room", "sheet"})


def sheets(row: Committee) -> list[ScoreSheet]:
    """The score sheets of the present members, in the order of their labels."""
    rows = ScoreSheet.objects.filter(seat__in=committee.members(row))
    return list(rows.select_related("seat__user").order_by("label"))


def of_user(row: Committee, user: User | None) -> ScoreSheet:
    """The person's own sheet; raises :class:`NotFound`."""
    seat = committee.seat_of(row, user)
    found = None if seat is None else ScoreSheet.objects.filter(seat=seat).first()
    if found is None:
        raise NotFound(_("You have no score sheet here."), code="no-sheet")
    return found


def points(sheet: ScoreSheet) -> dict[str, dict[str, Decimal]]:
    """Code -> criterion -> points."""
    found: dict[str, dict[str, Decimal]] = {}
    for score in sheet.scores.order_by("code", "criterion"):
        found.setdefault(score.code, {})[score.criterion] = score.points
    return found


def content(sheet: ScoreSheet, lot: Lot, room: Room) -> dict[str, Any]:
    """The sheet as its member signs it: JSON whose SHA-256 of the canonical form is ``sheet``."""
    return {
        "v": 1,
        "lot": lot.urn,
        "room": room.urn,
        "member": sheet.seat.user.urn,
        "scores": {
            code: {criterion: f"{value:.2f}" for criterion, value in row.items()}
            for code, row in points(sheet).items()
        },
    }


def _progress(row: Evaluation, scheme: Scheme, codes: list[str]) -> int:
    """How many sheets have points in every cell."""
    return sum(
        not scoring.missing(scheme, codes, points(sheet)) for sheet in sheets(row.committee)
    )


@command("bidding.score-bid")
@dataclass(frozen=True, kw_only=True)
class ScoreBid(MemberAct):
    """Points for one bid under one criterion, on the member's own sheet; again replaces them.

    ``bid`` is the bid's code, ``points`` a number as text. The member alone sees the points;
    the others learn how many sheets are complete.
    """

    phase = "scoring"
    bid: str
    criterion: str
    points: Decimal

    def perform(self, scene: Scene, room: Room) -> None:
        row, seat = self.enter_room(scene, room)
        sheet = ScoreSheet.objects.get(seat=seat)
        if sheet.frozen_at is not None:
            raise Refused(
                _("Your score sheet is frozen."),
                code="sheet-frozen",
                rule=scoring_rule(row.committee.lot),
            )
        scheme = evaluation.scheme_of(row.committee.lot)
        codes = list(evaluation.coded(row.committee))
        if self.bid not in codes:
            raise NotFound(_("There is no bid of this code."), code="no-such-bid")
        value = scoring.check_points(scheme, self.criterion, self.points)
        score = Score.objects.filter(
            sheet=sheet, code=self.bid, criterion=self.criterion
        ).first()
        if score is not None and score.points == value:
            return
        if score is None:
            Score.objects.create(
                sheet=sheet, code=self.bid, criterion=self.criterion, points=value
            )
        else:
            score.points = value
            score.save(update_fields=["points"])
        data = {"bid": self.bid, "criterion": self.criterion, "points": f"{value:.2f}"}
        rooms.emit(scene, room, "scored", data, only(scene.actor.urn))
        if score is None and not scoring.missing(scheme, codes, points(sheet)):
            complete = _progress(row, scheme, codes)
            rooms.emit(
                scene,
                room,
                "progress",
                {"complete": complete, "of": row.committee.size},
                by=room.urn,
            )


@command("bidding.freeze-sheet")
@dataclass(frozen=True, kw_only=True)
class FreezeSheet(MemberAct):
    """Freeze the own sheet: ``sunlit.score-sheet/1`` ``{lot, room, sheet}``.

    ``sheet`` is the SHA-256 of the sheet's canonical JSON (:func:`content`), which lies in the
    store. Result: ``{"sheet", "frozen": n, "of": n}``.
    """

    phase = "scoring"
    signed: Accepted
    digest: str = field(metadata={"request": False})

    def perform(self, scene: Scene, room: Room) -> Result:
        row, seat = self.enter_room(scene, room)
        self.signed.require_bound(scene.actor)
        attendance.require_about(self.signed, room)
        sheet = ScoreSheet.objects.select_related("seat__user").get(seat=seat)
        lot = row.committee.lot
        if sheet.frozen_at is not None:
            raise Refused(
                _("Your score sheet is frozen."), code="sheet-frozen", rule=scoring_rule(lot)
            )
        self._require_complete(row, sheet)
        wanted = jcs.digest(content(sheet, lot, room)).hex()
        if self.signed.value["sheet"] != wanted or self.digest != wanted:
            raise Refused(
                _("You signed another sheet than the one that stands here. Look at it again, then"
                  " sign."),
                code="other-sheet",
            )
        sheet.frozen_at, sheet.digest = scene.now, wanted
        sheet.statement, sheet.signature = self.signed.statement, self.signed.signature
        sheet.assessment = self.signed.assessment_digest
        sheet.save()
        scene.enter(
            subject=sheet.urn,
            digests={"sheet": wanted, **self.signed.digests()},
            context={"lot": lot.urn, "room": room.urn},
            receipt_for=(scene.actor.urn,),
        )
        frozen = sum(each.frozen_at is not None for each in sheets(row.committee))
        counts = {"frozen": frozen, "of": row.committee.size}
        rooms.emit(scene, room, "sheets", counts, by=room.urn)
        return {"sheet": wanted, **counts}

    def _require_complete(self, row: Evaluation, sheet: ScoreSheet) -> None:
        codes = list(evaluation.coded(row.committee))
        scheme = evaluation.scheme_of(row.committee.lot)
        absent = scoring.missing(scheme, codes, points(sheet))
        if absent:
            raise Refused(
                _("Points are missing: %(cells)s.")
                % {"cells": ", ".join(f"{code} {criterion}" for code, criterion in absent[:10])},
                code="sheet-incomplete",
                rule=scoring_rule(row.committee.lot),
            )


def prepare_freeze(call: Call) -> FreezeSheet:
    """The act of a frame ``freeze-sheet``; puts the sheet as it stands into the store."""
    signed = attendance.signed_frame(call, PURPOSE, FIELDS)
    row = evaluation.get(call.room.lot)
    require_seat(row.committee, call.actor)
    sheet = of_user(row.committee, call.actor.user)
    kept = store.put(jcs.dumps(content(sheet, call.room.lot, call.room)))
    return FreezeSheet(room=call.room.pk, signed=signed, digest=kept.sha256)
