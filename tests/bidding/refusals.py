"""Refusals that leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bidding.models import Evaluation, RoomEvent
from signatures.domain.errors import Refused, SunlitError
from signatures.models import LedgerEntry, SigningDocument
from tests.bidding.drawn import Drawn
from trading.models import Exhibit


def _state(world: Drawn) -> tuple[object, ...]:
    return (
        RoomEvent.objects.count(),
        LedgerEntry.objects.count(),
        SigningDocument.objects.count(),
        Exhibit.objects.count(),
        list(Evaluation.objects.values()),
        world.opening.refresh().stage,
    )


@contextmanager
def refused_command(
    world: Drawn, code: str, kind: type[SunlitError] = Refused
) -> Iterator[None]:
    """What is done inside is refused with this code and changes nothing."""
    before = _state(world)
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code
    assert _state(world) == before
