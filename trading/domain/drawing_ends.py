"""How a draw goes on and how it ends: commitments closed, result in force, or void."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Actor, Outcome, Result, Scene, command, dispatch
from signatures.domain.clock import Clock, platform
from signatures.domain.errors import Refused
from signatures.domain.outside import require_outside_transaction
from trading.domain import dossier, drawing_parties, drawing_purposes, draws
from trading.domain.acts import lock_lot
from trading.domain.draw_record import check_record, seed_of
from trading.domain.drawing_opening import announce, enter_phase, find_draw
from trading.domain.drawing_state import DrawAct, deadline, missing, published, require_phase
from trading.domain.draws import DrawFailed, phase_digests
from trading.enums import PUBLIC, DrawPhase
from trading.models import Draw

KIND = "draw"


@command("trading.close-commitments")
@dataclass(frozen=True, kw_only=True)
class CloseCommitments(DrawAct):
    """Close the commitments once every party's is there; from then on reveals are taken."""

    def decide(self, scene: Scene) -> Result:
        draw: Draw = scene.subject
        require_phase(draw, DrawPhase.RECORD)
        absent = missing(draw)
        if absent:
            raise Refused(
                _("These parties have not committed yet: %(parties)s.")
                % {"parties": ", ".join(absent)},
                code="commitments-missing",
            )
        draw.phase = DrawPhase.COMMITMENTS
        draw.save(update_fields=["phase"])
        commitments = published(draw, "commitments")
        enter_phase(
            scene,
            draw,
            "commitments",
            digests=phase_digests("commitments", draw.record, commitments),
        )
        announce(scene, draw, "draw-committed", minutes=str(draw.reveal_seconds // 60))
        return {"draw": str(draw.pk), "phase": draw.phase}


@command("trading.conclude-draw")
@dataclass(frozen=True, kw_only=True)
class ConcludeDraw(DrawAct):
    """Put the result into force, and with it what the draw's purpose makes of it.

    Dispatched by :func:`conclude` alone, which has run the draw and kept its ``file`` outside any
    transaction. Result: ``{"draw", "phase", "result"}``.
    """

    result: dict[str, Any]
    file: str
    size: int

    def lock(self) -> Draw:
        lot = Draw.objects.filter(pk=self.draw).values_list("lot_id", flat=True).first()
        if lot is not None:
            lock_lot(lot)
        return super().lock()

    def decide(self, scene: Scene) -> Result:
        draw: Draw = scene.subject
        require_phase(draw, DrawPhase.REVEALS)
        self._check_seed(draw)
        failed = "failed" in self.result
        draw.phase = DrawPhase.FAILED if failed else DrawPhase.RESULT
        draw.result, draw.closed_at = self.result, scene.now
        draw.save(update_fields=["phase", "result", "closed_at"])
        enter_phase(
            scene, draw, "result", digests=phase_digests("result", draw.record, self.result)
        )
        if draw.lot is not None:
            dossier.file(
                scene,
                lot=draw.lot,
                kind=KIND,
                name=f"{draw.purpose} {draw.number}.json",
                digest=self.file,
                size=self.size,
                media_type="application/json",
                facts={
                    "draw": draw.urn,
                    "purpose": draw.purpose,
                    "number": draw.number,
                    "phase": draw.phase,
                },
                audience=[PUBLIC],
            )
        hook = drawing_purposes.find(draw.purpose).hook
        if hook is not None and not failed:
            hook(scene, draw, self.result)
        announce(scene, draw, "draw-failed" if failed else "draw-concluded")
        return {"draw": str(draw.pk), "phase": draw.phase, "result": self.result}

    def _check_seed(self, draw: Draw) -> None:
        record = check_record(draw.record)
        reveals = {
            party: bytes.fromhex(text) for party, text in published(draw, "reveals").items()
        }
        seed = seed_of(record.digest, record.parties, reveals).hex()
        if (self.result["seed"], self.result["record_digest"]) != (seed, draw.record_digest):
            raise RuntimeError("The result was worked out from other reveals.")


def conclude(
    draw: UUID, *, actor: Actor, clock: Clock = platform, key: str | None = None
) -> Outcome:
    """Run the draw and put its result into force, once all parties have revealed."""
    drawing_parties.require_interest(actor, find_draw(draw))
    return dispatch(prepare_conclusion(draw), actor=actor, clock=clock, key=key)


def prepare_conclusion(draw: UUID) -> ConcludeDraw:
    """The act that concludes a draw, its result worked out and kept; raises :class:`Refused`.

    A repeat of the same request prepares the same act, whatever phase the draw is in by then.
    """
    require_outside_transaction("Running a draw")
    row = find_draw(draw)
    if row.phase not in (DrawPhase.REVEALS, DrawPhase.RESULT, DrawPhase.FAILED):
        require_phase(row, DrawPhase.REVEALS)
    reveals = published(row, "reveals")
    try:
        result = draws.draw(
            row.record, {party: bytes.fromhex(text) for party, text in reveals.items()}
        )
    except DrawFailed as failure:
        result = failure.result
    content = {
        "record": row.record,
        "commitments": published(row, "commitments"),
        "reveals": reveals,
        "result": result,
    }
    kept = store.put(jcs.dumps(content))
    return ConcludeDraw(draw=row.pk, result=result, file=kept.sha256, size=kept.size)


@command("trading.void-draw")
@dataclass(frozen=True, kw_only=True)
class VoidDraw(DrawAct):
    """Declare a draw void, naming the parties that let their time pass.

    Nobody can do this sooner. Result: ``{"draw", "at_fault": [parties]}``.
    """

    def decide(self, scene: Scene) -> Result:
        draw: Draw = scene.subject
        if draw.phase not in (DrawPhase.RECORD, DrawPhase.COMMITMENTS):
            require_phase(draw, DrawPhase.COMMITMENTS)
        until, absent = deadline(draw), missing(draw)
        if until is None or scene.now <= until or not absent:
            raise Refused(
                _("No party of the draw has let its time pass."), code="nobody-at-fault"
            )
        silent_in = draw.phase
        draw.phase, draw.at_fault, draw.closed_at = DrawPhase.VOID, absent, scene.now
        draw.save(update_fields=["phase", "at_fault", "closed_at"])
        enter_phase(
            scene,
            draw,
            "void",
            digests=phase_digests("record", draw.record),
            context={"at-fault": absent, "after": silent_in},
        )
        announce(scene, draw, "draw-void", parties=", ".join(absent))
        return {"draw": str(draw.pk), "at_fault": absent}
