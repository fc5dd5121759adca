"""A tenderee and nothing else, laid out for browsers: ``python -m tests.browser.prepare_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON who may sign in and with which certificate.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import django

PASSPHRASE = "pw"


@dataclass
class PrepareStage:
    """The tenderee's session and the path of its certificate's file."""

    session: str = ""
    certificate: str = ""


def lay_out(folder: Path) -> PrepareStage:
    """A platform with its keys and lists, and a tenderee whose certificate is bound."""
    from signatures.domain import checkpoints, clock
    from signatures.domain.keys import load_pkcs12
    from tests.archive import world
    from tests.bidding.hall import sign_in
    from tests.bidding.sealing.people import bind
    from tests.factories import floor
    from tests.signatures.labs import shared

    world.found(folder)
    tenderee = floor.organisation("东岳市政工程建设管理中心", "tenderee")
    buyer = floor.person("周明", tenderee)
    issued = shared().region("east").issue(
        tenderee.name, organisation=tenderee.name, credit_code=tenderee.credit_code
    )
    file = folder / "tenderee.p12"
    file.write_bytes(issued.pkcs12(PASSPHRASE))
    bind(buyer, load_pkcs12(file.read_bytes(), PASSPHRASE))
    checkpoints.make(clock.platform)
    # Last: the authorities must know every certificate that they issued.
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    return PrepareStage(session=sign_in(buyer), certificate=str(file))


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
