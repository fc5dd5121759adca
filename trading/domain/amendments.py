"""Later editions of the tender document: clarified or amended while bids may be handed in.

TBL 23: whoever amends tells everybody who got the documents, in writing, at least fifteen days
before the deadline; the amendment is part of the documents. TBR 21: where less time remains and
bids are affected, the deadline moves. Editions are never overwritten: each is a document of its
own, and says clause by clause what stands instead of what. It may bring new attachments and a new
bill of quantities, which go out with it (``trading.domain.edition_parts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, Refused
from trading import access
from trading.domain import (
    dossier,
    edition_parts,
    grounds,
    lifecycle,
    messages,
    planning,
    preparing,
    procedure,
    registry,
)
from trading.domain.acts import LotAct
from trading.domain.edition_parts import Parts
from trading.domain.notices import PDF, check_file, evaluation_digest, publish
from trading.domain.questions import AFFECTING_UNTIL
from trading.enums import DocumentKind, LotRole
from trading.models import Document, Exhibit, Lot

AMEND, KIND = preparing.AMEND, preparing.KIND
MOVED_EARLIER = grounds.declare("deadline-moved-earlier", step=AMEND)
DEADLINE = "deadline"
#: The procedure's rule of days between an amendment and the deadline.
TERM = "clarification-before-deadline"
#: In whose name a dry run is asked.
MOVERS = frozenset({LotRole.TENDEREE.value})
MAX_CHANGES, MAX_CLAUSE, MAX_TEXT = 50, 100, 2000

#: ``keeper(lot)`` says whether something signed says when bids close.
Keeper = Callable[[Lot], bool]
#: ``listener(scene, lot, document, affects)``, in the act's transaction after its rows.
Listener = Callable[[Scene, Lot, Document, bool], None]
_keepers: list[Keeper] = []
_listeners: list[Listener] = []


def keep_deadline(keeper: Keeper) -> None:
    """Name a keeper of the deadline: where it says yes, an amendment does not move it."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def listen(listener: Listener) -> None:
    """Have ``listener`` called when a later edition is published; the same one only once."""
    if listener not in _listeners:
        _listeners.append(listener)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one clause said and says now; empty where it was not there, or is not any more."""

    clause: str
    before: str = ""
    after: str = ""

    @classmethod
    def read(cls, *, clause: str, before: str = "", after: str = "") -> Change:
        """Without blanks around, with plain line ends."""
        parts = (part.replace("\r\n", "\n").strip() for part in (clause, before, after))
        return cls(**dict(zip(("clause", "before", "after"), parts, strict=True)))

    def check(self) -> None:
        """Raise :class:`Malformed` where it names nothing or changes nothing."""
        if not 1 <= len(self.clause) <= MAX_CLAUSE:
            raise Malformed(
                _("Name the clause that changes in 1 to %(most)d characters.")
                % {"most": MAX_CLAUSE},
                code="bad-clause",
            )
        if max(len(self.before), len(self.after)) > MAX_TEXT:
            raise Malformed(
                _("“%(clause)s”: a text has at most %(most)d characters. Change it in parts.")
                % {"clause": self.clause, "most": MAX_TEXT},
                code="bad-change",
            )
        if self.before == self.after:
            raise Malformed(
                _("“%(clause)s” says afterwards what it said before. Leave it out, or say what"
                  " changes.") % {"clause": self.clause},
                code="bad-change",
            )

    def plain(self) -> dict[str, str]:
        return {"clause": self.clause, "before": self.before, "after": self.after}


def check_changes(changes: Sequence[Change], *, parts: bool = False) -> None:
    """At most fifty changes of different clauses, each of them one, or :class:`Malformed`.

    There is one at least, unless the edition brings other ``parts`` (attachments, a bill).
    """
    if not changes and not parts:
        raise Malformed(
            _("A later edition says what changes: in its clauses, its attachments or its bill of"
              " quantities."),
            code="bad-changes",
        )
    if len(changes) > MAX_CHANGES:
        raise Malformed(
            _("A later edition changes at most %(most)d clauses.") % {"most": MAX_CHANGES},
            code="bad-changes",
        )
    for change in changes:
        change.check()
    clauses = [change.clause for change in changes]
    twice = next((name for name in clauses if clauses.count(name) > 1), "")
    if twice:
        raise Malformed(
            _("“%(clause)s” stands there twice. Say everything about it in one place.")
            % {"clause": twice},
            code="clause-twice",
        )


def editions(lot: Lot) -> list[Exhibit]:
    """The editions of the tender document as the dossier has them, the first one first."""
    return list(Exhibit.objects.filter(lot=lot, kind=KIND).order_by("filed_at", "leaf"))


def current(lot: Lot) -> Document | None:
    """The edition that holds, if any is published."""
    rows = Document.objects.filter(lot=lot, kind=DocumentKind.TENDER_DOCUMENT)
    return rows.order_by("-edition").first()


def moment(dates: Mapping[str, str], name: str) -> datetime | None:
    """One of a lot's dates, if it has it."""
    text = dates.get(name)
    return jcs.parse_timestamp(text) if text else None


def is_kept(lot: Lot) -> bool:
    """Whether something signed keeps the deadline, so that it moves by that alone."""
    return any(keeper(lot) for keeper in _keepers)


def require_time(
    lot: Lot, *, now: datetime, dates: Mapping[str, str] | None = None
) -> None:
    """Refuse an edition that affects bids where too little time is left by these dates."""
    until = moment(lot.dates if dates is None else dates, AFFECTING_UNTIL)
    if until is None or now <= until:
        return
    rules = procedure.of(lot)
    rule = rules.days.get(TERM)
    what = {"until": planning.shown_end(until)}
    raise Refused(
        (
            _("An edition that affects bids was possible until %(until)s. Publish a later schedule"
              " of the sealed bids first: the deadline moves with it.") % what
            if is_kept(lot)
            else _("An edition that affects bids was possible until %(until)s. Give a later"
                   " deadline with it.") % what
        ),
        code="too-late-to-affect",
        rule=rule.article if rule is not None else None,
    )


@command(AMEND)
@dataclass(frozen=True, kw_only=True)
class AmendDocuments(LotAct):
    """Publish the next edition of the tender document; its bytes are in the store.

    ``before`` is the digest of the edition that it changes: with another one somebody else was
    faster. ``affects`` says that bids are affected; then the days of the law must remain, by a
    later ``deadline`` where they do not. Where a signed schedule says when bids close, that is
    moved first, and the deadline with it. The method of evaluation stays as it was published.

    What stands prepared goes out with it: ``bill`` is the digest of the new bill of quantities as
    the document prints it, ``attachments`` that over the new files
    (:func:`trading.domain.preparing.files_digest`), both empty where there are none. A new bill
    always affects bids.
    """

    public: ClassVar[bool] = True

    before: str
    changes: tuple[Change, ...]
    affects: bool
    title: str
    digest: str
    size: int
    deadline: datetime | None = None
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)
    bill: str = ""
    attachments: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.check_changes()
        moved_from = lot.dates.get(DEADLINE)
        self.proceed(scene, choose=self._moved(lot))
        earlier = current(lot)
        if earlier is None or earlier.digest != self.before:
            raise Conflict(
                _("Another edition was published meanwhile. Look at it, then say what changes."),
                code="changed-meanwhile",
            )
        if self.digest == earlier.digest:
            raise Conflict(_("This very document is published already."), code="same-document")
        parts = self.parts(lot)
        if self.affects:
            require_time(lot, now=scene.now)
        document = publish(
            scene, lot=lot, kind=DocumentKind.TENDER_DOCUMENT, title=self.title,
            digest=self.digest, size=self.size, media_type=self.media_type,
        )
        exhibit = self._file(scene, lot, document, earlier, parts)
        scene.enter(
            subject=document.urn,
            digests={
                "document": self.digest,
                "before": self.before,
                **({"bill": self.bill} if self.bill else {}),
                **({"attachments": self.attachments} if self.attachments else {}),
            },
            context={
                "lot": lot.urn,
                "edition": document.edition,
                "affects": self.affects,
                "deadline": lot.dates.get(DEADLINE),
                "moved": lot.dates.get(DEADLINE) != moved_from,
            },
        )
        edition_parts.publish(scene, lot, parts, edition=document.edition)
        self._tell(scene, lot, document)
        for listener in _listeners:
            listener(scene, lot, document, self.affects)
        return {
            "document": str(document.pk),
            "exhibit": str(exhibit.pk),
            "edition": document.edition,
            "dates": lot.dates,
        }

    def check_changes(self) -> None:
        """Raise :class:`Malformed` where the clauses are none (:func:`check_changes`)."""
        check_changes(self.changes, parts=bool(self.bill or self.attachments))

    def parts(self, lot: Lot) -> Parts:
        """What goes out with it; raises where that is not what stands prepared."""
        found = edition_parts.prepared(lot)
        found.require(
            lot, bill=self.bill, attachments=self.attachments, affects=self.affects
        )
        return found

    def dates_after(self, lot: Lot, now: datetime) -> dict[str, str]:
        """The lot's dates once this is published: the dry run of a page."""
        if (chosen := self._moved(lot)) is None:
            return dict(lot.dates)
        move = lifecycle.check(
            lot, AMEND, actor_roles=MOVERS, now=now, choose=chosen
        )
        return {name: jcs.timestamp(at) for name, at in move.after.dates.items()}

    def _moved(self, lot: Lot) -> dict[str, datetime] | None:
        """The deadline that is chosen anew; only ever later, and by the schedule if there is one.
        """
        known = lot.dates.get(DEADLINE)
        if self.deadline is None or jcs.timestamp(self.deadline) == known:
            return None
        if is_kept(lot):
            raise Refused(
                _("A signed schedule says when bids close. Publish a later one first: the deadline"
                  " moves with it."),
                code="schedule-stands",
                rule=grounds.by_step(lot, self.name),
            )
        if known is not None and self.deadline < jcs.parse_timestamp(known):
            raise Refused(
                _("A deadline only ever moves later."),
                code="moved-earlier",
                rule=MOVED_EARLIER.of(lot),
            )
        return {DEADLINE: self.deadline}

    def _file(
        self, scene: Scene, lot: Lot, document: Document, earlier: Document, parts: Parts
    ) -> Exhibit:
        return dossier.file(
            scene,
            lot=lot,
            kind=KIND,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "document": document.urn,
                "edition": document.edition,
                "evaluation": evaluation_digest(lot),
                "parameters": lot.parameters,
                **parts.facts(),
                "amends": {"document": earlier.urn, "digest": earlier.digest},
                "affects": self.affects,
                "changes": [change.plain() for change in self.changes],
                "deadline": lot.dates.get(DEADLINE),
            },
            audience=access.document_readers(document.edition),
            seal=self.seal,
        )

    def _tell(self, scene: Scene, lot: Lot, document: Document) -> None:
        at = lot.dates.get(DEADLINE)
        messages.send(
            scene,
            to=[*messages.participants(lot), *messages.invitees(lot)],
            template="documents-amended" if self.affects else "documents-clarified",
            lot=lot,
            context={
                "edition": str(document.edition),
                "deadline": planning.shown(jcs.parse_timestamp(at)) if at else "—",
            },
            evidence=True,
        )


def register() -> None:
    """Make the command nameable; called when the app is ready."""
    registry.register_command(AmendDocuments.name, AmendDocuments)
