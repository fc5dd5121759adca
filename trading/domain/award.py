"""The award: the tenderee's decision, told to the winner and, with the reasons, to all others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from trading.domain import (
    candidates,
    deciding,
    dossier,
    messages,
    planning,
    procedure,
    registry,
    security_terms,
)
from trading.domain.acts import LotAct
from trading.domain.candidates import Ranked, Ranking
from trading.domain.notices import PDF, check_file
from trading.enums import PUBLIC, LotRole
from trading.models import Assignment, Award, Lot, Organisation

AWARD = "award"
FIRST_WINS = "first-candidate-wins"
LONGEST_REASONS = 2000


def choose(lot: Lot, winner: UUID, *, reasons: str = "") -> Ranked:
    """The candidate whom the tenderee may choose, or the refusal.

    Raises :class:`NotFound` for one who is no candidate; :class:`Refused` (``not-the-first``)
    where state funds dominate and another than the first is chosen; :class:`Malformed` where a
    choice that is the tenderee's own has no reasons. Where the award is separated from evaluation
    it is the candidate of the signed decision (``not-decided``, ``not-the-decided``).
    """
    rows = candidates.first(lot)
    chosen = next((one for one in rows if one.organisation.pk == winner), None)
    if chosen is None:
        raise NotFound(_("This organisation is not among the candidates."), code="no-candidate")
    if deciding.is_separated(lot):
        deciding.require_decided(lot, winner)
        return chosen
    rules = procedure.of(lot)
    if rules.flag(FIRST_WINS) and chosen.rank != 1:
        raise Refused(
            _("State funds dominate: the first candidate wins, which is %(name)s.")
            % {"name": rows[0].organisation.name},
            code="not-the-first",
            rule=rules.flags[FIRST_WINS].article or None,
        )
    if len(reasons) > LONGEST_REASONS:
        raise Malformed(
            _("Reasons have at most %(most)d characters.") % {"most": LONGEST_REASONS},
            code="too-long",
        )
    if chosen.rank != 1 and not reasons.strip():
        raise Malformed(
            _("Say why another than the first candidate wins."), code="reasons-missing"
        )
    return chosen


def awards_of(lot: Lot) -> list[Award]:
    """The lot's awards by rank: none, one, or where there is a framework several."""
    return list(Award.objects.filter(lot=lot).select_related("winner").order_by("rank"))


def award_of(lot: Lot, award: UUID | None = None) -> Award:
    """The lot's award, of several the one that is named; raises :class:`NotFound`."""
    rows = awards_of(lot)
    if not rows:
        raise NotFound(_("The lot is not awarded yet."), code="not-awarded")
    if award is None and len(rows) > 1:
        raise Malformed(_("The lot has several awards: say which."), code="which-award")
    row = next((one for one in rows if award in (None, one.pk)), None)
    if row is None:
        raise NotFound(_("There is no such award."), code="unknown-award")
    return row


@command("trading.award")
@dataclass(frozen=True, kw_only=True)
class AwardLot(LotAct):
    """Decide who wins; the sealed award notice is in the store under ``digest``.

    Not before the candidates were on show for their days and every objection is answered. The
    winner and every other tenderer are told at once, with evidence (TBL 45).
    """

    public: ClassVar[bool] = True

    winner: UUID
    title: str
    digest: str
    size: int
    reasons: str = ""
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        chosen = choose(lot, self.winner, reasons=self.reasons)
        ranking = candidates.ranking(lot)
        reasons = self.reasons.strip() or deciding.reasons(lot)
        award = Award.objects.create(
            lot=lot,
            winner=chosen.organisation,
            rank=chosen.rank,
            price=chosen.price,
            terms=dict(chosen.terms),
            reasons=reasons,
            report=ranking.report,
            decided_by=scene.actor.urn,
            decided_at=scene.now,
        )
        security_terms.settle(lot)
        # What is public of the award tells a rank only where the candidates were ranked.
        rank = {"rank": chosen.rank} if candidates.are_ranked(lot) else {}
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=AWARD,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "award": award.urn,
                "winner": chosen.organisation.urn,
                **rank,
                "price": str(chosen.price),
                "terms": dict(chosen.terms),
                "reasons": award.reasons,
                "report": ranking.report.urn,
            },
            audience=[PUBLIC],
            seal=self.seal,
        )
        scene.enter(
            subject=award.urn,
            digests={"notice": self.digest, "report": ranking.report.digest},
            context={"lot": lot.urn, "winner": chosen.organisation.urn, **rank},
        )
        _tell_all(scene, lot, chosen, ranking)
        return {
            "award": str(award.pk),
            "exhibit": str(exhibit.pk),
            "winner": chosen.organisation.urn,
            "stage": lot.stage,
            "dates": lot.dates,
        }


def _tell_all(scene: Scene, lot: Lot, chosen: Ranked, ranking: Ranking) -> None:
    """The award notice to the winner; to every other tenderer the result and why it lost."""
    result = {"winner": chosen.organisation.name, "price": f"{chosen.price:,.2f}"}
    until = planning.shown_end(jcs.parse_timestamp(lot.dates["contract-until"]))
    tell(scene, lot, chosen.organisation, "award-won", result | {"until": until})
    rejected = {one.organisation.pk: one for one in ranking.rejected}
    for organisation in tenderers(lot):
        own = ranking.of(organisation.pk)
        if organisation.pk == chosen.organisation.pk:
            continue
        if organisation.pk in rejected:
            reason = rejected[organisation.pk].reason
            tell(scene, lot, organisation, "award-rejected", result | {"reason": reason})
        elif own is not None:
            lost = {"rank": str(own.rank), "score": own.score, "best": chosen.score}
            lost["why"] = deciding.reasons(lot)
            template = "award-lost-decided" if deciding.is_separated(lot) else "award-lost"
            tell(scene, lot, organisation, template, result | lost)
        else:
            tell(scene, lot, organisation, "award-unranked", result)


def tell(
    scene: Scene, lot: Lot, to: Organisation, template: str, context: dict[str, str]
) -> None:
    """One of the notices that follow from an award, with evidence that it arrived."""
    messages.send(scene, to=[to], template=template, lot=lot, context=context, evidence=True)


def tenderers(lot: Lot) -> list[Organisation]:
    """Everybody who learns what became of the lot."""
    assigned = Assignment.objects.filter(
        lot=lot, role=LotRole.TENDERER, until__isnull=True, organisation__isnull=False
    )
    return list(
        Organisation.objects.filter(pk__in=assigned.values("organisation_id")).order_by("pk")
    )


def register() -> None:
    """Make the command nameable; called when the app is ready."""
    registry.register_command(AwardLot.name, AwardLot)
