"""Prequalification 资格预审: what is asked of applicants, what came of each, and who goes on.

Whoever fetches the prequalification documents may apply, as a tenderer of the lot. Applications are
sealed, and examined by a panel that is drawn (``bidding.domain.examination``). Every applicant is
told its own result alone (TBR 19), which ends its part; who qualified is invited to tender, as the
notice of its result says, and becomes a tenderer again when it fetches the tender documents. Who
applied and how many is told to nobody else (TBL 22).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound
from trading import access
from trading.domain import dossier, grounds, messages, planning, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.notices import PDF, check_file, publish
from trading.domain.procedure import Procedure
from trading.domain.projects import assign
from trading.enums import DocumentKind, LotRole
from trading.models import Assignment, Lot, Organisation, Prequalification, Qualification

PUBLISH = "trading.publish-prequalification"
FLAG = "prequalification"
DOCUMENT = "prequalification"
MAX_CRITERIA, MAX_TITLE, MAX_WORDS = 30, 200, 4_000
#: Who reads the prequalification documents in the dossier; applicants also fetch them.
READERS = tuple(sorted(access.DOCUMENT_READERS))
NOT_QUALIFIED = grounds.declare("not-qualified", step="trading.record-download")


def is_prequalified(rules: Procedure) -> bool:
    """Whether only who qualified beforehand tenders by this procedure."""
    return rules.flag(FLAG)


def find(lot: Lot) -> Prequalification | None:
    """What the lot's prequalification documents ask for, once they are on offer."""
    return Prequalification.objects.filter(lot=lot).select_related("document").first()


def get(lot: Lot) -> Prequalification:
    """The same; raises :class:`NotFound`."""
    row = find(lot)
    if row is None:
        raise NotFound(
            _("The prequalification documents of this lot are not on offer."),
            code="no-prequalification",
        )
    return row


def checked_criteria(titles: Sequence[str]) -> tuple[str, ...]:
    """What applicants must meet, one short text each; raises :class:`Malformed`."""
    found = tuple(one.strip() for one in titles if one.strip())
    if not 1 <= len(found) <= MAX_CRITERIA:
        raise Malformed(
            _("Name 1 to %(most)d criteria, one in each line.") % {"most": MAX_CRITERIA},
            code="bad-criteria",
        )
    if any(len(one) > MAX_TITLE for one in found):
        raise Malformed(
            _("A criterion has at most %(most)d characters; say more in the words below.")
            % {"most": MAX_TITLE},
            code="bad-criteria",
        )
    if len(set(found)) != len(found):
        raise Malformed(_("A criterion stands there twice."), code="bad-criteria")
    return found


def checked_words(text: str) -> str:
    """What applicants are to hand in, in words; raises :class:`Malformed`."""
    said = text.replace("\r\n", "\n").strip()
    if len(said) > MAX_WORDS:
        raise Malformed(
            _("Say it in at most %(most)d characters.") % {"most": MAX_WORDS}, code="bad-words"
        )
    return said


def numbered(titles: Sequence[str]) -> list[dict[str, str]]:
    """The criteria as they are kept: each with a name of its own."""
    return [{"id": f"c{n}", "title": title} for n, title in enumerate(titles, start=1)]


@command(PUBLISH)
@dataclass(frozen=True, kw_only=True)
class PublishPrequalification(LotAct):
    """Put the sealed prequalification documents on offer; the bytes are in the store.

    ``criteria`` are what each applicant is examined by, as the document prints them.
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    criteria: tuple[str, ...]
    words: str = ""
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        move = self.proceed(scene)
        criteria = numbered(checked_criteria(self.criteria))
        checked_words(self.words)
        document = publish(
            scene, lot=lot, kind=DocumentKind.PREQUALIFICATION, title=self.title,
            digest=self.digest, size=self.size, media_type=self.media_type,
        )
        Prequalification.objects.create(lot=lot, document=document, criteria=criteria)
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=DOCUMENT,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={"document": document.urn, "criteria": criteria},
            audience=READERS,
            seal=self.seal,
        )
        scene.enter(
            subject=document.urn,
            digests={"document": self.digest},
            context={"lot": lot.urn, "edition": document.edition},
        )
        messages.send(
            scene,
            to=messages.participants(lot),
            template="prequalification-published",
            lot=lot,
            context={
                "until": _shown(lot, "prequalification-until"),
                "deadline": _shown(lot, "applications-until"),
            },
        )
        return {
            "document": str(document.pk),
            "exhibit": str(exhibit.pk),
            "stage": move.after.stage,
            "dates": lot.dates,
        }


def _shown(lot: Lot, name: str) -> str:
    at = lot.dates.get(name)
    return planning.shown(jcs.parse_timestamp(at)) if at else "—"


# --- the result ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one application; ``reasons`` say why it does not qualify."""

    organisation: Organisation
    qualified: bool
    reasons: tuple[str, ...]


def tell(scene: Scene, lot: Lot, outcomes: Sequence[Outcome], *, goes_on: bool) -> None:
    """Tell every applicant its own result, with evidence; inside the act that moves the lot.

    Nobody is a tenderer any more; where the tender ``goes_on`` who qualified is invited to it.
    """
    row = get(lot)
    row.told_at = scene.now
    row.save(update_fields=["told_at"])
    parties = [one.urn for one in (lot.project.tenderee, lot.project.agency) if one is not None]
    for one in outcomes:
        told = Qualification.objects.create(
            lot=lot,
            organisation=one.organisation,
            qualified=one.qualified,
            reasons=list(one.reasons),
            told_at=scene.now,
        )
        scene.enter(
            subject=told.urn,
            digests={"reasons": jcs.digest(told.reasons).hex()},
            context={
                "lot": lot.urn,
                "organisation": one.organisation.urn,
                "qualified": one.qualified,
            },
            receipt_for=(one.organisation.urn, *parties),
        )
        messages.send(
            scene,
            to=[one.organisation],
            template=_template(one, goes_on=goes_on),
            lot=lot,
            context={"name": one.organisation.name, "reasons": "；".join(one.reasons)},
            evidence=True,
        )
    Assignment.objects.filter(lot=lot, role=LotRole.TENDERER, until__isnull=True).update(
        until=scene.now
    )
    for one in outcomes:
        if one.qualified and goes_on:
            assign(
                scene, lot=lot, role=LotRole.INVITEE, organisation=one.organisation,
                reason="qualified",
            )


def _template(outcome: Outcome, *, goes_on: bool) -> str:
    if not outcome.qualified:
        return "prequalification-refused"
    return "prequalification-passed" if goes_on else "prequalification-repeated"


def of(lot: Lot, organisations: Sequence[Organisation]) -> list[Qualification]:
    """The results of these organisations."""
    rows = Qualification.objects.filter(lot=lot, organisation__in=list(organisations))
    return list(rows.select_related("organisation").order_by("organisation__name", "pk"))


def fetchers(lot: Lot) -> frozenset[UUID] | None:
    """The organisations that may fetch documents now; None where every tenderer may."""
    if not is_prequalified(procedure.of(lot)):
        return None
    row = find(lot)
    if row is None or row.told_at is None:
        return None
    rows = Qualification.objects.filter(lot=lot, qualified=True)
    return frozenset(rows.values_list("organisation_id", flat=True))


def require_qualified(lot: Lot, organisation: Organisation) -> None:
    """Refuse the tender documents to who did not qualify (TBR 19)."""
    allowed = fetchers(lot)
    if allowed is None or organisation.pk in allowed:
        return
    raise Denied(
        _("Only applicants that qualified fetch the documents of this tender."),
        code="not-qualified",
        rule=NOT_QUALIFIED.of(lot),
    )


def register() -> None:
    """Make the command nameable; called when the app is ready."""
    registry.register_command(PublishPrequalification.name, PublishPrequalification)
