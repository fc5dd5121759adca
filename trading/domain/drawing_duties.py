"""What the clock does for draws: the platform's own contributions, and every phase's end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from signatures.domain import platform
from signatures.domain.act import Act
from signatures.domain.errors import SunlitError
from trading.domain import drawing, drawing_parties, drawing_publication, registry
from trading.domain.draw_record import commitment_of
from trading.domain.drawing_opening import OPEN
from trading.enums import DrawPhase
from trading.models import Draw

log = logging.getLogger("sunlit.clock")


def due(now: datetime) -> Iterator[Act]:
    """The acts that draws ask for now, each made when the one before it was done.

    The platform's party commits and reveals as soon as it may, so it never chooses its moment.
    One draw's trouble never stops another's.
    """
    rows = Draw.objects.filter(phase__in=OPEN).order_by("opened_at", "pk")
    for identifier in rows.values_list("pk", flat=True):
        done: set[type[Act]] = set()
        while (act := _next(identifier, now)) is not None and type(act) not in done:
            done.add(type(act))
            yield act


def _next(identifier: UUID, now: datetime) -> Act | None:
    try:
        return _wanted(Draw.objects.get(pk=identifier), now)
    except SunlitError as error:
        log.warning("The draw %s waits: %s", identifier, error.code)
        return None


def _wanted(draw: Draw, now: datetime) -> Act | None:
    if draw.phase == DrawPhase.REVEALS:
        return drawing.prepare_conclusion(draw.pk)
    until = drawing.deadline(draw)
    if draw.phase not in OPEN or until is None:
        return None
    absent = drawing.missing(draw)
    if draw.phase == DrawPhase.RECORD and not absent:
        return drawing.CloseCommitments(draw=draw.pk)
    if now > until:
        return drawing.VoidDraw(draw=draw.pk) if absent else None
    if drawing_parties.CENTRE not in absent:
        return None
    record = bytes.fromhex(draw.record_digest)
    reveal = platform.draw_reveal(record)
    if draw.phase == DrawPhase.COMMITMENTS:
        return drawing.RevealDraw(draw=draw.pk, value=reveal.hex())
    committed = commitment_of(record, drawing_parties.CENTRE, reveal)
    return drawing.CommitDraw(draw=draw.pk, value=committed.hex())


def register() -> None:
    """Give the clock its part and draws a name; called when the app is ready."""
    registry.register_due("trading.draws", due)
    registry.register_resolver(Draw.urn_kind, drawing_publication.resolve)
