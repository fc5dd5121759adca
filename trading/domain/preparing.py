"""What a tenderee prepares before it publishes: the lot, its evaluation, dates, words, files.

Each draft is kept by an act of its own, so that two people who prepare the same lot see who changed
what; nothing of it is public. What is published later is checked again by the act that does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, NotFound, Refused
from trading.domain import dossier, evaluations, planning, procedure
from trading.domain.acts import LotAct
from trading.domain.notices import DETAILS, MAX_DETAIL, check_file, evaluation_digest
from trading.domain.projects import is_amount
from trading.models import Exhibit, Lot, Preparation

#: The procedure's commands under which drafts are kept.
NOTICE, DOCUMENTS = "trading.prepare-notice", "trading.prepare-documents"
#: The command under which a later edition of the tender document is prepared and published.
AMEND = "trading.amend-documents"
#: The dossier's editions of the tender document.
KIND = "tender-document"

MAX_FILES = 20


def of(lot: Lot) -> Preparation:
    """The lot's drafts; empty ones, unsaved, where nothing was drafted yet."""
    return Preparation.objects.filter(lot=lot).first() or Preparation(lot=lot)


def offered(lot: Lot) -> Exhibit | None:
    """The edition of the tender document that holds, as the dossier has it."""
    return Exhibit.objects.filter(lot=lot, kind=KIND).order_by("filed_at", "leaf").last()


def published_files(lot: Lot) -> list[str]:
    """The digests of the attachments of the edition that holds, in order."""
    edition = offered(lot)
    return [] if edition is None else list(edition.facts.get("attachments", ()))


def documents_step(lot: Lot) -> str:
    """The command under which attachments and bill are prepared: once the tender document is out,
    that of its next edition, where the procedure knows one."""
    if AMEND in procedure.of(lot).commands and offered(lot) is not None:
        return AMEND
    return DOCUMENTS


@dataclass(frozen=True, kw_only=True)
class _Draft(LotAct):
    """A draft is kept under the procedure's command; its digest goes into the ledger, hidden."""

    public: ClassVar[bool] = False

    def enter(self, scene: Scene, what: Any) -> None:
        """Put down that a draft was changed, by the digest of what it is now."""
        scene.enter(subject=scene.subject.urn, digests={"draft": jcs.digest(what).hex()})


def title_digest(lot: Lot) -> str:
    """SHA-256 of the lot's title and estimate as they stand, in hex."""
    return jcs.digest([lot.title, None if lot.estimate is None else str(lot.estimate)]).hex()


def dates_digest(lot: Lot) -> str:
    """SHA-256 of the dates that are kept for the notice, in hex."""
    return jcs.digest(of(lot).dates).hex()


def notice_digest(lot: Lot) -> str:
    """SHA-256 of what the notice is to say in words, in hex."""
    return jcs.digest(of(lot).notice).hex()


@dataclass(frozen=True, kw_only=True)
class FormDraft(_Draft):
    """A draft that is one form. ``before`` is the digest of what stood there when the form was
    shown; empty, it replaces whatever stands."""

    before: str = ""

    def require_unchanged(self, standing: str) -> None:
        """Raise :class:`Conflict` where somebody else, or another tab, was faster."""
        if self.before and self.before != standing:
            raise Conflict(
                _("This was changed meanwhile, by somebody else or in another tab. Yours is not"
                  " kept yet: compare, then keep yours."),
                code="changed-meanwhile",
            )


@command("trading.amend-lot")
@dataclass(frozen=True, kw_only=True)
class AmendLot(FormDraft):
    """Change a lot's title and estimate before its notice is published."""

    step: ClassVar[str] = NOTICE

    title: str
    estimate: Decimal | None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.require_unchanged(title_digest(lot))
        if not 1 <= len(self.title.strip()) <= 200:
            raise Malformed(_("A lot's title has 1 to 200 characters."), code="bad-title")
        if self.estimate is not None and not is_amount(self.estimate):
            raise Malformed(
                _("An estimate is an amount above zero with at most two decimals."),
                code="bad-estimate",
            )
        lot.title, lot.estimate = self.title.strip(), self.estimate
        lot.save(update_fields=["title", "estimate"])
        self.enter(scene, {"title": lot.title, "estimate": str(self.estimate)})
        return {"lot": str(lot.pk)}


@command("trading.state-evaluation")
@dataclass(frozen=True, kw_only=True)
class StateEvaluation(_Draft):
    """State the method of evaluation and its parameters, before the tender document binds them.

    ``before`` is the digest of what stood there when the form was shown
    (:func:`trading.domain.notices.evaluation_digest`); with another one somebody else was faster.
    """

    step: ClassVar[str] = DOCUMENTS

    parameters: dict[str, Any]
    before: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        # What is stated by an act of its own stays, and says what may be stated here.
        kept = {one: lot.parameters[one] for one in evaluations.BESIDE if one in lot.parameters}
        evaluations.check({**kept, **self.parameters})
        if self.before != evaluation_digest(lot):
            raise Conflict(
                _("Somebody changed the method of evaluation meanwhile. Yours is not kept yet: "
                  "look at both, then keep yours."),
                code="changed-meanwhile",
            )
        lot.parameters = {**kept, **self.parameters}
        lot.save(update_fields=["parameters"])
        scene.enter(subject=lot.urn, digests={"evaluation": evaluation_digest(lot)})
        return {"evaluation": evaluation_digest(lot)}


@command("trading.plan-dates")
@dataclass(frozen=True, kw_only=True)
class PlanDates(FormDraft):
    """Keep the dates that the notice is to say; they need not hold for ever."""

    step: ClassVar[str] = NOTICE

    dates: dict[str, datetime]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.require_unchanged(dates_digest(lot))
        planning.check_chosen(procedure.of(lot), self.dates, start=scene.now)
        row = of(lot)
        row.dates = {name: jcs.timestamp(at) for name, at in sorted(self.dates.items())}
        row.save()
        self.enter(scene, row.dates)
        return {"dates": row.dates}


@command("trading.draft-notice")
@dataclass(frozen=True, kw_only=True)
class DraftNotice(FormDraft):
    """Keep the notice's title and what it says in words (``trading.domain.notices.DETAILS``)."""

    step: ClassVar[str] = NOTICE

    title: str
    details: dict[str, str]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.require_unchanged(notice_digest(lot))
        check_details(self.details)
        if len(self.title.strip()) > 200:
            raise Malformed(_("A document's title has 1 to 200 characters."), code="bad-title")
        row = of(lot)
        row.notice = {
            "title": self.title.strip(),
            **{name: text.strip() for name, text in sorted(self.details.items())},
        }
        row.save()
        self.enter(scene, row.notice)
        return {"lot": str(lot.pk)}


def check_details(details: Mapping[str, str]) -> None:
    """Known names and texts that are not too long, or :class:`Malformed`."""
    for name, text in details.items():
        if name not in DETAILS:
            raise Malformed(
                _("A notice says nothing called “%(name)s”.") % {"name": name}, code="bad-detail"
            )
        if len(text) > MAX_DETAIL:
            raise Malformed(
                _("A part of a notice has at most %(most)d characters.") % {"most": MAX_DETAIL},
                code="bad-detail",
            )


@dataclass(frozen=True, kw_only=True)
class DocumentsDraft(_Draft):
    """A draft of what goes out with the tender document, its first edition or the next one."""

    step: ClassVar[str] = DOCUMENTS

    def step_at(self, lot: Lot) -> str:
        return documents_step(lot)


@command("trading.attach-file")
@dataclass(frozen=True, kw_only=True)
class AttachFile(DocumentsDraft):
    """Add a file to those that go out with the tender document; its bytes are in the store.

    With ``replaces``, a file's id, it takes that one's place.
    """

    title: str
    digest: str
    size: int
    media_type: str
    replaces: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        check_file(self.title, self.size)
        dossier.check_digest(self.digest)
        row = of(lot)
        old = _file_of(row, self.replaces) if self.replaces else None
        if old is None and len(row.files) >= MAX_FILES:
            raise Malformed(
                _("A tender document has at most %(most)d attachments. Put several into one file.")
                % {"most": MAX_FILES},
                code="too-many-files",
            )
        known = [*row.files, *(one["instead_of"] for one in row.files if "instead_of" in one)]
        if any(one["digest"] == self.digest for one in known):
            raise Conflict(_("This very file is attached already."), code="attached-already")
        file: dict[str, Any] = {
            "id": str(uuid4()),
            "title": self.title.strip(),
            "digest": self.digest,
            "size": self.size,
            "media_type": self.media_type,
        }
        if old is None:
            row.files = [*row.files, file]
        else:
            if old["digest"] in published_files(lot):
                file["instead_of"] = old
            elif "instead_of" in old:
                file["instead_of"] = old["instead_of"]
            row.files = [file if one["id"] == self.replaces else one for one in row.files]
        row.save()
        self.enter(scene, row.files)
        return {"file": file["id"]}


@command("trading.detach-file")
@dataclass(frozen=True, kw_only=True)
class DetachFile(DocumentsDraft):
    """Take a file away again before it was published; the one whose place it took is back."""

    file: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = of(lot)
        gone = _file_of(row, self.file)
        if gone["digest"] in published_files(lot):
            raise Refused(
                _("“%(title)s” is published and stays readable. Replace it by another file, or say"
                  " in a clause of the next edition that it holds no more.")
                % {"title": gone["title"]},
                code="published-file",
            )
        back = [gone["instead_of"]] if "instead_of" in gone else []
        at = row.files.index(gone)
        row.files = [*row.files[:at], *back, *row.files[at + 1 :]]
        row.save()
        self.enter(scene, row.files)
        return {"files": len(row.files)}


def _file_of(row: Preparation, pk: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((one for one in row.files if one["id"] == pk), None)
    if found is None:
        raise NotFound(
            _("This attachment is not there any more; somebody took it away."),
            code="no-such-file",
        )
    return found


def files_digest(files: list[dict[str, Any]]) -> str:
    """SHA-256 over the canonical JSON of the attachments' digests in order, in hex."""
    return jcs.digest([one["digest"] for one in files]).hex()
