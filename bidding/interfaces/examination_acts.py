"""Acts of prequalification whose record is printed and sealed first; pages and the programming
interface both make them here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from bidding.domain import committee, examination
from bidding.domain.examination import ConcludeExamination
from bidding.interfaces.records import prequalification_report
from signatures import store
from signatures.domain import clock
from signatures.domain.act import Actor
from trading.domain import prequalification
from trading.domain.acts import find_lot
from trading.domain.prequalification import PublishPrequalification
from trading.interfaces.records import prequalification as documents
from trading.interfaces.records import sealing


def publish(
    actor: Actor, lot: UUID, *, criteria: Sequence[str], words: str
) -> PublishPrequalification:
    """The prequalification documents, sealed. What the act refuses is refused before printing."""
    act = PublishPrequalification(
        lot=lot, title=documents.TITLE, digest="", size=0, criteria=tuple(criteria), words=words
    )
    act.permit(actor)
    asked, said = prequalification.checked_criteria(criteria), prequalification.checked_words(words)
    now = clock.now()
    act.rehearse(actor, now=now)
    data = documents.prepare(find_lot(lot), criteria=asked, words=said, at=now)
    return replace(act, criteria=asked, words=said, **_stored(data))


def conclude(actor: Actor, lot: UUID) -> ConcludeExamination:
    """The panel's report over what its members have signed, sealed."""
    row, now = find_lot(lot), clock.now()
    act = ConcludeExamination(
        lot=lot, title=prequalification_report.TITLE, digest="", size=0, results=""
    )
    act.rehearse(actor, now=now)
    examination.require_member(row, actor.user)
    judged = examination.results(row)
    size = committee.get(row).size
    data = prequalification_report.prepare(row, judged, members=size, at=now)
    return replace(act, results=examination.digest(judged), **_stored(data))


def _stored(data: bytes) -> dict[str, object]:
    """A sealed record in the store, and how its seal is judged, as fields of an act."""
    kept = store.put(data)
    seal = sealing.judged(data, at=clock.now())
    return {"digest": kept.sha256, "size": kept.size, "seal": seal}
