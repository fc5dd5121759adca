"""Room for bodies: a statement is registered only where what it announces can be taken in.

Whoever seals 4 GiB and finds the platform full in the last hour has lost the bid. So the room is
looked at before anything is registered: what is free, less what the statements that stand have
still to bring, less a reserve for everything else (``SUNLIT_BODIES_RESERVE_MIB``).
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from bidding.domain import bodies
from bidding.enums import BidState, VersionState
from bidding.models import Envelope

log = logging.getLogger("sunlit.storage")


def awaited() -> int:
    """Bytes that versions which take bytes in have still to bring."""
    rows = Envelope.objects.filter(
        version__state=VersionState.RECEIVING, version__bid__state=BidState.LIVE
    )
    return rows.aggregate(left=Sum(F("size") - F("received")))["left"] or 0


def fits(size: int, *, free: int, awaited: int, reserve: int) -> bool:
    """Whether so many bytes more can be taken in without touching the reserve."""
    return size <= free - awaited - reserve


def require(size: int) -> None:
    """Raise :class:`bodies.DiskFull` where so many bytes more could not be taken in."""
    free = bodies.free()
    if free is None:
        return
    others = awaited()
    if fits(size, free=free, awaited=others, reserve=settings.BODIES_RESERVE):
        return
    log.error("No room for a bid of %d bytes: %d free, %d awaited.", size, free, others)
    raise bodies.DiskFull(
        _("The platform has no room for %(size)d MB just now, so nothing was registered. Your"
          " files and keys are where they were: tell the centre, and try again.")
        % {"size": -(-size // 10**6)}
    )
