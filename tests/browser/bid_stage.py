"""A lot that takes bids, laid out for browsers: ``python -m tests.browser.bid_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who its tenderers are.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import django

PASSPHRASE = "pw"


@dataclass
class BidStage:
    """The lot's project and id; by tenderer its session and its certificate's file."""

    project: str = ""
    lot: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> BidStage:
    """Trustees' keys, policy and schedule are published; four tenderers may bid."""
    from signatures.domain import checkpoints, clock
    from tests.bidding.hall import sign_in
    from tests.bidding.sealing import steps
    from tests.bidding.sealing import world as worlds
    from tests.bidding.sealing.people import issued
    from tests.signatures.labs import shared

    world = worlds.build(folder, tenderers=4)
    steps.open_for_bids(world)
    checkpoints.make(clock.platform)
    # Last: the authorities must know every certificate that they issued.
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    stage = BidStage(project=world.house.lot.project.code, lot=str(world.lot))
    for number, person in enumerate(world.tenderers):
        name = f"tenderer-{number}"
        stage.sessions[name] = sign_in(person.user)
        file = folder / f"{name}.p12"
        made = issued(name, "east" if number % 2 else "west", "rsa" if number == 2 else "ec")
        file.write_bytes(made.pkcs12(PASSPHRASE))
        stage.certificates[name] = str(file)
    stage.sessions["tenderee"] = sign_in(world.tenderee.user)
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
