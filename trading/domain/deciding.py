"""Award separated from evaluation 评定分离: the tenderee decides among unranked candidates.

The committee's report names the candidates; how the tenderee decides among them is stated and
published with the tender documents, in the parameters that are hashed with them:
``"award": {"by": "votes"}`` by secret ballots of an award panel (:mod:`trading.domain.ballots`),
``{"by": "price"}`` for the lowest price, ``{"by": "draw", "weights": [5, 3, 2]}`` by a draw that
anybody can run again (:mod:`trading.domain.award_draw`), with the weights in the order of price
from the lowest. Whoever the method gives is chosen; the tenderee signs and publishes the decision
with its reasons, and nobody else can be awarded the lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, NotFound, Refused
from trading.domain import (
    candidates,
    dossier,
    evaluations,
    messages,
    procedure,
    registry,
)
from trading.domain.acts import LotAct
from trading.domain.candidates import Ranked
from trading.domain.notices import PDF, check_file, evaluation_digest
from trading.domain.registry import GuardScene
from trading.domain.signed import Accepted
from trading.enums import PUBLIC
from trading.models import AwardDecision, Exhibit, Lot, Organisation

SEPARATED = "award-separated-from-evaluation"
DECISION = "award-decision"
#: Where the method stands in the parameters of evaluation.
AWARD = "award"
VOTES, PRICE, DRAW = "votes", "price", "draw"
METHODS = (VOTES, PRICE, DRAW)
STATE, OPEN, DECIDE = "trading.state-award-method", "trading.open-decision", "trading.decide-award"
PURPOSE = "sunlit.award/1"
FIELDS = frozenset({"lot", "decision", "winner", "reasons"})
LONGEST_REASONS = 2000
#: The heaviest weight; the whole is far below what the draw can hold.
HEAVIEST = 1_000_000


def is_separated(lot: Lot) -> bool:
    """Whether the lot's procedure leaves the decision among the candidates to the tenderee."""
    return procedure.of(lot).flag(SEPARATED)


def judge(parameters: Mapping[str, Any]) -> None:
    """Raise :class:`Malformed` for a method of award that nobody could decide by."""
    given = parameters.get(AWARD)
    if given is None:
        return
    known = isinstance(given, Mapping) and given.get("by") in METHODS
    if not known or set(given) != ({"by", "weights"} if given["by"] == DRAW else {"by"}):
        raise Malformed(
            _("The award is decided by votes, by price, or by a draw with its weights."),
            code="bad-award-method",
        )
    if given["by"] == DRAW:
        weights = given["weights"]
        if (
            not isinstance(weights, list)
            or not 1 <= len(weights) <= 20
            or not all(type(one) is int and 1 <= one <= HEAVIEST for one in weights)
        ):
            raise Malformed(
                _("Weights are whole numbers from 1, in the order of price from the lowest."),
                code="bad-award-method",
            )


def method(lot: Lot) -> dict[str, Any]:
    """The method that the lot's documents state; empty where none is."""
    found: dict[str, Any] = lot.parameters.get(AWARD) or {}
    return found


def decision_of(lot: Lot) -> AwardDecision:
    """The lot's decision, opened or made; raises :class:`NotFound`."""
    row = AwardDecision.objects.select_related("chosen", "lot").filter(lot=lot).first()
    if row is None:
        raise NotFound(_("The decision among the candidates is not open yet."), code="no-decision")
    return row


@command(STATE)
@dataclass(frozen=True, kw_only=True)
class StateAwardMethod(LotAct):
    """State by which method the award will be decided, before the documents bind it.

    ``before`` is the digest of the parameters that the form was shown with.
    """

    method: dict[str, Any]
    before: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        judge({AWARD: self.method})
        if self.before != evaluation_digest(lot):
            raise Conflict(
                _("Somebody changed the method of evaluation meanwhile. Look at it again."),
                code="changed-meanwhile",
            )
        lot.parameters = {**lot.parameters, AWARD: self.method}
        lot.save(update_fields=["parameters"])
        scene.enter(subject=lot.urn, digests={"evaluation": evaluation_digest(lot)})
        return {"evaluation": evaluation_digest(lot)}


#: What a method does when its decision opens: gives the chosen, or starts what will.
Opener = Any
_openers: dict[str, Opener] = {}


def register_method(name: str, opener: Opener) -> None:
    """``opener(scene, decision, rows)`` begins a method; called when the app is ready."""
    _openers[name] = opener


@command(OPEN)
@dataclass(frozen=True, kw_only=True)
class OpenDecision(LotAct):
    """Open the decision among the candidates that were on show, by the published method."""

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        move = self.proceed(scene)
        rows = candidates.neutral(candidates.first(lot))
        row = AwardDecision.objects.create(
            lot=lot,
            method=method(lot),
            candidates=[one.organisation.urn for one in rows],
            opened_at=scene.now,
        )
        scene.enter(
            subject=row.urn,
            context={"lot": lot.urn, "by": row.method["by"], "candidates": row.candidates},
        )
        _openers[row.method["by"]](scene, row, rows)
        return {"decision": str(row.pk), "by": row.method["by"], "stage": move.after.stage}


def choose(scene: Scene, row: AwardDecision, chosen: str, grounds: dict[str, Any]) -> None:
    """Note whom the method gave; inside the act that found it out."""
    row.chosen = Organisation.objects.get(pk=UUID(chosen.removeprefix("org:")))
    row.chosen_at, row.grounds = scene.now, grounds
    row.save(update_fields=["chosen", "chosen_at", "grounds"])
    scene.enter(
        subject=row.urn,
        act="trading.choose-candidate",
        public=True,
        context={"lot": row.lot.urn, "chosen": chosen, "by": row.method["by"]},
    )
    messages.send(
        scene,
        to=[one for one in (row.lot.project.tenderee, row.lot.project.agency) if one],
        template="decision-chosen",
        lot=row.lot,
        context={"name": row.chosen.name},
    )


def _by_price(scene: Scene, row: AwardDecision, rows: tuple[Ranked, ...]) -> None:
    """The lowest price; among equal ones none is chosen, and a draw among them is opened."""
    lowest = min(one.price for one in rows)
    least = [one.organisation.urn for one in rows if one.price == lowest]
    if len(least) == 1:
        choose(scene, row, least[0], {"price": str(lowest)})
    else:
        row.grounds = {"price": str(lowest), "tied": least}
        row.save(update_fields=["grounds"])


@command(DECIDE)
@dataclass(frozen=True, kw_only=True)
class DecideAward(LotAct):
    """Sign, file and publish the decision: whom the method gave, and why; ``sunlit.award/1``.

    The sealed record's bytes are in the store under ``digest``; the statement says ``{lot,
    decision, winner, reasons}``.
    """

    public: ClassVar[bool] = True

    signed: Accepted
    title: str
    digest: str
    size: int
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        row = require_chosen(lot)
        reasons = check_said(row, self.signed.value)
        row.reasons, row.decided_at, row.decided_by = reasons, scene.now, scene.actor.urn
        row.save(update_fields=["reasons", "decided_at", "decided_by"])
        facts = {
            "decision": row.urn,
            "by": row.method,
            "candidates": row.candidates,
            "winner": chosen_of(row).urn,
            "grounds": row.grounds,
            "reasons": reasons,
            "statement": self.signed.digests(),
        }
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=DECISION,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts=facts,
            audience=[PUBLIC],
            seal=self.seal,
        )
        scene.enter(
            subject=row.urn,
            digests={"record": self.digest, **self.signed.digests()},
            context={"lot": lot.urn, "winner": chosen_of(row).urn},
        )
        messages.send(
            scene,
            to=messages.participants(lot),
            template="decision-made",
            lot=lot,
            context={"winner": chosen_of(row).name},
            evidence=True,
        )
        return {"decision": str(row.pk), "exhibit": str(exhibit.pk)}


def chosen_of(row: AwardDecision) -> Organisation:
    """Whom the method gave; raises :class:`Refused` as long as it gave nobody."""
    if row.chosen is None:
        raise Refused(
            _("The published method has not given a candidate yet."), code="not-chosen-yet"
        )
    return row.chosen


def require_chosen(lot: Lot) -> AwardDecision:
    """The decision whose method has given somebody and that is not signed yet."""
    row = decision_of(lot)
    chosen_of(row)
    if row.decided_at is not None:
        raise Refused(_("The decision was signed already."), code="decided-already")
    return row


def check_said(row: AwardDecision, said: Mapping[str, Any]) -> str:
    """The reasons of a signed decision; it is about this one and names whom the method gave."""
    if (said["lot"], said["decision"]) != (row.lot.urn, row.urn):
        raise Refused(_("The statement is about another decision."), code="other-decision")
    if said["winner"] != chosen_of(row).urn:
        raise Refused(
            _("The published method gave %(name)s, and nobody else can be decided for.")
            % {"name": chosen_of(row).name},
            code="not-the-chosen",
        )
    reasons = said["reasons"]
    if not isinstance(reasons, str) or not 1 <= len(reasons.strip()) <= LONGEST_REASONS:
        raise Malformed(
            _("Give the reasons in 1 to %(most)d characters.") % {"most": LONGEST_REASONS},
            code="reasons-missing",
        )
    return reasons.strip()


def require_decided(lot: Lot, winner: UUID) -> AwardDecision:
    """The signed decision, if it is for this candidate; else :class:`Refused`."""
    row = AwardDecision.objects.select_related("chosen").filter(lot=lot).first()
    if row is None or row.decided_at is None or row.chosen is None:
        raise Refused(_("The decision is not signed and published yet."), code="not-decided")
    if row.chosen_id != winner:
        raise Refused(
            _("The decision is for %(name)s; the lot can be awarded to nobody else.")
            % {"name": row.chosen.name},
            code="not-the-decided",
        )
    return row


def award_method_stated(scene: GuardScene) -> str | None:
    """The method of award stands in what is hashed with the tender documents."""
    if method(scene.lot):
        return None
    return _("State first by which method the award will be decided.")


def award_decided(scene: GuardScene) -> str | None:
    """The decision among the candidates is signed and in the dossier."""
    if Exhibit.objects.filter(lot=scene.lot, kind=DECISION).exists():
        return None
    return _("The decision among the candidates is not signed and published yet.")


def reasons(lot: Lot) -> str:
    """Why the tenderee decided so; empty where the award is not separated."""
    found = AwardDecision.objects.filter(lot=lot).values_list("reasons", flat=True).first()
    return found or ""


def register() -> None:
    """Make commands and guards nameable; called when the app is ready."""
    for act in (StateAwardMethod, OpenDecision, DecideAward):
        registry.register_command(act.name, act)
    registry.register_guard("award-method-stated", award_method_stated)
    registry.register_guard("award-decided", award_decided)
    evaluations.register(judge)
    register_method(PRICE, _by_price)
