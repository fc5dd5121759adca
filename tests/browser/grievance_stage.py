"""A tender to object to, laid out for browsers: ``python -m tests.browser.grievance_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who comes to its pages.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

import django

from tests.browser.contract_stage import DAYS_AGO, PASSPHRASE, bind

__all__ = ["PASSPHRASE", "GrievanceStage"]


@dataclass
class GrievanceStage:
    """The lot's project; by part its session and its certificate's file."""

    project: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> GrievanceStage:
    """Documents are on offer; two tenderers have fetched them."""
    from django.conf import settings

    from signatures import store
    from signatures.domain import clock
    from signatures.domain.act import Actor, dispatch
    from tests.bidding.hall import sign_in
    from tests.factories import floor
    from tests.factories.signing import install
    from trading.domain.documents import PublishDocuments, RecordDownload
    from trading.domain.notices import PublishNotice, evaluation_digest
    from trading.models import Document

    platform = install(settings, folder, days_ago=DAYS_AGO)
    house = floor.house()
    now = clock.now()
    notice, tender = store.put(b"%PDF-1.7 notice"), store.put(b"%PDF-1.7 tender document")
    dates = {
        "documents-until": now + timedelta(days=12), "deadline": now + timedelta(days=40),
    }
    for act in (
        PublishNotice(
            lot=house.lot.pk, title="招标公告", digest=notice.sha256, size=notice.size,
            dates=dates, seal={"verdict": "valid"},
        ),
        PublishDocuments(
            lot=house.lot.pk, title="招标文件", digest=tender.sha256, size=tender.size,
            evaluation=evaluation_digest(house.lot), seal={"verdict": "valid"},
        ),
    ):
        dispatch(act, actor=Actor.person(house.buyer))
    other = floor.organisation("华岳市政工程有限公司", "tenderer")
    rival = floor.person("李思远", other)
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    for firm, person in ((house.tenderer, house.bidder), (other, rival)):
        fetch = RecordDownload(
            lot=house.lot.pk, document=document.pk, organisation=firm.pk
        )
        dispatch(fetch, actor=Actor.person(person))
    stage = GrievanceStage(project=house.lot.project.code)
    parts = {
        "tenderee": house.buyer, "tenderer": house.bidder, "supervisor": house.supervisor,
        "rival": rival,
    }
    for name, person in parts.items():
        issued = platform.lab.region("east").issue(
            person.full_name, person_id="370102198001010011", usage="person"
        )
        file = folder / f"{name}.p12"
        file.write_bytes(issued.pkcs12(PASSPHRASE))
        bind(person, issued)
        stage.sessions[name] = sign_in(person)
        stage.certificates[name] = str(file)
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
