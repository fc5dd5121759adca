"""Lots on the floor, laid out for browsers: ``python -m tests.browser.floor_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the floors are and who may act there. With
``tick SECONDS`` the official clock moves on so far and does what is due, with ``work`` the worker's
queue is emptied.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

PASSWORD = "pw"


@dataclass
class FloorStage:
    """A floor in its listing, another lot that takes applications, one whose sale is to be signed;
    sessions and certificates of people by their part."""

    live: str = ""
    entry: str = ""
    sold: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> FloorStage:
    """Three bidders; two have asked on the live floor."""
    from signatures.domain import guard
    from signatures.models import User
    from tests.bidding.auction import floors
    from tests.bidding.auction.floors import AFTER, FORMAT, FROM, UNTIL, reserved
    from tests.bidding.hall import sign_in
    from tests.bidding.sealing import world as worlds
    from tests.factories import floor
    from tests.signatures.labs import shared
    from tests.trading.pages import move_clock

    worlds.build(folder)
    stage = FloorStage()
    form = FORMAT | {"start": "182000000.00", "step": "2000000.00", "deposit": "36400000.00"}
    later = _at(floors.DATES, days=42)
    entry = floors.house(parameters=form, bidders=0, start=FROM - timedelta(days=5), dates=later)
    firm = floor.organisation("东湖新城开发有限公司", "tenderer")
    applicant = floor.person("钱进", firm)
    floor.assignment(entry.lot, "tenderer", organisation=firm)
    stage.certificates["applicant"] = _certificate(applicant, firm, folder)
    floors.apply(entry, floor.organisation("华岳地产集团有限公司", "tenderer"))
    sold = floors.house(parameters=form)
    sold.open()
    sold.ask(0, "182000000.00", FROM + AFTER)
    live = floors.house(parameters=form | {"reserve": reserved("190000000.00")["reserve"]})
    live.open()
    for number, price in enumerate(("182000000.00", "184000000.00", "190000000.00")):
        live.ask(number % 2, price, FROM + AFTER * (number + 1))
    with_clock = FROM + timedelta(hours=2)
    move_clock(with_clock)
    stage.live = live.lot.project.code
    stage.entry = entry.lot.project.code
    stage.sold = sold.lot.project.code
    people = {
        "tenderee": live.buyer, "supervisor": live.supervisor,
        "leader": live.firms[0][1], "bidder": live.firms[1][1], "second": live.firms[2][1],
        "seller": entry.buyer, "operator": entry.operator, "applicant": applicant,
    }  # fmt: skip
    with guard.writes("test arrangement"):
        # What a room refuses, it refuses in the person's own language.
        User.objects.filter(pk__in=[one.pk for one in people.values()]).update(language="en")
    for name, person in people.items():
        stage.sessions[name] = sign_in(person)
    shutil.copytree(shared().folder, folder / "lab", dirs_exist_ok=True)
    assert UNTIL > with_clock
    return stage


def _at(dates: dict[str, Any], *, days: int) -> dict[str, Any]:
    return {name: at + timedelta(days=days) for name, at in dates.items()}


def _certificate(person: Any, organisation: Any, folder: Path) -> str:
    """A certificate in the name of the organisation, bound to the person."""
    from signatures.domain.keys import load_pkcs12
    from tests.bidding.sealing.people import bind
    from tests.signatures.labs import shared

    made = shared().region("east").issue(
        organisation.name, organisation=organisation.name, credit_code=organisation.credit_code
    )
    data = bytes(made.pkcs12(PASSWORD))
    bind(person, load_pkcs12(data, PASSWORD))
    file = folder / "applicant.p12"
    file.write_bytes(data)
    return str(file)


def tick(seconds: int) -> None:
    """The official clock goes on, and what is due is done."""
    from signatures.domain import guard
    from signatures.models import ClockOffset
    from trading.domain import ticking

    with guard.writes("test arrangement"):
        row = ClockOffset.objects.get()
        ClockOffset.objects.update(seconds=row.seconds + seconds)
    ticking.tick()


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    if sys.argv[1:2] == ["tick"]:
        tick(int(sys.argv[2]))
    elif sys.argv[1:] == ["work"]:
        from tests.bidding.sealing import steps

        while steps.run_tasks():
            pass
    else:
        migrated.tables()
        print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
