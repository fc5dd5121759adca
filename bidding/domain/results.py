"""The technical result: fixed once every sheet is frozen; only then may prices be opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from bidding.domain import committee, evaluation, rooms, score_sheets, scoring
from bidding.domain.evaluation_acts import require_seat, scoring_rule
from bidding.domain.room_commands import Call
from bidding.models import Evaluation, Room
from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Refused
from trading.domain import dossier, notices
from trading.domain.acts import LotAct
from trading.enums import LotRole
from trading.models import Lot

TECHNICAL = "technical-result"
JSON = "application/json"
#: Who may see what is filed of scores before the report.
READERS = (LotRole.EVALUATOR, LotRole.SUPERVISOR, LotRole.INSPECTOR, LotRole.ARCHIVIST)


@dataclass(frozen=True, kw_only=True)
class ResultAct(LotAct):
    """An act of a member on the result of the lot's evaluation.

    What it writes is worked out and stored before the act, and worked out again within it:
    ``digest`` and ``size`` are the file's, ``salt`` is in it.
    """

    salt: str = field(metadata={"request": False})
    digest: str = field(metadata={"request": False})
    size: int = field(metadata={"request": False})

    def open(self, scene: Scene) -> tuple[Evaluation, Room]:
        """The evaluation and its room, locked, when the procedure and the seat allow the act."""
        lot: Lot = scene.subject
        self.proceed(scene)
        room = evaluation.live_room(lot.pk)
        if room is None:
            raise Refused(_("No evaluation room of this lot is open."), code="room-closed")
        room = rooms.lock(room.pk)
        row = evaluation.get(lot)
        require_seat(row.committee, scene.actor)
        return row, room

    def require_same(self, content: dict[str, Any]) -> None:
        """What was stored is what stands now; raises :class:`Refused`."""
        if jcs.digest(content).hex() != self.digest:
            raise Refused(
                _("Something changed while the result was worked out. Try again."),
                code="result-changed",
            )


def technical_content(row: Evaluation, room: Room, salt: str) -> dict[str, Any]:
    """The technical result: every sheet under its label, every bid's points, the codes' seed.

    Salted, because scores can be guessed and the digest is public.
    """
    lot = row.committee.lot
    scheme = evaluation.scheme_of(lot)
    bids = evaluation.coded(row.committee)
    sheets = score_sheets.sheets(row.committee)
    points = {sheet.label: score_sheets.points(sheet) for sheet in sheets}
    means = scoring.technical(scheme, list(bids), list(points.values()))
    return {
        "v": 1,
        "salt": salt,
        "lot": lot.urn,
        "room": room.urn,
        "evaluation": notices.evaluation_digest(lot),
        "seed": row.committee.code_seed,
        "draw_seed": row.committee.draw_seed,
        "codes": {code: bid.urn for code, bid in bids.items()},
        "sheets": {
            sheet.label: {
                "digest": sheet.digest,
                "statement": sheet.statement,
                "scores": {
                    code: {name: f"{value:.2f}" for name, value in cells.items()}
                    for code, cells in points[sheet.label].items()
                },
            }
            for sheet in sheets
        },
        "technical": {code: str(value) for code, value in means.items()},
        "rejected": row.rejected,
    }


@command("bidding.freeze-scores")
@dataclass(frozen=True, kw_only=True)
class FreezeScores(ResultAct):
    """Fix the technical result once every member's sheet is frozen; then prices may be opened.

    Where members differ on an objective criterion nothing is fixed: the sheets are open again
    and the room learns which cells differ. Result: ``{"frozen": bool, "result": digest, "seq"}``.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row, room = self.open(scene)
        if row.frozen_at is not None:
            raise Refused(
                _("The scores are frozen."), code="scores-frozen", rule=scoring_rule(lot)
            )
        members = committee.require_complete(row.committee)
        sheets = score_sheets.sheets(row.committee)
        waiting = sum(sheet.frozen_at is None for sheet in sheets) + len(members) - len(sheets)
        if waiting:
            raise Refused(
                _("%(number)d score sheets are not frozen yet.") % {"number": waiting},
                code="sheets-open",
                rule=scoring_rule(lot),
            )
        bids = evaluation.coded(row.committee)
        scheme = evaluation.scheme_of(lot)
        cells = scoring.disagreements(
            scheme, list(bids), [score_sheets.points(sheet) for sheet in sheets]
        )
        if cells:
            return self._reopen(scene, row, room, cells)
        content = technical_content(row, room, self.salt)
        self.require_same(content)
        row.technical, row.frozen_at = self.digest, scene.now
        row.save(update_fields=["technical", "frozen_at"])
        going_on = evaluation.admitted(lot)
        scene.enter(
            subject=lot.urn,
            digests={"result": self.digest},
            context={"seed": row.committee.code_seed, "sheets": len(sheets)},
            urgent=True,
        )
        dossier.file(
            scene,
            lot=lot,
            kind=TECHNICAL,
            name="technical-result.json",
            digest=self.digest,
            size=self.size,
            media_type=JSON,
            facts={
                "admitted": [str(bid) for bid in going_on],
                "rejected": [each["bid"] for each in row.rejected],
            },
            audience=READERS,
        )
        self._tell(scene, row, room, content)
        return {"frozen": True, "result": self.digest, "seq": room.seq}

    def _tell(
        self, scene: Scene, row: Evaluation, room: Room, content: dict[str, Any]
    ) -> None:
        """The committee confers now: sheets under labels, points, and whose the bids are."""
        scores = {label: sheet["scores"] for label, sheet in content["sheets"].items()}
        rooms.emit(
            scene,
            room,
            "result",
            {"technical": content["technical"], "sheets": scores, "result": self.digest},
            by=room.urn,
        )
        identities = {
            code: {"bid": bid.urn, "organisation": bid.tenderer.urn, "name": bid.tenderer.name}
            for code, bid in evaluation.coded(row.committee).items()
        }
        rooms.emit(scene, room, "identities", {"bids": identities}, by=room.urn)
        rooms.enter_stage(scene, room, "prices")

    def _reopen(
        self, scene: Scene, row: Evaluation, room: Room, cells: list[tuple[str, str]]
    ) -> Result:
        for sheet in score_sheets.sheets(row.committee):
            sheet.frozen_at = None
            sheet.save(update_fields=["frozen_at"])
        named = [list(cell) for cell in cells]
        rooms.emit(scene, room, "differs", {"cells": named}, by=room.urn)
        scene.enter(
            subject=room.urn, act="bidding.reopen-sheets", public=False,
            context={"cells": len(cells)},
        )
        return {"frozen": False, "result": "", "seq": room.seq}


def prepare_freeze(call: Call) -> FreezeScores:
    """The act of a frame ``freeze-scores``, its result worked out and stored."""
    row = evaluation.get(call.room.lot)
    require_seat(row.committee, call.actor)
    salt = evaluation.new_salt()
    sheets = score_sheets.sheets(row.committee)
    digest, size = "", 0
    if sheets and all(sheet.frozen_at is not None for sheet in sheets):
        kept = store.put(jcs.dumps(technical_content(row, call.room, salt)))
        digest, size = kept.sha256, kept.size
    return FreezeScores(lot=call.room.lot_id, salt=salt, digest=digest, size=size)
