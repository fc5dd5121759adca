"""A panel that votes, laid out for browsers: ``python -m tests.browser.deciding_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who sits on its panel.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django

PASSPHRASE = "pw"
DAYS_AGO = 60


@dataclass
class DecidingStage:
    """The lot's project and a second one's, whose contract is signed; sessions and certificates."""

    project: str = ""
    contracted: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> DecidingStage:
    """The first round is open, and four of five have voted."""
    from django.conf import settings
    from django.test import Client

    from signatures.domain.keys import Signer
    from tests.bidding.hall import sign_in
    from tests.browser.contract_stage import bind
    from tests.factories.signers import Person
    from tests.factories.signing import install
    from tests.trading import separated as worlds
    from tests.trading.performing import World

    platform = install(settings, folder, days_ago=DAYS_AGO)
    stage = DecidingStage()

    def equip(user: Any, organisation: Any = None) -> Person:
        issued = platform.lab.region("east").issue(
            user.full_name, person_id="370102198001010011", usage="person"
        )
        file = folder / f"{user.pk}.p12"
        file.write_bytes(issued.pkcs12(PASSPHRASE))
        bind(user, issued)
        stage.certificates[user.full_name] = str(file)
        stage.sessions[user.full_name] = sign_in(user)
        signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
        return Person(user, organisation, signer, Client(), "")

    world = worlds.separated(equip=equip)
    stage.project = world.lot.project.code
    stage.sessions["buyer"] = stage.sessions[world.buyer.user.full_name]
    world.voting()
    for number, member in enumerate(world.members[1:]):
        world.cast(member, world.candidates[number % 2])
    contract = World(equip=equip)
    stage.contracted = contract.lot.project.code
    contract.record()
    contract.record(contract.case.tenderers[1])
    contract.enter(kind="payment", amount="960000.00", text="支付预付款")
    contract.answer()
    contract.enter(text="完成基础工程，申请进度确认")
    stage.sessions["party"] = stage.sessions[contract.buyer.user.full_name]
    stage.certificates["party"] = stage.certificates[contract.buyer.user.full_name]
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
