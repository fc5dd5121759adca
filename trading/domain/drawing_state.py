"""Where a draw stands: its phase, who is awaited until when, and the row that acts lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from asn1crypto import cms
from django.utils.translation import gettext as _

from signatures.domain import findings
from signatures.domain.act import Act, Actor
from signatures.domain.errors import NotFound, Refused
from signatures.models import Checkpoint
from trading.domain import drawing_parties
from trading.domain.drawing_opening import OPEN, find_draw
from trading.enums import DrawPhase
from trading.models import Draw


def stamped_at(draw: Draw, phase: str) -> datetime | None:
    """When a timestamp authority saw the leaf that closed a phase; none until one has."""
    leaf = draw.leaves.get(phase)
    if leaf is None:
        return None
    row = (
        Checkpoint.objects.filter(size__gt=leaf, timestamp__isnull=False).order_by("size").first()
    )
    if row is None or row.timestamp is None:
        return None
    return findings.stamp_time(cms.ContentInfo.load(bytes(row.timestamp))["content"])


def deadline(draw: Draw) -> datetime | None:
    """Until when the parties may commit, or reveal; none while the phase has not begun."""
    seconds = {
        DrawPhase.RECORD: draw.commit_seconds,
        DrawPhase.COMMITMENTS: draw.reveal_seconds,
    }.get(DrawPhase(draw.phase))
    began = stamped_at(draw, draw.phase)
    if seconds is None or began is None:
        return None
    return began + timedelta(seconds=seconds)


def published(draw: Draw, phase: str) -> dict[str, str]:
    """``{party: hex}`` of the commitments or reveals that are there, in order of party."""
    name = "commitment" if phase == "commitments" else "reveal"
    rows = draw.contributions.order_by("party").values_list("party", name)
    return {party: value for party, value in rows if value}


def missing(draw: Draw) -> list[str]:
    """The parties that the present phase still waits for."""
    phase = "commitments" if draw.phase == DrawPhase.RECORD else "reveals"
    there = published(draw, phase)
    return [party for party in draw.record["parties"] if party not in there]


def require_phase(draw: Draw, phase: DrawPhase) -> None:
    if draw.phase == phase:
        return
    over = draw.phase not in OPEN
    raise Refused(
        _("The draw stands elsewhere: %(phase)s.") % {"phase": DrawPhase(draw.phase).label},
        code="draw-over" if over else "wrong-phase",
    )


@dataclass(frozen=True, kw_only=True)
class DrawAct(Act):
    """An act on one draw, whose row it locks."""

    public: ClassVar[bool] = True

    draw: UUID

    def permit(self, actor: Actor) -> None:
        drawing_parties.require_interest(actor, find_draw(self.draw))

    def lock(self) -> Draw:
        row = (
            Draw.objects.select_for_update(of=("self",))
            .select_related("lot")
            .filter(pk=self.draw)
            .first()
        )
        if row is None:
            raise NotFound(_("There is no such draw."), code="unknown-draw")
        return row
