"""A lot for those who agree to bid together: ``python -m tests.browser.consortium_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who may agree on it.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import django

PASSWORD = "pw"


@dataclass
class ConsortiumStage:
    """The lot's project and URN; of each member, the lead first, its name, credit code, session
    and certificate's file; and the certificate of an organisation that is none."""

    project: str = ""
    lot: str = ""
    members: list[dict[str, str]] = field(default_factory=list)
    stranger: str = ""


def lay_out(folder: Path) -> ConsortiumStage:
    """Bids are taken in; three tenderers have certificates of their organisations."""
    from tests.bidding.hall import sign_in
    from tests.bidding.sealing import steps
    from tests.bidding.sealing import world as worlds
    from tests.signatures.labs import shared
    from trading.domain import credit_code

    def certificate(name: str, code: str) -> str:
        issued = shared().region("west").issue(
            name, organisation=name, credit_code=code, usage="seal"
        )
        path = folder / f"{code}.p12"
        path.write_bytes(issued.pkcs12(PASSWORD))
        return str(path)

    world = worlds.build(folder)
    steps.open_for_bids(world)
    stage = ConsortiumStage(project=world.lot_row.project.code, lot=world.lot_row.urn)
    for person in world.tenderers[:3]:
        organisation = person.organisation
        stage.members.append(
            {
                "name": organisation.name,
                "code": organisation.credit_code,
                "session": sign_in(person.user),
                "file": certificate(organisation.name, organisation.credit_code),
            }
        )
    stage.stranger = certificate("旁观建设有限公司", credit_code.make("91370100MA0000909"))
    # Last: the authorities must know every certificate that they issued.
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
