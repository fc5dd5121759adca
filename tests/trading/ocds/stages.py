"""Lots at every stage that the public may hear of, made by the acts that lead there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from signatures.domain import guard, jcs
from tests.factories import evaluated as cases
from tests.factories import floor
from tests.factories.floor import DATES, START, House, sha
from tests.trading.domain import test_award as awarding
from tests.trading.framework import BEGUN, TAKEN, framework
from tests.trading.pages import move_clock
from trading.domain.documents import RecordDownload
from trading.domain.suspensions import Resume, Suspend, Terminate
from trading.models import Document, Exhibit, Lot

HOUR = timedelta(hours=1)
SIGNED = awarding.AWARDED + timedelta(days=2)
PERFORMING = SIGNED + timedelta(days=3)
#: After everything that any stage here takes.
LATER = PERFORMING + timedelta(days=30)


def shown(lot: Lot, kind: str, at: datetime, **values: Any) -> Exhibit:
    """A public exhibit that somebody filed."""
    with guard.writes("test arrangement"):
        made = Exhibit(
            lot=lot, kind=kind, stage=lot.stage, name=kind, digest=sha(f"{kind}{at}"), size=1,
            media_type="application/pdf", **{"audience": ["public"], "filed_at": at, **values},
        )
        made.save(force_insert=True)
    return made


def notice() -> House:
    house = floor.house()
    house.publish_notice()
    return house


def documents() -> House:
    house = notice()
    house.publish_documents(at=START + HOUR)
    return house


def fetched() -> House:
    """One tenderer has the documents: nobody may learn of it."""
    house = documents()
    row = Document.objects.get(lot=house.lot, kind="tender-document")
    fetch = RecordDownload(lot=house.lot.pk, document=row.pk, organisation=house.tenderer.pk)
    house.act(fetch, by=house.bidder, at=START + 2 * HOUR)
    return house


def suspended() -> House:
    house = fetched()
    house.act(Suspend(lot=house.lot.pk, reason="投诉"), by=house.buyer, at=START + 3 * HOUR)
    return house


def resumed() -> House:
    house = suspended()
    at = START + 3 * HOUR + timedelta(days=2)
    house.act(Resume(lot=house.lot.pk, reason="处理完毕"), by=house.buyer, at=at)
    return house


def terminated() -> House:
    house = resumed()
    at = START + timedelta(days=4)
    house.act(Terminate(lot=house.lot.pk, reason="项目取消"), by=house.buyer, at=at)
    return house


def failed() -> House:
    """Too few bids at the deadline."""
    house = documents()
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=house.lot.pk).update(
            stage="BIDDING", state="failed", ended_at_stage="BIDDING", next_due_at=None
        )
    house.refresh()
    return house


def failed_and_archived() -> House:
    house = failed()
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=house.lot.pk).update(stage="ARCHIVED", state="archived")
    house.refresh()
    return house


def moved() -> House:
    """The deadline was moved by a schedule, which leaves nothing on this floor but the date."""
    house = documents()
    with guard.writes("test arrangement"):
        dates = {**house.lot.dates, "deadline": jcs.timestamp(DATES["deadline"] + 24 * HOUR)}
        Lot.objects.filter(pk=house.lot.pk).update(dates=dates)
    house.refresh()
    return house


def opened() -> House:
    case = cases.evaluated()
    _open(case)
    return case.house


def _open(case: Any) -> None:
    facts = {"tenderers": [one.urn for one in case.tenderers], "objections": 0}
    shown(case.lot, "opening-record", cases.REPORTED - 72 * HOUR, facts=facts)


def candidates() -> House:
    return _candidates().house


def _candidates() -> Any:
    case = cases.evaluated()
    _open(case)
    awarding.publish(case)
    return case


def awarded() -> House:
    return _awarded().house


def _awarded() -> Any:
    case = _candidates()
    awarding.award(case)
    return case


def ended_after_award() -> House:
    case = _awarded()
    end = Terminate(lot=case.lot.pk, reason="中标人放弃")
    case.house.act(end, by=case.house.buyer, at=SIGNED)
    return case.house


def contracted() -> House:
    return _contracted().house


def _contracted() -> Any:
    case = _awarded()
    awarding.offer(case)
    awarding.signed(case, SIGNED)
    awarding.conclude(case, at=SIGNED)
    return case


def contract_published() -> House:
    case = _contracted()
    facts = Exhibit.objects.get(lot=case.lot, kind="contract").facts
    shown(case.lot, "contract-notice", SIGNED + 24 * HOUR, facts=facts)
    return case.house


def performing() -> House:
    case = _contracted()
    awarding.report(case, at=PERFORMING - HOUR)
    awarding.perform(case, at=PERFORMING)
    return case.house


def ended_contract() -> House:
    house = performing()
    end = Terminate(lot=house.lot.pk, reason="合同解除")
    house.act(end, by=house.buyer, at=PERFORMING + 24 * HOUR)
    return house


def taken_in() -> House:
    """Three suppliers are in a framework, one of them dropped as it did not sign."""
    world = framework()
    _open(world.case)
    world.take_in()
    for number, award in enumerate(world.awards[:2]):
        world.offer(award)
        world.sign(award, at=SIGNED + number * HOUR)
    world.drop(world.awards[2], at=TAKEN + timedelta(days=36))
    return world.case.house


def ordered() -> House:
    """Two orders were given under a framework's agreements."""
    world = framework()
    _open(world.case)
    world.begun()
    world.order(1)
    world.order(2, at=BEGUN + timedelta(days=2))
    return world.case.house


#: Stage -> how a lot gets there, and the tags of its releases, oldest first.
STAGES: dict[str, tuple[Callable[[], House], list[str]]] = {
    "notice": (notice, ["tender"]),
    "documents": (documents, ["tender", "tenderUpdate"]),
    "fetched": (fetched, ["tender", "tenderUpdate"]),
    "suspended": (suspended, ["tender", "tenderUpdate", "tenderAmendment"]),
    "resumed": (resumed, ["tender", "tenderUpdate", "tenderAmendment", "tenderAmendment"]),
    "terminated": (
        terminated,
        ["tender", "tenderUpdate", "tenderAmendment", "tenderAmendment", "tenderCancellation"],
    ),
    "failed": (failed, ["tender", "tenderUpdate", "tenderUpdate"]),
    "failed and archived": (failed_and_archived, ["tender", "tenderUpdate", "tenderUpdate"]),
    "moved": (moved, ["tender", "tenderUpdate", "tenderAmendment"]),
    "opened": (opened, ["tender", "tenderUpdate"]),
    "candidates": (candidates, ["tender", "tenderUpdate", "tenderUpdate"]),
    "awarded": (awarded, ["tender", "tenderUpdate", "tenderUpdate", "award"]),
    "ended after the award": (
        ended_after_award,
        ["tender", "tenderUpdate", "tenderUpdate", "award", "tenderCancellation"],
    ),
    "taken in": (
        taken_in, ["tender", "tenderUpdate", "award", "contract", "contract", "awardCancellation"]
    ),
    "ordered": (
        ordered,
        ["tender", "tenderUpdate", "award", *["contract"] * 3, *["contractUpdate"] * 3,
         *["contract"] * 2],
    ),
    "contracted": (
        contracted, ["tender", "tenderUpdate", "tenderUpdate", "award", "contract"]
    ),
    "contract published": (
        contract_published,
        ["tender", "tenderUpdate", "tenderUpdate", "award", "contract", "contractUpdate"],
    ),
    "performing": (
        performing,
        ["tender", "tenderUpdate", "tenderUpdate", "award", "contract", "implementation"],
    ),
    "ended contract": (
        ended_contract,
        [
            "tender", "tenderUpdate", "tenderUpdate", "award", "contract", "implementation",
            "contractTermination",
        ],
    ),
}


def at_stage(name: str) -> House:
    """A lot at this stage, the clock after everything that it takes."""
    house = STAGES[name][0]()
    move_clock(LATER)
    return house


