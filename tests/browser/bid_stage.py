"""A lot that takes bids, laid out for browsers: ``python -m tests.browser.bid_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who its tenderers are.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

PASSPHRASE = "pw"
#: Set in the environment, it asks for a lot that takes final offers.
FINAL_OFFERS = "STAGE_FINAL_OFFERS"
#: Set in the environment, the first tenderer's bid is from before a second edition.
AMENDED = "STAGE_AMENDED"


@dataclass
class BidStage:
    """The lot's project and id; by tenderer its session and its certificate's file."""

    project: str = ""
    lot: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def amend(world: Any) -> None:
    """The first tenderer bids; then a later edition of the documents affects its bid."""
    from signatures import store
    from signatures.domain import clock
    from signatures.domain.act import Actor, dispatch
    from tests.bidding.sealing.people import move_clock
    from tests.bidding.sealing.world import DEADLINE
    from trading.domain import amendments

    world.submit(world.tenderers[0])
    answer = world.publish_schedule(seq=2, deadline=DEADLINE + timedelta(days=7))
    assert answer.status_code == 201, answer.content
    move_clock(clock.now() + timedelta(minutes=5))
    earlier = amendments.current(world.lot_row)
    assert earlier is not None
    data = b"%PDF-1.7 edition 2"
    changes = (
        amendments.Change(
            clause="第三章 3.2 管材",
            before="主管采用 DN500 钢筋混凝土管，Ⅱ级。",
            after="主管采用 DN600 钢筋混凝土管，Ⅱ级。",
        ),
        amendments.Change(clause="第五章 5.4 检测", after="全线管道竣工后作电视检测。"),
    )
    act = amendments.AmendDocuments(
        lot=world.lot, before=earlier.digest, changes=changes, affects=True,
        title="招标文件（第 2 版）", digest=store.put(data).sha256, size=len(data),
    )
    dispatch(act, actor=Actor.person(world.tenderee.user))


def lay_out(
    folder: Path, *, final_offers: bool = False, amended: bool = False
) -> BidStage:
    """Trustees' keys, policy and schedule are published; four tenderers may bid.

    With ``final_offers`` the group has negotiated, and three of them may make a final offer.
    """
    from signatures.domain import checkpoints, clock
    from tests.bidding.hall import sign_in
    from tests.bidding.sealing import negotiated, steps
    from tests.bidding.sealing import world as worlds
    from tests.bidding.sealing.people import issued, move_clock
    from tests.factories.floor import START
    from tests.signatures.labs import shared

    world = worlds.build(folder, tenderers=4)
    if final_offers:
        move_clock(START + timedelta(hours=1))
        negotiated.negotiating(world)
        negotiated.called(world)
    else:
        steps.open_for_bids(world)
    if amended:
        amend(world)
    checkpoints.make(clock.platform)
    # Recognised, and nobody's yet: one by language.
    spare = {f"spare-{language}": "rsa" if language == "en" else "ec"
             for language in ("en", "zh-hans")}
    made = {name: issued(name, "west", kind) for name, kind in spare.items()}
    # Last: the authorities must know every certificate that they issued.
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    stage = BidStage(project=world.house.lot.project.code, lot=str(world.lot))
    for number, person in enumerate(world.tenderers):
        name = f"tenderer-{number}"
        stage.sessions[name] = sign_in(person.user)
        made[name] = issued(name, "east" if number % 2 else "west", "rsa" if number == 2 else "ec")
    for name, each in made.items():
        file = folder / f"{name}.p12"
        file.write_bytes(each.pkcs12(PASSPHRASE))
        stage.certificates[name] = str(file)
    stage.sessions["tenderee"] = sign_in(world.tenderee.user)
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    wanted = {
        "final_offers": bool(os.environ.get(FINAL_OFFERS)),
        "amended": bool(os.environ.get(AMENDED)),
    }
    print(json.dumps(asdict(lay_out(Path(settings.DATA), **wanted))))
