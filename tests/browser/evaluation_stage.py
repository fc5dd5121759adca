"""A lot whose committee scores, for browsers: ``python -m tests.browser.evaluation_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, and says in one line of
JSON where the lot is and who sits on its committee. ``SUNLIT_STAGE_SIZE`` is the committee's size.
With ``SUNLIT_STAGE_UNTIL=chaired`` its first member is its chair, with ``report`` its report is
laid out for signature.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django

PASSPHRASE = "pw"
PAGES = 3


@dataclass
class EvaluationStage:
    """The lot's project and id; each member's session, certificate file and person, in order."""

    project: str = ""
    lot: str = ""
    sessions: list[str] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    supervisor: str = ""
    host: str = ""
    #: A tenderer's session, its certificate's file, and the code of its bid.
    bidder: str = ""
    bidder_certificate: str = ""
    code: str = ""


def lay_out(folder: Path, size: int, until: str = "") -> EvaluationStage:
    """Four bids under codes, each with a technical document; nobody has scored yet, or, until the
    ``report``, everybody has. Until ``chaired`` the committee may ask tenderers."""
    from django.conf import settings

    from signatures.domain import checkpoints, clock
    from tests.bidding import drawn, opened
    from tests.bidding.hall import sign_in

    house = opened.build(settings, folder)
    house.file_technical = lambda: _technical(house)  # type: ignore[method-assign]
    world = drawn.build(house, experts=size + 2)
    stage = EvaluationStage(project=house.lot.project.code, lot=str(house.lot.pk))
    members = _report(world) if until == "report" else world.begin(size)
    for number, person in enumerate(members):
        file = folder / f"member-{number}.p12"
        _equip(house.platform.lab, person, file)
        stage.sessions.append(sign_in(person))
        stage.certificates.append(str(file))
        stage.people.append(person.urn)
    if until == "chaired":
        for one in members[:3]:
            world.say("elect-chair", one, member=members[0].urn)
    stage.supervisor, stage.host = sign_in(house.supervisor), sign_in(house.host)
    bidder, file = house.bidders[0], folder / "bidder.p12"
    _equip(house.platform.lab, bidder, file, house.bids[0].tenderer)
    stage.bidder, stage.bidder_certificate = sign_in(bidder), str(file)
    stage.code = world.code_of(0)
    checkpoints.make(clock.platform)
    # Last: the authorities must know every certificate that they issued.
    shutil.copytree(settings.LAB, folder / "lab", dirs_exist_ok=True)
    return stage


def _report(world: Any) -> list[Any]:
    """Scored, ranked, conferred, with a dissent; the members of the committee."""
    from bidding import record_tasks
    from bidding.domain import evaluation
    from tests.bidding.came import came_with

    members: list[Any] = world.computed()
    came_with(world.opening)
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    world.say("dissent", members[4], text="本人认为第二名方案更优。")
    world.say("write-report", members[0])
    record_tasks.prepare_evaluation_report.call(str(evaluation.get(world.lot).pk))
    return members


def _technical(house: Any) -> None:
    """Real documents, which name nobody."""
    from reportlab.pdfgen import canvas

    for number, _bid in enumerate(house.bids):
        kept = io.BytesIO()
        sheet = canvas.Canvas(kept, invariant=True)
        for page in range(1, PAGES + 1):
            sheet.drawString(72, 760, f"Technical proposal {number}, chapter {page}")
            sheet.showPage()
        sheet.save()
        house.file(number, 3, "bid-document", f"{number}.pdf", kept.getvalue())


def _equip(lab: Any, person: Any, file: Path, organisation: Any = None) -> None:
    """A certificate of the person's own, or of their organisation, bound to them, in a file that
    their browser can open."""
    from signatures.domain import clock, guard
    from signatures.models import UserCertificate

    east = lab.region("east")
    if organisation is None:
        issued = east.issue(person.full_name, person_id=str(person.pk), usage="person")
    else:
        issued = east.issue(
            organisation.name,
            organisation=organisation.name,
            credit_code=organisation.credit_code,
        )
    file.write_bytes(issued.pkcs12(PASSPHRASE))
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person,
            fingerprint=issued.certificate.sha256.hex(),
            der=issued.certificate.dump(),
            bound_at=clock.now(),
        )


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    made = lay_out(
        Path(settings.DATA),
        int(os.environ.get("SUNLIT_STAGE_SIZE", "5")),
        os.environ.get("SUNLIT_STAGE_UNTIL", ""),
    )
    print(json.dumps(asdict(made)))
