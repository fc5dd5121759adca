"""Later editions laid out for browsers: ``python -m tests.browser.edition_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lots are and who is signed in.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import django


@dataclass
class EditionStage:
    """Two projects by their codes: the next edition stands prepared, and is published."""

    prepared: str = ""
    published: str = ""
    sessions: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> EditionStage:
    """Each brings another bill and a file."""
    from django.conf import settings

    from signatures.domain import checkpoints, clock
    from tests.bidding.hall import sign_in
    from tests.factories.floor import START
    from tests.factories.signing import install
    from tests.trading.pages import move_clock

    install(settings, folder, days_ago=(clock.look().real - START).days)
    move_clock(START + timedelta(hours=6))
    stage = EditionStage()
    first, second = _prepared(), _prepared()
    stage.prepared, stage.published = first.lot.project.code, second.lot.project.code
    _publish(second)
    stage.sessions = {
        "prepared": sign_in(first.buyer), "published": sign_in(second.buyer),
        "tenderer": sign_in(second.bidder),
    }
    checkpoints.make(clock.platform)
    return stage


def _prepared() -> Any:
    from tests.factories import floor
    from tests.factories.floor import START, sha
    from tests.trading import billed
    from trading.domain import preparing
    from trading.domain.bills import Fee
    from trading.domain.preparing import AttachFile

    house, soon = floor.house(), START + timedelta(hours=4)
    billed.offer(house)
    changed = replace(billed.BILL.items[0], quantity="1300", features="1.土壤类别:四类土")
    bill = replace(
        billed.BILL, items=(changed, *billed.BILL.items[1:]), measures=(),
        fees=(*billed.BILL.fees, Fee(name="城市维护建设税", basis="增值税", rate="7")),
    )
    before = preparing.of(house.lot).bill["digest"]
    house.act(billed.importing(house.lot, bill, before=before), by=house.buyer, at=soon)
    file = AttachFile(
        lot=house.lot.pk, title="补充图纸（二）.pdf", digest=sha("plan"), size=1000,
        media_type="application/pdf",
    )
    house.act(file, by=house.buyer, at=soon)
    return house


def _publish(house: Any) -> None:
    from tests.factories.floor import START, sha
    from trading.domain import amendments, edition_parts
    from trading.domain.amendments import AmendDocuments, Change

    holds, parts = amendments.current(house.lot), edition_parts.prepared(house.lot)
    assert holds is not None
    act = AmendDocuments(
        lot=house.lot.pk, before=holds.digest, affects=True, title="招标文件（第 2 版）",
        changes=(Change(clause="第 12 页 管材", before="DN500 混凝土管", after="DN600 混凝土管"),),
        digest=sha("edition"), size=1000, bill=parts.bill_digest,
        attachments=parts.files_digest,
    )
    house.act(act, by=house.buyer, at=START + timedelta(hours=5))


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
