"""Frameworks laid out for browsers: ``python -m tests.browser.framework_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lots are and who is signed in.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

import django

DAYS_AGO = 200


@dataclass
class FrameworkStage:
    """Three projects by their codes: terms to be stated, a report waiting, orders being given."""

    stating: str = ""
    waiting: str = ""
    ordering: str = ""
    sessions: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> FrameworkStage:
    """The third one's agreements are signed, and two orders were given."""
    from django.conf import settings

    from signatures.domain import clock, guard
    from tests.bidding.hall import sign_in
    from tests.factories import floor
    from tests.factories.signing import install
    from tests.trading import framework as worlds

    install(settings, folder, days_ago=DAYS_AGO)
    stage, now = FrameworkStage(), clock.now()
    house = floor.house()
    with guard.writes("test arrangement"):
        lot = house.lot
        lot.procedure = {"name": worlds.NAME}
        lot.save()
    stage.stating = lot.project.code
    stage.sessions["stating"] = sign_in(house.buyer)
    world = worlds.framework(at=now - timedelta(days=20))
    stage.waiting = world.lot.project.code
    stage.sessions["waiting"] = sign_in(world.case.house.buyer)
    world = worlds.framework(at=now - timedelta(days=20))
    world.begun(now - timedelta(days=15))
    world.order(1, at=now - timedelta(days=3))
    world.order(2, at=now - timedelta(days=2), unit_price="4750000.00")
    stage.ordering = world.lot.project.code
    stage.sessions["ordering"] = sign_in(world.case.house.buyer)
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
