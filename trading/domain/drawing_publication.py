"""What everybody may know of a draw: the bundle that proves it, and how far it came."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import checkpoints, jcs, log
from trading.domain import drawing
from trading.domain.drawing_opening import OPEN
from trading.domain.draws import PHASES
from trading.domain.registry import Resolved
from trading.enums import DrawPhase
from trading.models import Draw, DrawContribution


def bundle(draw: Draw) -> dict[str, Any]:
    """All that was published of a draw, in the form of ``trading.domain.draw_bundle``.

    ``verify_draw`` accepts it once the draw is concluded; before, it holds what the closed phases
    published and no result. Checkpoint and inclusion proofs stand in it once there is one that
    covers every leaf.
    """
    leaves = [
        {"index": draw.leaves[phase], "phase": phase, **_leaf(draw.leaves[phase])}
        for phase in PHASES
        if phase in draw.leaves
    ]
    found: dict[str, Any] = {
        "record": draw.record,
        "commitments": drawing.published(draw, "commitments") if _committed(draw) else {},
        "reveals": drawing.published(draw, "reveals") if _revealed(draw) else {},
        "result": draw.result,
        "leaves": leaves,
    }
    covering = checkpoints.covering(leaves[-1]["index"]) if leaves else None
    if covering is not None:
        found["checkpoint"] = checkpoints.with_cosignatures(covering)
        for leaf in leaves:
            proof = log.inclusion_proof(leaf["index"], covering.size)
            leaf["proof"] = [node.hex() for node in proof]
    return found


def progress(draw: Draw) -> dict[str, Any]:
    """How far a draw came: its number, what it repeats and why, who is awaited until when.

    The signed statements are shown once their phase is closed, in base64.
    """
    until = drawing.deadline(draw)
    return {
        "id": str(draw.pk),
        "urn": draw.urn,
        "purpose": draw.purpose,
        "subject": draw.subject,
        "lot": None if draw.lot_id is None else str(draw.lot_id),
        "number": draw.number,
        "before": None if draw.before is None else draw.before.urn,
        "reason": draw.reason,
        "phase": draw.phase,
        "record_digest": draw.record_digest,
        "opened_at": jcs.timestamp(draw.opened_at),
        "closed_at": None if draw.closed_at is None else jcs.timestamp(draw.closed_at),
        "until": None if until is None else jcs.timestamp(until),
        "missing": drawing.missing(draw) if draw.phase in OPEN else [],
        "at_fault": draw.at_fault,
        "parties": _parties(draw),
        "timestamps": {
            phase: jcs.timestamp(at)
            for phase in draw.leaves
            if (at := drawing.stamped_at(draw, phase)) is not None
        },
    }


def resolve(identifier: str) -> Resolved:
    """What ``draw:<uuid>`` means to people; raises :class:`NotFound`."""
    draw = drawing.find_draw(UUID(identifier))
    title = _("Draw for %(purpose)s, number %(number)d") % {
        "purpose": draw.purpose,
        "number": draw.number,
    }
    return Resolved(title=title, address=f"/api/v1/draws/{draw.pk}")


def _parties(draw: Draw) -> list[dict[str, Any]]:
    rows = {row.party: row for row in draw.contributions.all()}
    return [_party(draw, party, rows.get(party)) for party in draw.record["parties"]]


def _party(draw: Draw, party: str, row: DrawContribution | None) -> dict[str, Any]:
    found: dict[str, Any] = {"party": party, "committed_at": None, "revealed_at": None}
    if row is None:
        return found
    found["committed_at"] = jcs.timestamp(row.committed_at)
    if row.revealed_at is not None:
        found["revealed_at"] = jcs.timestamp(row.revealed_at)
    if _committed(draw):
        found["commitment"] = _statement(row.commit_digests)
    if _revealed(draw):
        found["reveal"] = _statement(row.reveal_digests)
    return found


def _committed(draw: Draw) -> bool:
    return draw.phase != DrawPhase.RECORD


def _revealed(draw: Draw) -> bool:
    return draw.phase not in (DrawPhase.RECORD, DrawPhase.COMMITMENTS)


def _leaf(index: int) -> dict[str, str]:
    data = log.entry(index)
    return {"at": jcs.loads(data)["at"], "leaf": data.hex()}


def _statement(digests: dict[str, str]) -> dict[str, str] | None:
    """A signed statement as it travels; none where the platform itself contributed."""
    if not digests:
        return None
    return {
        "statement": base64.b64encode(store.read(digests["statement"])).decode(),
        "signature": base64.b64encode(store.read(digests["statement-signature"])).decode(),
    }
