"""Several suppliers are taken into a framework 入围: one award for each, told to every tenderer.

Who is taken in follows from the committee's ranking and the published terms alone; the tenderee
says so and cannot choose. Whoever does not sign its agreement in time is dropped, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from trading.domain import award as awards
from trading.domain import (
    candidates,
    contracts,
    dossier,
    framework,
    messages,
    planning,
    procedure,
    registry,
    security_terms,
)
from trading.domain.acts import LotAct
from trading.domain.candidates import Ranked, Ranking
from trading.domain.notices import PDF, check_file
from trading.enums import PUBLIC
from trading.models import Award, Lot

TAKE_IN, DROP = "trading.take-in", "trading.drop-supplier"
LONGEST_REASON = 2000


@dataclass(frozen=True)
class Selection:
    """Whom the published terms take in, and who conforms and is left out; both by rank."""

    taken: tuple[Ranked, ...]
    left: tuple[Ranked, ...]
    ranking: Ranking


def selection(lot: Lot) -> Selection:
    """What the report and the terms come to.

    Raises :class:`Refused` (``too-few-suppliers``) where fewer would be taken in than the
    procedure asks for: then no framework comes about.
    """
    ranking = candidates.ranking(lot)
    rules = procedure.of(lot)
    count = framework.require_terms(lot).counted(len(ranking.ranked), rules)
    figure = rules.figures.get(framework.TAKEN_IN)
    least = (figure.least if figure is not None else None) or 1
    if count < least:
        raise Refused(
            _("%(conforming)d responses conform, and %(count)d of them would be taken in: a"
              " framework takes %(least)d. End the procedure and collect anew.")
            % {"conforming": len(ranking.ranked), "count": count, "least": least},
            code="too-few-suppliers",
            rule=(figure.article or None) if figure is not None else None,
        )
    return Selection(
        taken=ranking.ranked[:count], left=ranking.ranked[count:], ranking=ranking
    )


def digest(found: Selection) -> str:
    """SHA-256 (hex) over those taken in and their report: what a notice of them was made for."""
    rows = [one.as_json() for one in found.taken]
    return jcs.digest({"report": found.ranking.report.digest, "suppliers": rows}).hex()


@command(TAKE_IN)
@dataclass(frozen=True, kw_only=True)
class TakeIn(LotAct):
    """Take the suppliers in whom report and terms give; the sealed notice is under ``digest``.

    ``suppliers`` is :func:`digest` of those that the notice prints. Every tenderer is told at
    once, with evidence: those taken in by when they sign, all others why they are not.
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    suppliers: str
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        found = selection(lot)
        if self.suppliers != digest(found):
            raise Refused(
                _("The notice was made for another evaluation report. Make it again."),
                code="other-report",
            )
        rows = [self._award(scene, lot, one, found.ranking) for one in found.taken]
        security_terms.settle(lot)
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=awards.AWARD,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "awards": [
                    {
                        "award": row.urn,
                        "winner": row.winner.urn,
                        "rank": row.rank,
                        "price": str(row.price),
                        "terms": row.terms,
                    }
                    for row in rows
                ],
                "eliminated": len(found.left),
                "report": found.ranking.report.urn,
            },
            audience=[PUBLIC],
            seal=self.seal,
        )
        for row in rows:
            scene.enter(
                subject=row.urn,
                digests={"notice": self.digest, "report": found.ranking.report.digest},
                context={"lot": lot.urn, "winner": row.winner.urn, "rank": row.rank},
            )
        _tell_all(scene, lot, found)
        return {
            "awards": [str(row.pk) for row in rows],
            "exhibit": str(exhibit.pk),
            "suppliers": [row.winner.urn for row in rows],
            "stage": lot.stage,
            "dates": lot.dates,
        }

    def _award(self, scene: Scene, lot: Lot, one: Ranked, ranking: Ranking) -> Award:
        return Award.objects.create(
            lot=lot,
            winner=one.organisation,
            rank=one.rank,
            price=one.price,
            terms=dict(one.terms),
            report=ranking.report,
            decided_by=scene.actor.urn,
            decided_at=scene.now,
            several=True,
        )


def _tell_all(scene: Scene, lot: Lot, found: Selection) -> None:
    until = planning.shown_end(jcs.parse_timestamp(lot.dates["contract-until"]))
    taken = {one.organisation.pk: one for one in found.taken}
    last = found.taken[-1]
    result = {
        "suppliers": "、".join(one.organisation.name for one in found.taken),
        "count": str(len(found.taken)),
    }
    rejected = {one.organisation.pk: one.reason for one in found.ranking.rejected}
    for organisation in awards.tenderers(lot):
        own = found.ranking.of(organisation.pk)
        if organisation.pk in taken and own is not None:
            more = {"price": f"{own.price:,.2f}", "rank": str(own.rank), "until": until}
            awards.tell(scene, lot, organisation, "framework-taken-in", result | more)
        elif organisation.pk in rejected:
            more = {"reason": rejected[organisation.pk]}
            awards.tell(scene, lot, organisation, "framework-rejected", result | more)
        elif own is not None:
            more = {
                "rank": str(own.rank), "score": own.score, "last": str(last.rank),
                "least": last.score,
            }
            awards.tell(scene, lot, organisation, "framework-left-out", result | more)
        else:
            awards.tell(scene, lot, organisation, "framework-no-response", result)


@command(DROP)
@dataclass(frozen=True, kw_only=True)
class DropSupplier(LotAct):
    """Drop a supplier that was taken in and has not signed in time, with the reason.

    Where all others have signed, the framework begins with them.
    """

    public: ClassVar[bool] = True

    award: UUID
    reason: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = awards.award_of(lot, self.award)
        self.proceed(scene)
        reason = self.reason.strip()
        if not 1 <= len(reason) <= LONGEST_REASON:
            raise Malformed(
                _("Give the reason in 1 to %(most)d characters.") % {"most": LONGEST_REASON},
                code="reasons-missing",
            )
        self._check(lot, row)
        row.dropped_at, row.dropped_for = scene.now, reason
        row.save(update_fields=["dropped_at", "dropped_for"])
        scene.enter(
            subject=row.urn, context={"lot": lot.urn, "winner": row.winner.urn, "reason": reason}
        )
        messages.send(
            scene,
            to=[row.winner, lot.project.tenderee],
            template="framework-dropped",
            lot=lot,
            context={"name": row.winner.name, "reason": reason},
            evidence=True,
        )
        if not contracts.open_awards(lot):
            contracts.begin(scene, lot)
        return {"award": str(row.pk), "stage": lot.stage}

    def _check(self, lot: Lot, row: Award) -> None:
        if row.dropped_at is not None:
            raise Refused(_("This supplier was dropped already."), code="dropped-already")
        if contracts.is_signed(row):
            raise Refused(
                _("This supplier has signed; its agreement stands."), code="signed-already"
            )
        figure = procedure.of(lot).figures.get(framework.TAKEN_IN)
        left = sum(one.dropped_at is None for one in awards.awards_of(lot)) - 1
        if figure is not None and not figure.holds(left):
            raise Refused(
                _("Without it %(left)d suppliers are left, and a framework has at least %(least)d."
                  " End the procedure instead.") % {"left": left, "least": figure.least},
                code="too-few-suppliers",
                rule=figure.article or None,
            )


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(TakeIn.name, TakeIn)
    registry.register_command(DropSupplier.name, DropSupplier)
