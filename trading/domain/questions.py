"""Questions about the tender documents: asked without a name, answered to everybody (TBR 21, 22).

Who asked is in the row and in a hidden ledger entry of which the asker alone holds the receipt.
The tenderee answers without knowing to whom; everybody who fetched the documents gets question and
answer as one sealed clarification.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import calendar, dossier, grounds, messages, planning, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.documents import READERS
from trading.domain.notices import PDF, check_file, publish
from trading.domain.registry import GuardScene
from trading.enums import DocumentKind, LotRole
from trading.models import Assignment, Document, Lot, Organisation, Question

ASK, ANSWER = "trading.ask-question", "trading.answer-question"
NAMES_ASKER = grounds.declare("question-names-asker", step=ASK)
CLARIFICATION = "clarification"
#: The procedure's rule of days within which an answer is due.
TERM = "objection-answer"
#: The last moment for an answer that changes what is to be bid.
AFFECTING_UNTIL = "clarifications-until"
#: By the date after which nothing is handed in: until when an answer may change what is, and the
#: rule of days that says so.
AFFECTING = {
    "deadline": (AFFECTING_UNTIL, "clarification-before-deadline"),
    "applications-until": (
        "application-clarifications-until", "prequalification-clarification"
    ),
}
SHORTEST, LONGEST = 10, 2000
_BLANKS = re.compile(r"\s+")


def checked_text(text: str) -> str:
    """The text without blanks around it and with plain line ends; raises :class:`Malformed`."""
    text = text.replace("\r\n", "\n").strip()
    if not SHORTEST <= len(text) <= LONGEST:
        raise Malformed(
            _("Write %(least)d to %(most)d characters; these are %(count)d.")
            % {"least": SHORTEST, "most": LONGEST, "count": len(text)},
            code="bad-length",
        )
    return text


def _told(text: str) -> str:
    """The text as it is compared: without width, case and blanks."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def named_in(text: str, names: Iterable[str]) -> str:
    """The first of these names that stands in the text, however it is written; or empty."""
    told = _told(text)
    return next((name for name in names if name and _told(name) in told), "")


def names_of(organisation: Organisation, person: User) -> tuple[str, ...]:
    """By what a text would tell for whom somebody wrote it."""
    return (organisation.name, organisation.credit_code, person.full_name, person.username)


def require_no_name(
    lot: Lot, text: str, *, organisation: Organisation, person: User
) -> None:
    """Refuse a question in which its asker would be known to everybody who reads it."""
    name = named_in(text, names_of(organisation, person))
    if name:
        raise Refused(
            _("“%(name)s” stands in the question, which everybody will read. Ask without it.")
            % {"name": name},
            code="names-asker",
            rule=NAMES_ASKER.of(lot),
        )


def answer_until(lot: Lot, *, asked: datetime) -> datetime:
    """The end of the days to answer a question of this moment (TBR 22)."""
    rule = procedure.of(lot).days[TERM]
    days = calendar.load().last_day(calendar.local_day(asked), rule.count, rule.unit)
    return calendar.moment(days)


def question_of(lot: Lot, pk: UUID) -> Question:
    """One question of the lot; raises :class:`NotFound`."""
    row = Question.objects.select_related("document").filter(pk=pk, lot=lot).first()
    if row is None:
        raise NotFound(_("There is no such question on this lot."), code="unknown-question")
    return row


def require_open(question: Question) -> None:
    """Refuse a question that has its answer: one answer is published, and it stands."""
    if question.answered_at is not None:
        raise Refused(
            _("Question %(number)d was answered already. Its answer stands below.")
            % {"number": question.number},
            code="answered-already",
        )


def affecting(lot: Lot) -> tuple[str, str]:
    """The date until which an answer may change what is handed in, and its rule of days."""
    rules = procedure.of(lot)
    step = rules.commands.get(rules.step_of(AnswerQuestion.name, lot.stage))
    closes = step.not_after if step is not None else None
    return AFFECTING.get(closes or "deadline", AFFECTING["deadline"])


def require_time_to_affect(lot: Lot, *, now: datetime) -> None:
    """Refuse an answer that changes what is to be bid when too little time is left (TBR 21)."""
    name, term = affecting(lot)
    rules, until = procedure.of(lot), lot.dates.get(name)
    if until is not None and now > jcs.parse_timestamp(until):
        rule = rules.days.get(term)
        raise Refused(
            _("An answer that changes what is to be bid was possible until %(until)s. After that"
              " the deadline must be moved first; an answer that only explains may still be given.")
            % {"until": planning.shown_end(jcs.parse_timestamp(until))},
            code="too-late-to-affect",
            rule=rule.article if rule is not None else None,
        )


@command("trading.ask-question")
@dataclass(frozen=True, kw_only=True)
class AskQuestion(LotAct):
    """Ask about a published document of the lot, for a tenderer that fetched it.

    The entry is hidden; nobody but the asker can have it opened. Tenderee and agency are told that
    there is a question, never by whom.
    """

    document: UUID
    organisation: UUID
    text: str

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        if not access.acts_for(actor.user, self.organisation):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        organisation = self._asker(scene, lot)
        self.proceed(scene)
        document = Document.objects.filter(pk=self.document, lot=lot).first()
        if document is None or document.kind == DocumentKind.NOTICE:
            raise NotFound(_("There is no such document on this lot."), code="unknown-document")
        text = checked_text(self.text)
        if scene.actor.user is not None:
            require_no_name(lot, text, organisation=organisation, person=scene.actor.user)
        last = Question.objects.filter(lot=lot).aggregate(last=Max("number"))["last"] or 0
        question = Question.objects.create(
            lot=lot,
            document=document,
            number=last + 1,
            organisation=organisation,
            text=text,
            asked_at=scene.now,
            answer_until=answer_until(lot, asked=scene.now),
        )
        scene.enter(
            subject=question.urn,
            digests={"question": hashlib.sha256(text.encode()).hexdigest()},
            context={"lot": lot.urn, "document": document.urn, "asker": organisation.urn},
            receipt_for=(organisation.urn,),
        )
        messages.send(
            scene,
            to=_tendering(lot),
            template="question-asked",
            lot=lot,
            context={
                "number": str(question.number),
                "until": planning.shown_end(question.answer_until),
            },
        )
        return {"question": str(question.pk), "number": question.number}

    def _asker(self, scene: Scene, lot: Lot) -> Organisation:
        if not access.acts_for(scene.actor.user, self.organisation, scene.now):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")
        held = Assignment.objects.filter(
            lot=lot, organisation=self.organisation, role=LotRole.TENDERER, until__isnull=True
        )
        row = held.select_related("organisation").first()
        if row is None or row.organisation is None:
            raise Denied(
                _("Only who fetched the tender document asks about it."), code="not-a-tenderer"
            )
        return row.organisation


@command("trading.answer-question")
@dataclass(frozen=True, kw_only=True)
class AnswerQuestion(LotAct):
    """Answer one question; the sealed clarification is in the store under ``digest``.

    ``affects`` says that the answer changes what is to be bid; then the deadline must lie far
    enough ahead (TBR 21). Later than the days to answer it is taken all the same, and recorded as
    late. Everybody who fetched the documents is told, with evidence.
    """

    public: ClassVar[bool] = True

    question: UUID
    text: str
    affects: bool
    title: str
    digest: str
    size: int
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        question = question_of(lot, self.question)
        require_open(question)
        self.proceed(scene)
        text = checked_text(self.text)
        if self.affects:
            require_time_to_affect(lot, now=scene.now)
        late = [TERM] if scene.now > question.answer_until else []
        document = publish(
            scene, lot=lot, kind=DocumentKind.CLARIFICATION, title=self.title,
            digest=self.digest, size=self.size, media_type=self.media_type,
        )
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=CLARIFICATION,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "question": question.urn,
                "number": question.number,
                "document": question.document.urn,
                "clarification": document.urn,
                "affects": self.affects,
                "late": late,
            },
            audience=READERS,
            seal=self.seal,
        )
        question.answer, question.affects = text, self.affects
        question.answered_at, question.exhibit = scene.now, exhibit
        question.save(update_fields=["answer", "affects", "answered_at", "exhibit"])
        scene.enter(
            subject=document.urn,
            digests={"document": self.digest},
            context={
                "lot": lot.urn,
                "question": question.urn,
                "affects": self.affects,
                "late": late,
            },
        )
        messages.send(
            scene,
            to=messages.participants(lot),
            template="question-answered",
            lot=lot,
            context={"number": str(question.number)},
            evidence=True,
        )
        return {
            "question": str(question.pk),
            "document": str(document.pk),
            "exhibit": str(exhibit.pk),
            "late": late,
        }


def _tendering(lot: Lot) -> list[Organisation]:
    """Who answers: the tenderee and its agency."""
    both = [lot.project.tenderee, lot.project.agency]
    return [one for one in both if one is not None]


def visible(lot: Lot, *, viewer: User | None, at: datetime) -> list[Question]:
    """The questions of the lot that this viewer may read, newest first.

    Answered ones are for everybody who reads the tender documents; the others for those who answer
    or watch, and for the asker's own people.
    """
    audiences = access.audiences_of(viewer, lot, at)
    rows = Question.objects.filter(lot=lot).select_related("document", "exhibit")
    found = rows.select_related("organisation").order_by("-number")
    return [row for row in found if access.can_read_question(audiences, row)]


def question_waits(scene: GuardScene) -> str | None:
    """There is a question without an answer."""
    if Question.objects.filter(lot=scene.lot, answered_at__isnull=True).exists():
        return None
    return _("No question waits for an answer.")


def register() -> None:
    """Make the commands and the guard nameable; called when the app is ready."""
    registry.register_command(AskQuestion.name, AskQuestion)
    registry.register_command(AnswerQuestion.name, AnswerQuestion)
    registry.register_guard("question-waits", question_waits)
