"""The notice: published, and with it the procedure frozen and the dates fixed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from trading.domain import (
    calendar,
    catalogue,
    dossier,
    exceptions,
    planning,
    plans,
    procedure,
    searching,
)
from trading.domain.acts import LotAct
from trading.domain.planning import DryRun
from trading.domain.procedure import Procedure
from trading.enums import PUBLIC, DocumentKind
from trading.models import Document, Lot

PDF = "application/pdf"

#: What a notice says in words besides dates and parties (TBL 16, TBR 15).
DETAILS = ("scope", "place", "requirements", "contact")
MAX_DETAIL = 2000


def dry_run(lot: Lot, *, start: datetime, dates: dict[str, datetime] | None = None) -> DryRun:
    """Every date of this lot were its notice published at ``start`` with these chosen dates."""
    return planning.dry_run(
        procedure.of(lot), start=start, calendar=calendar.load(), chosen=dates
    )


@command("trading.publish-notice")
@dataclass(frozen=True, kw_only=True)
class PublishNotice(LotAct):
    """Publish the sealed notice, freeze the procedure onto the lot, fix the chosen dates.

    The notice's bytes are in the store under ``digest``; ``dates`` are those that it prints, one
    for each date that the procedure lets the tenderee choose, and ``details`` what it says in words
    (:data:`DETAILS`). A breach of a mandatory rule of days, or of the catalogue, blocks with its
    article. Another breach warns: ``exceptions`` give the reason for each by its name
    (``trading.domain.exceptions``), and ``exceptions_digest`` is that of their record, whose bytes
    are in the store.
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    dates: dict[str, datetime]
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    exceptions: dict[str, str] = field(default_factory=dict)
    exceptions_digest: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        rules = procedure.of(lot)
        check_file(self.title, self.size)
        # The role, stage and guards speak first; only then do the dates.
        move = self.proceed(scene, choose=self.dates)
        run = self._check_dates(rules, scene.now)
        known, judgement = catalogue.load(), plans.judge(lot)
        if judgement.blocking:
            raise plans.refusal_of(judgement)
        warnings = exceptions.warnings(run, judgement)
        exceptions.require_reasons(warnings, self.exceptions)
        lot.procedure = rules.frozen()
        lot.published_at = scene.now
        lot.save(update_fields=["procedure", "published_at"])
        searching.published(lot)
        document = publish(
            scene, lot=lot, kind=DocumentKind.NOTICE, title=self.title, digest=self.digest,
            size=self.size, media_type=self.media_type,
        )
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind="notice",
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "document": document.urn,
                "procedure": {
                    "name": rules.name, "version": rules.version, "digest": rules.digest,
                },
                "dates": lot.dates,
                "catalogue": {"version": known.version, "digest": known.digest},
                **({"details": self.details} if self.details else {}),
                "warnings": [
                    {"rule": warning.name, "article": warning.article} for warning in warnings
                ],
            },
            audience=[PUBLIC],
            seal=self.seal,
        )
        plans.file_exhibit(scene, lot)
        exceptions.file(scene, lot, warnings, self.exceptions, self.exceptions_digest)
        return {
            "document": str(document.pk),
            "exhibit": str(exhibit.pk),
            "stage": move.after.stage,
            "dates": lot.dates,
            "procedure": rules.digest,
        }

    def _check_dates(self, rules: Procedure, now: datetime) -> DryRun:
        missing = [name for name in rules.chosen if name not in self.dates]
        if missing:
            raise Malformed(
                _("The notice has to say: %(dates)s.")
                % {"dates": ", ".join(rules.title("dates", name) for name in missing)},
                code="date-missing",
            )
        run = planning.dry_run(
            rules, start=now, calendar=calendar.load(), chosen=self.dates
        )
        if run.blocking:
            raise Refused(
                "\n".join(breach.message for breach in run.blocking),
                code="days-not-kept",
                rule="; ".join(dict.fromkeys(one.rule.article for one in run.blocking)),
            )
        return run


def check_file(title: str, size: int) -> None:
    """A title of 1 to 200 characters and a file that is not empty, or :class:`Malformed`."""
    if not 1 <= len(title.strip()) <= 200:
        raise Malformed(_("A document's title has 1 to 200 characters."), code="bad-title")
    if size < 1:
        raise Malformed(_("The file is empty."), code="empty-file")


def publish(
    scene: Scene, *, lot: Lot, kind: DocumentKind, title: str, digest: str, size: int,
    media_type: str,
) -> Document:
    """The next edition of a document, inside the act that publishes it."""
    editions = Document.objects.filter(lot=lot, kind=kind).count()
    return Document.objects.create(
        lot=lot,
        kind=kind,
        edition=editions + 1,
        title=title.strip(),
        digest=dossier.check_digest(digest),
        size=size,
        media_type=media_type,
        published_at=scene.now,
    )


def evaluation_digest(lot: Lot) -> str:
    """SHA-256 over the canonical JSON of the method of evaluation and its parameters, in hex."""
    return jcs.digest(lot.parameters).hex()
