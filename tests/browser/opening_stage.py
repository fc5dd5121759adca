"""A lot at its opening, laid out for browsers: ``python -m tests.browser.opening_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the hall is and who may act there. With
``work`` it does what the worker would do: whatever is in the queue.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django

PASSWORD = "pw"
PASSPHRASE = "correct horse"
#: Trustees who have released before; with the tenderee's share it is a quorum.
EARLIER = ("centre", "notary")


@dataclass
class OpeningStage:
    """The lot's project; the tenderee's key file; by person a session, the certificate of the
    sealing and the one that signs for their organisation."""

    project: str = ""
    lot: str = ""
    witness: str = ""
    keys: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)
    seals: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> OpeningStage:
    """Three bids are frozen, their gates open and proven; two of four trustees have released."""
    from tests.bidding.hall import sign_in
    from tests.bidding.sealing import steps
    from tests.bidding.sealing import world as worlds
    from tests.bidding.sealing.people import WITNESS, issued
    from tests.factories import floor
    from tests.signatures.labs import shared

    world = worlds.build(folder)
    supervisor = world.trustees["supervisor"].organisation
    floor.assignment(world.lot_row, "supervisor", organisation=supervisor)
    steps.open_for_bids(world)
    for person in world.tenderers:
        world.submit(person)
    steps.freeze(world)
    steps.prove()
    for name in EARLIER:
        answers = steps.released(world, name)
        assert all(each.status_code == 201 for each in answers if not isinstance(each, list))
    # The record is signed for an organisation, whose code the certificate must bear.
    seals = {name: _seal(world.trustees[name]) for name in ("tenderee", "supervisor")}
    # Last: the authorities must know every certificate that they issued.
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    keys = folder / "tenderee-keys.json"
    world.slot_keys["tenderee"].save(keys, PASSPHRASE)
    stage = OpeningStage(
        project=world.lot_row.project.code,
        lot=str(world.lot),
        witness=WITNESS.verifier.vkey,
        keys=str(keys),
    )
    for name in ("tenderee", "supervisor"):
        stage.sessions[name] = sign_in(world.trustees[name].user)
        file = folder / f"{name}.p12"
        file.write_bytes(issued(name, "east", "ec").pkcs12(PASSWORD))
        stage.certificates[name] = str(file)
        seal = folder / f"{name}-seal.p12"
        seal.write_bytes(seals[name])
        stage.seals[name] = str(seal)
    return stage


def _seal(person: Any) -> bytes:
    """A further certificate of this person, in the name of their organisation."""
    from signatures.domain.keys import load_pkcs12
    from tests.bidding.sealing.people import bind
    from tests.signatures.labs import shared

    organisation = person.organisation
    made = shared().region("east").issue(
        organisation.name, organisation=organisation.name, credit_code=organisation.credit_code
    )
    data = bytes(made.pkcs12(PASSWORD))
    bind(person.user, load_pkcs12(data, PASSWORD))
    return data


def work() -> None:
    """Everything in the queue, and what comes of it, as the worker does."""
    from tests.bidding.sealing import steps

    while steps.run_tasks():
        pass


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    if sys.argv[1:] == ["work"]:
        work()
    else:
        migrated.tables()
        print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
