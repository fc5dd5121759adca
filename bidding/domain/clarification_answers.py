"""The tenderer's answer to the committee's question: once, signed, in time; or none (TBR 52).

The signed statement holds question and answer and becomes an exhibit with its signature. The
committee reads the answer under the bid's code; whose certificate signed it is shown to it with
the bids' names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bidding.domain import clarifications, evaluation, rooms, statement_rows
from bidding.domain.clarifications import ANSWERED, LAPSED, own_name, rule
from bidding.domain.printable import require_printable
from bidding.models import Clarification
from signatures import store
from signatures.domain import jcs, statements
from signatures.domain.act import Act, Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import dossier, planning, questions
from trading.domain.acts import LotAct
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole, LotState
from trading.models import Lot, Organisation

PURPOSE = "sunlit.clarification/1"
FIELDS = frozenset(
    {"lot", "clarification", "document", "name", "point", "question", "answer", "within_bid"}
)
#: Characters of an answer.
MOST = 4000
KIND = "evaluation-clarification"
JSON = "application/json"
_RECORD = frozenset({LotRole.SUPERVISOR, LotRole.INSPECTOR, LotRole.ARCHIVIST})


# --- finding -------------------------------------------------------------------------------------


def _questions() -> QuerySet[Clarification]:
    """Questions with all that a statement says of them."""
    return Clarification.objects.select_related(
        "bid__tenderer", "document__lot", "evaluation__committee__lot__project"
    )


def own(lot: Lot, organisations: list[Organisation]) -> list[Clarification]:
    """What these tenderers were asked about their bids on the lot, newest first."""
    rows = _questions().filter(bid__lot=lot, bid__tenderer__in=organisations)
    return list(rows.order_by("-asked_at", "-number"))


def find(lot: Lot, pk: UUID, person: User | None, at: datetime | None = None) -> Clarification:
    """The question that was put to a tenderer of this person; else :class:`NotFound`.

    Whoever was asked nothing learns nothing: neither that there is such a question, nor of whom.
    """
    organisations = access.organisations_of(person, at)
    row = _questions().filter(pk=pk, bid__lot=lot, bid__tenderer__in=organisations).first()
    if row is None:
        raise NotFound(
            _("The committee has not asked you this. It takes no clarification that it did not ask"
              " for."),
            code="not-asked",
            rule=rule(lot),
        )
    return row


# --- the statement -------------------------------------------------------------------------------


def asked(row: Clarification, name: str = "") -> dict[str, Any]:
    """What the statement says of the question: URNs, the document, its place, the question.

    ``name`` is the document's own name where it has been asked for together with others.
    """
    return {
        "lot": row.evaluation.committee.lot.urn,
        "clarification": row.urn,
        "document": row.document.digest,
        "name": name or own_name(row),
        "point": row.point,
        "question": row.question,
    }


def statement(row: Clarification, answer: str, *, at: datetime) -> bytes:
    """The statement that its tenderer signs: the question, the answer, and that the answer neither
    goes beyond the bid nor changes its substance."""
    return statements.build(
        PURPOSE, origin=settings.ORIGIN, at=at, **asked(row), answer=answer, within_bid=True
    )


def says(data: str, wanted: dict[str, Any]) -> bool:
    """Whether ``data`` is a statement that answers a question and says this of it."""
    try:
        said = statements.parse(
            data.encode(), purpose=PURPOSE, origin=settings.ORIGIN, fields=FIELDS
        )
    except Malformed:
        return False
    return {name: said[name] for name in wanted} == wanted


def checked_answer(text: Any) -> str:
    """The answer as it is signed; raises :class:`Malformed`."""
    if not isinstance(text, str):
        raise Malformed(_("An answer is a text."), code="bad-answer")
    return clarifications.checked(text, MOST, "bad-answer")


def require_nameless(row: Clarification, text: str, person: User) -> None:
    """While scoring is blind no answer tells whose bid it is; raises :class:`Refused`."""
    if row.evaluation.frozen_at is not None:
        return
    name = questions.named_in(text, questions.names_of(row.bid.tenderer, person))
    if name:
        raise Refused(
            _("“%(name)s” stands in the answer. The committee scores without knowing whose bid it"
              " reads; answer without it.") % {"name": name},
            code="names-bidder",
            rule=clarifications.BLIND.of(row.bid.lot),
        )


# --- answering -----------------------------------------------------------------------------------


def prepare(person: User, lot: Lot, pk: UUID, signed: Signed) -> AnswerClarification:
    """The act of a signed answer; checks all that needs no lock."""
    row = find(lot, pk, person)
    require_open(row)
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    require_printable(checked_answer(accepted.value["answer"]))
    return AnswerClarification(
        lot=lot.pk, clarification=row.pk, signed=accepted, size=len(signed.statement)
    )


@command("bidding.answer-clarification")
@dataclass(frozen=True, kw_only=True)
class AnswerClarification(LotAct):
    """A tenderer answers what it was asked: ``sunlit.clarification/1`` with :data:`FIELDS`.

    Result: ``{"clarification", "exhibit"}``.
    """

    share: ClassVar[bool] = True

    clarification: UUID
    signed: Accepted
    size: int = field(metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.signed.require_bound(scene.actor)
        find(lot, self.clarification, scene.actor.user, scene.now)
        self.proceed(scene)
        room = evaluation.live_room(lot.pk)
        if room is None:
            raise Refused(
                _("The evaluation is over; no answer is taken any more."),
                code="room-closed",
                rule=rule(lot),
            )
        room = rooms.lock(room.pk)
        # Read again under the room's lock: of two answers at once one is the second.
        row = find(lot, self.clarification, scene.actor.user, scene.now)
        require_open(row)
        if scene.now > row.until:
            raise _late(row)
        answer = self._answer(scene, row)
        row.answer, row.answered_at = answer, scene.now
        row.statement, row.signature = self.signed.statement, self.signed.signature
        row.assessment = self.signed.assessment_digest
        row.save()
        entry = scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "bid": row.bid.urn, "certificate": self.signed.fingerprint},
            receipt_for=(row.bid.tenderer.urn,),
        )
        statement_rows.place(entry, row)
        exhibit = _file(
            scene, lot, row, digest=self.signed.statement, size=self.size, outcome="answered",
            seal={"signature": row.signature, "assessment": row.assessment},
        )  # fmt: skip
        data = {**clarifications.named(row), "answer": answer}
        rooms.emit(scene, room, ANSWERED, data, by=room.urn)
        return {"clarification": str(row.pk), "exhibit": str(exhibit)}

    def _answer(self, scene: Scene, row: Clarification) -> str:
        """The answer that the statement gives, which must be to this very question."""
        said = self.signed.value
        answer = checked_answer(said["answer"])
        if answer != said["answer"]:
            raise Malformed(
                _("An answer is composed text (NFC) with plain blanks and line ends, and none of"
                  " them around it."),
                code="bad-answer",
            )
        wanted = asked(row)
        if {name: said[name] for name in wanted} != wanted:
            raise Refused(
                _("The statement answers another question than the one that was asked."),
                code="other-question",
                rule=rule(row.bid.lot),
            )
        if said["within_bid"] is not True:
            raise Refused(
                _("An answer only explains: it neither goes beyond the bid nor changes its"
                  " substance, and its statement says so."),
                code="beyond-the-bid",
                rule=rule(row.bid.lot),
            )
        assert scene.actor.user is not None  # the statement is bound to a person
        require_nameless(row, answer, scene.actor.user)
        return answer


def require_open(row: Clarification) -> None:
    """An answer is awaited; raises :class:`Refused`."""
    if row.answered_at is not None:
        raise Refused(
            _("This question was answered already. One answer is taken, and it stands."),
            code="already-answered",
            rule=rule(row.bid.lot),
        )
    if row.lapsed_at is not None:
        raise _late(row)


def _late(row: Clarification) -> Refused:
    return Refused(
        _("The time to answer ended at %(until)s; the evaluation goes on without an answer.")
        % {"until": planning.shown(row.until)},
        code="too-late",
        rule=rule(row.bid.lot),
    )


def _file(
    scene: Scene, lot: Lot, row: Clarification, *, digest: str, size: int, outcome: str,
    seal: dict[str, str],
) -> UUID:  # fmt: skip
    """File what came of the question for supervision, the archive and the tenderer itself."""
    tenderer = row.bid.tenderer
    exhibit = dossier.file(
        scene,
        lot=lot,
        kind=KIND,
        name=f"{tenderer.name[:150]} {row.number}.json",
        digest=digest,
        size=size,
        media_type=JSON,
        facts={
            "clarification": row.urn,
            "bid": row.bid.urn,
            "tenderer": tenderer.urn,
            "number": row.number,
            "outcome": outcome,
            "until": jcs.timestamp(row.until),
        },
        audience=_RECORD | {tenderer.urn},
        seal=seal,
    )
    return exhibit.pk


# --- no answer -----------------------------------------------------------------------------------


def unanswered(row: Clarification) -> dict[str, Any]:
    """What is filed of a question that got no answer."""
    return {
        "v": 1,
        **asked(row),
        "asked_at": jcs.timestamp(row.asked_at),
        "until": jcs.timestamp(row.until),
        "answer": None,
    }


@command("bidding.lapse-clarification")
@dataclass(frozen=True, kw_only=True)
class LapseClarification(LotAct):
    """The clock records that a question got no answer in its time; the evaluation goes on."""

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = frozenset({LotRole.CLOCK.value})

    clarification: UUID
    digest: str
    size: int

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        live = evaluation.live_room(lot.pk)
        room = None if live is None else rooms.lock(live.pk)
        row = _questions().get(pk=self.clarification, bid__lot=lot)
        require_open(row)
        if lot.state != LotState.ACTIVE or scene.now <= row.until:
            raise Refused(_("The time to answer has not ended."), code="too-early", rule=rule(lot))
        if jcs.digest(unanswered(row)).hex() != self.digest:
            raise Refused(_("The question's time was moved meanwhile."), code="moved")
        row.lapsed_at = scene.now
        row.save(update_fields=["lapsed_at"])
        scene.enter(
            subject=row.urn,
            digests={"record": self.digest},
            context={"lot": lot.urn, "bid": row.bid.urn, "until": jcs.timestamp(row.until)},
            receipt_for=(row.bid.tenderer.urn,),
        )
        _file(
            scene, lot, row, digest=self.digest, size=self.size, outcome="not-answered", seal={}
        )
        if room is not None:
            rooms.emit(scene, room, LAPSED, clarifications.named(row), by=room.urn)
        return {"clarification": str(row.pk)}


def due(now: datetime) -> Iterator[Act]:
    """The questions of running lots whose time has ended without an answer."""
    rows = _questions().filter(
        answered_at__isnull=True,
        lapsed_at__isnull=True,
        until__lt=now,
        bid__lot__state=LotState.ACTIVE,
    )
    for row in rows.order_by("until", "pk"):
        kept = store.put(jcs.dumps(unanswered(row)))
        yield LapseClarification(
            lot=row.bid.lot_id, clarification=row.pk, digest=kept.sha256, size=kept.size
        )
