"""The tender documents: put on offer, and fetched by those who may bid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Denied, NotFound, Refused
from trading import access
from trading.domain import (
    bill_acts,
    dossier,
    grounds,
    invitations,
    messages,
    planning,
    preparing,
    prequalification,
    procedure,
)
from trading.domain.acts import LotAct, find_organisation
from trading.domain.notices import PDF, check_file, evaluation_digest, publish
from trading.domain.organisations import BLOCKED
from trading.enums import DocumentKind, LotRole, OrganisationKind
from trading.models import Assignment, Document, Download, Exhibit, Lot, Organisation

PUBLISH = "trading.publish-documents"
AGREES = grounds.declare("documents-agree", step=PUBLISH)
FIRST_FETCH = "trading.record-download"
NEXT_FETCH = "trading.repeat-download"

#: Who reads the tender document in the dossier; tenderers also fetch it as a document.
READERS = access.document_readers()


@command(PUBLISH)
@dataclass(frozen=True, kw_only=True)
class PublishDocuments(LotAct):
    """Put the sealed tender document on offer; its bytes are in the store under ``digest``.

    ``evaluation`` is the digest of the method and parameters that the document prints
    (:func:`trading.domain.notices.evaluation_digest`); it must be the lot's own, and is hashed
    into the record with the document, so that anyone can recompute the scores. The attachments in
    hand go out with it; ``attachments`` is their digest as the document prints them
    (:func:`trading.domain.preparing.files_digest`), empty where it prints none. So does the bill of
    quantities, by the digest ``bill`` of its canonical JSON.
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    evaluation: str
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)
    attachments: str = ""
    bill: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        move = self.proceed(scene)
        if self.evaluation != evaluation_digest(lot):
            raise Refused(
                _("The document was made for another method or other parameters of evaluation."
                  " Make it again."),
                code="other-parameters",
                rule=AGREES.of(lot),
            )
        files = preparing.of(lot).files
        if self.attachments != (preparing.files_digest(files) if files else ""):
            raise Refused(
                _("The attachments are not those that the document names. Make it again."),
                code="other-attachments",
                rule=AGREES.of(lot),
            )
        bill = preparing.of(lot).bill
        if self.bill != bill.get("digest", ""):
            raise Refused(
                _("The bill of quantities is not the one that the document names. Make it again."),
                code="other-bill",
                rule=AGREES.of(lot),
            )
        document = publish(
            scene, lot=lot, kind=DocumentKind.TENDER_DOCUMENT, title=self.title,
            digest=self.digest, size=self.size, media_type=self.media_type,
        )
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind="tender-document",
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "document": document.urn,
                "edition": document.edition,
                "evaluation": self.evaluation,
                "parameters": lot.parameters,
                **({"attachments": [one["digest"] for one in files]} if files else {}),
                **({"bill": self.bill} if bill else {}),
            },
            audience=READERS,
            seal=self.seal,
        )
        scene.enter(
            subject=document.urn,
            digests={"document": self.digest, "evaluation": self.evaluation},
            context={"lot": lot.urn, "edition": document.edition},
        )
        for file in files:
            attach(scene, lot, file)
        bill_acts.publish(scene, lot, bill)
        self._announce(scene, lot)
        return {
            "document": str(document.pk),
            "exhibit": str(exhibit.pk),
            "stage": move.after.stage,
            "dates": lot.dates,
        }

    def _announce(self, scene: Scene, lot: Lot) -> None:
        def shown(name: str) -> str:
            at = lot.dates.get(name)
            return planning.shown(jcs.parse_timestamp(at)) if at else "—"

        messages.send(
            scene,
            to=[*messages.participants(lot), *messages.invitees(lot)],
            template="documents-published",
            lot=lot,
            context={"until": shown("documents-until"), "deadline": shown("deadline")},
        )


def attach(scene: Scene, lot: Lot, file: Mapping[str, Any], *, edition: int = 1) -> None:
    """Put an attachment out with an edition of the tender document, inside the act that publishes
    it."""
    what = {name: file[name] for name in ("digest", "size", "media_type")}
    row = publish(scene, lot=lot, kind=DocumentKind.ATTACHMENT, title=file["title"], **what)
    instead = file.get("instead_of")
    dossier.file(
        scene,
        lot=lot,
        kind="attachment",
        name=file["title"],
        facts={
            "document": row.urn,
            "number": row.edition,
            "edition": edition,
            **({"instead-of": instead["digest"]} if instead else {}),
        },
        audience=access.document_readers(edition),
        **what,
    )


def _first_fetch(lot: Lot) -> str:
    """The command by which documents are first fetched at the lot's stage: what is fetched then
    may be the prequalification documents."""
    return next(
        (
            one.name
            for one in procedure.of(lot).commands.values()
            if one.act == FIRST_FETCH and one.name != NEXT_FETCH and lot.stage in one.from_
        ),
        FIRST_FETCH,
    )


@command("trading.record-download")
@dataclass(frozen=True, kw_only=True)
class RecordDownload(LotAct):
    """Fetch a document for an organisation. The first fetch makes it a tenderer of the lot.

    In an invited tender only who has accepted an invitation fetches; after a prequalification only
    who qualified, and its first fetch of the tender documents makes it a tenderer anew. Answers
    with the digest under which the caller then reads the bytes from the store.
    """

    share: ClassVar[bool] = True
    roles: ClassVar[frozenset[str] | None] = frozenset(
        {LotRole.PROSPECT.value, LotRole.TENDERER.value}
    )

    document: UUID
    organisation: UUID

    def permit(self, actor: Actor) -> None:
        super().permit(actor)
        if not access.acts_for(actor.user, self.organisation):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        organisation = find_organisation(self.organisation)
        user = scene.actor.user
        if user is None:
            raise Denied(_("Documents are fetched by people."), code="wrong-role")
        self._check_tenderer(scene, organisation)
        invitations.require_accepted(lot, organisation)
        prequalification.require_qualified(lot, organisation)
        known = Assignment.objects.filter(
            lot=lot, organisation=organisation, role=LotRole.TENDERER, until__isnull=True
        )
        first = not known.exists()
        self.proceed(scene, step=_first_fetch(lot) if first else NEXT_FETCH)
        document = Document.objects.filter(pk=self.document, lot=lot).first()
        if document is None:
            raise NotFound(_("There is no such document on this lot."), code="unknown-document")
        self._check_edition(scene, document, organisation)
        if first:
            known.get_or_create(
                lot=lot,
                organisation=organisation,
                role=LotRole.TENDERER,
                defaults={"since": scene.now, "reason": "tender document fetched"},
            )
        Download.objects.create(
            document=document, organisation=organisation, user=user, at=scene.now
        )
        scene.enter(
            subject=document.urn,
            digests={"document": document.digest},
            context={"lot": lot.urn, "organisation": organisation.urn, "first": first},
            receipt_for=(organisation.urn,),
        )
        return {
            "document": str(document.pk),
            "digest": document.digest,
            "size": document.size,
            "media_type": document.media_type,
            "title": document.title,
            "first": first,
        }

    def _check_edition(self, scene: Scene, document: Document, tenderer: Organisation) -> None:
        """Refuse what went out with a later edition to who has not fetched that (TBL 23)."""
        if document.kind not in (DocumentKind.ATTACHMENT, DocumentKind.BILL):
            return
        twins = Exhibit.objects.filter(lot=document.lot, facts__document=document.urn)
        edition = max((int(one.facts.get("edition", 1)) for one in twins), default=1)
        if edition > max(1, access.edition_fetched(document.lot, [tenderer], scene.now)):
            raise Refused(
                _("“%(title)s” goes with edition %(edition)d of the tender document. Fetch that"
                  " first.") % {"title": document.title, "edition": edition},
                code="edition-not-fetched",
                rule=grounds.by_step(document.lot, preparing.AMEND),
            )

    def _check_tenderer(self, scene: Scene, organisation: Organisation) -> None:
        if not access.acts_for(scene.actor.user, organisation.pk, scene.now):
            raise Denied(_("You do not act for this organisation."), code="wrong-organisation")
        if OrganisationKind.TENDERER.value not in organisation.kinds or not access.is_verified(
            organisation, scene.now
        ):
            raise Denied(
                _("%(name)s is not a verified tenderer.") % {"name": organisation.name},
                code="wrong-role",
            )
        blocked = organisation.blocked_until
        if blocked is not None and access.is_blocked(organisation, scene.now):
            raise Refused(
                _("%(name)s is kept out by a credit decision until %(until)s.")
                % {"name": organisation.name, "until": planning.shown(blocked)},
                code="blocked",
                rule=BLOCKED.of(scene.subject),
            )
