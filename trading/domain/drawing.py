"""Draws as acts: record, commitments, reveals, result, each closed by a timestamped plain leaf.

``trading.domain.draws`` says what a record draws; here is who may do what and when. A phase's
leaf must stand in a timestamped checkpoint before the next one's contributions are taken, so that
nobody, the centre least of all, can put a record or a commitment back in time; the parties' time
runs from that timestamp. The reveals of the others stay hidden until the last is there.

An app that needs draws registers its purpose with :func:`on_result` and opens one by
:class:`OpenDraw`, or by :func:`open_draw` within an act of its own.
"""

from __future__ import annotations

from trading.domain.drawing_contributions import (
    COMMIT,
    COMMIT_FIELDS,
    REVEAL,
    REVEAL_FIELDS,
    CommitDraw,
    RevealDraw,
)
from trading.domain.drawing_ends import (
    CloseCommitments,
    ConcludeDraw,
    VoidDraw,
    conclude,
    prepare_conclusion,
)
from trading.domain.drawing_opening import (
    REDRAW,
    REDRAW_FIELDS,
    OpenDraw,
    alias,
    find_draw,
    make_aliases,
    new_id,
    open_draw,
    opened,
    purpose_of,
    real_id,
)
from trading.domain.drawing_parties import CENTRE
from trading.domain.drawing_purposes import on_result
from trading.domain.drawing_state import deadline, missing, published, stamped_at

__all__ = [
    "CENTRE",
    "COMMIT",
    "COMMIT_FIELDS",
    "REDRAW",
    "REDRAW_FIELDS",
    "REVEAL",
    "REVEAL_FIELDS",
    "CloseCommitments",
    "CommitDraw",
    "ConcludeDraw",
    "OpenDraw",
    "RevealDraw",
    "VoidDraw",
    "alias",
    "conclude",
    "deadline",
    "find_draw",
    "make_aliases",
    "missing",
    "new_id",
    "on_result",
    "open_draw",
    "opened",
    "prepare_conclusion",
    "published",
    "purpose_of",
    "real_id",
    "stamped_at",
]
