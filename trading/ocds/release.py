"""Releases: one for each public event of a lot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trading.ocds import events
from trading.ocds.documents import LANGUAGE
from trading.ocds.events import Event
from trading.ocds.ids import moment, ocid
from trading.ocds.story import Story


@dataclass(frozen=True)
class Release:
    """One release as JSON; ``at`` and ``key`` are its place in a feed."""

    at: datetime
    key: UUID
    body: dict[str, Any]


def releases(story: Story) -> list[Release]:
    """All releases of a lot, oldest first."""
    name = ocid(story.lot)
    return [_release(name, event) for event in events.of(story)]


def _release(name: str, event: Event) -> Release:
    body = {
        "ocid": name,
        "id": f"{event.tags[0]}-{event.key}",
        "date": moment(event.at),
        "tag": list(event.tags),
        "initiationType": "tender",
        "language": LANGUAGE,
        **event.says,
    }
    return Release(at=event.at, key=event.key, body=body)
