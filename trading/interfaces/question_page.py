"""The questions of a lot as its page shows them; who asked is in none of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import Denied
from signatures.models import User
from trading import access
from trading.domain import procedure, questions
from trading.enums import DocumentKind, LotRole
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Assignment, Document, Exhibit, Lot, Organisation, Question


@dataclass(frozen=True)
class Line:
    """One question; ``own`` for the asker's own people alone."""

    pk: str
    number: int
    own: bool
    document: Document
    text: str
    asked_at: datetime
    answer_until: datetime
    badge: Badge
    answer: str
    affects: bool
    answered_at: datetime | None
    exhibit: Exhibit | None


@dataclass(frozen=True)
class Page:
    """The whole page. ``tenderers`` are those for whom the viewer may ask here."""

    lot: Lot
    lines: tuple[Line, ...]
    ask: Standing
    answer: Standing
    ask_until: datetime | None
    affect_until: datetime | None
    affect_over: bool
    ask_rule: str
    answer_rule: str
    documents: tuple[Document, ...]
    tenderers: tuple[Organisation, ...]

    @property
    def waiting(self) -> int:
        """How many of the questions shown wait for an answer."""
        return sum(line.answered_at is None for line in self.lines)


def require_reader(lot: Lot, *, viewer: User | None, at: datetime) -> None:
    """Raise :class:`Denied` for whoever does not read the lot's tender documents."""
    if not access.audiences_of(viewer, lot, at).isdisjoint(access.DOCUMENT_READERS):
        return
    if viewer is None:
        raise Denied(
            _("Questions and answers are for those who take part. Sign in first."),
            code="sign-in-first",
        )
    raise Denied(
        _("Questions and answers are for those who fetched the tender documents. A verified"
          " tenderer fetches them on the project's page."),
        code="document-not-fetched",
    )


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`Denied` for who may not read it."""
    require_reader(lot, viewer=viewer, at=at)
    mine = access.organisations_of(viewer, at)
    own = {one.pk for one in mine}
    held = Assignment.objects.filter(
        lot=lot, role=LotRole.TENDERER, organisation__in=mine, until__isnull=True
    )
    tenderers = set(held.values_list("organisation_id", flat=True))
    affect_until = _date(lot, questions.affecting(lot)[0])
    rules = procedure.of(lot)
    asks, answers = (rules.step_of(each, lot.stage) for each in (questions.ASK, questions.ANSWER))
    ask, answer = rules.commands.get(asks), rules.commands.get(answers)
    return Page(
        lot=lot,
        lines=tuple(
            _line(row, own=row.organisation_id in own, at=at)
            for row in questions.visible(lot, viewer=viewer, at=at)
        ),
        ask=standing.of(lot, asks, viewer=viewer, at=at),
        answer=standing.of(lot, answers, viewer=viewer, at=at),
        ask_until=_date(lot, ask.not_after) if ask is not None and ask.not_after else None,
        affect_until=affect_until,
        affect_over=affect_until is not None and at > affect_until,
        ask_rule=ask.article if ask is not None else "",
        answer_rule=answer.article if answer is not None else "",
        documents=_documents(lot),
        tenderers=tuple(one for one in mine if one.pk in tenderers),
    )


def _documents(lot: Lot) -> tuple[Document, ...]:
    """What may be asked about: the tender document first, which most questions are about."""
    rows = Document.objects.filter(lot=lot).exclude(kind=DocumentKind.NOTICE)
    found = rows.order_by("published_at", "kind", "edition")
    return tuple(sorted(found, key=lambda one: one.kind != DocumentKind.TENDER_DOCUMENT))


def _date(lot: Lot, name: str) -> datetime | None:
    text = lot.dates.get(name)
    return jcs.parse_timestamp(text) if text else None


def _line(row: Question, *, own: bool, at: datetime) -> Line:
    return Line(
        pk=str(row.pk),
        number=row.number,
        own=own,
        document=row.document,
        text=row.text,
        asked_at=row.asked_at,
        answer_until=row.answer_until,
        badge=_badge(row, at),
        answer=row.answer,
        affects=row.affects,
        answered_at=row.answered_at,
        exhibit=row.exhibit,
    )


def _badge(row: Question, at: datetime) -> Badge:
    if row.answered_at is not None:
        return Badge("done", _("Answered"))
    if at > row.answer_until:
        return Badge("bad", _("Answer overdue"))
    return Badge("todo", _("Waits for an answer"))
