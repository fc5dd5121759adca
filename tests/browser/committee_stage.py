"""A lot that waits for its committee, for browsers: ``python -m tests.browser.committee_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, and says in one line of
JSON where the lot is and who hosts it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import django


@dataclass
class CommitteeStage:
    """The lot's project, and the session of whoever has its committee drawn."""

    project: str
    host: str


def lay_out(folder: Path) -> CommitteeStage:
    """Nine experts stand in the pool, one of them is of a tenderer's; nothing is drawn yet."""
    from django.conf import settings

    from bidding.models import Expert
    from signatures.domain import checkpoints, clock, guard
    from tests.bidding import drawn, opened
    from tests.bidding.hall import sign_in

    house = opened.build(settings, folder)
    drawn.build(house, experts=9)
    with guard.writes("test arrangement"):
        tied = Expert.objects.order_by("pk")[0]
        tied.employer = house.bids[0].tenderer.name
        tied.save()
    checkpoints.make(clock.platform)
    return CommitteeStage(project=house.lot.project.code, host=sign_in(house.host))


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
