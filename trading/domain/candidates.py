"""The candidates: the first three of the evaluation report, published for everybody to object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from trading.domain import (
    calendar,
    dossier,
    grounds,
    lifecycle,
    messages,
    planning,
    procedure,
    registry,
)
from trading.domain.acts import LotAct
from trading.domain.notices import PDF, check_file
from trading.enums import PUBLIC
from trading.models import Exhibit, Lot, Organisation

REPORT = "evaluation-report"
CANDIDATES = "candidates"
MOST = 3
NO_CANDIDATES = grounds.declare("no-candidates", step="bidding.reject-all-bids")
#: The flag of a procedure that says whether candidates are published by rank (TBR 53).
RANKED = "candidates-ranked"

#: What of a ranked bid is no term of it.
_NO_TERMS = frozenset(
    {"org", "rank", "price", "score", "technical", "price_score", "terms", "bid", "code"}
)


#: What of a ranked bid tells how it was placed.
_POINTS = frozenset({"rank", "score", "technical", "price_score"})


@dataclass(frozen=True)
class Ranked:
    """One conforming bid as the committee ranked it; ``terms`` are name -> text as it was bid."""

    organisation: Organisation
    rank: int
    price: Decimal
    score: str
    terms: Mapping[str, str]
    #: The parts of the score, empty where the report does not tell them apart.
    technical: str = ""
    price_score: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "org": self.organisation.urn,
            "rank": self.rank,
            "price": str(self.price),
            "score": self.score,
        }


@dataclass(frozen=True)
class Rejected:
    """One bid that the committee rejected, and why."""

    organisation: Organisation
    reason: str


@dataclass(frozen=True)
class Ranking:
    """What the evaluation report says: bids by rank from 1, and those rejected."""

    report: Exhibit
    ranked: tuple[Ranked, ...]
    rejected: tuple[Rejected, ...]

    def of(self, organisation: UUID) -> Ranked | None:
        """The ranked bid of an organisation."""
        found = (one for one in self.ranked if one.organisation.pk == organisation)
        return next(found, None)


def ranking(lot: Lot) -> Ranking:
    """The ranking in the facts of the lot's newest evaluation report.

    ``{"ranking": [{"org": urn, "rank": 1, "price": "1.00", "score": "90.00", "terms": {…}}],
    "rejected": [{"org": urn, "reason": text}]}``; what else stands there is not read. Raises
    :class:`NotFound` without a report and :class:`Malformed` for one that does not rank each
    tenderer once, from 1 on.
    """
    report = dossier.latest(lot, REPORT)
    try:
        rows = [dict(row) for row in report.facts["ranking"]]
        refused = [dict(row) for row in report.facts.get("rejected", [])]
        known = _organisations([*rows, *refused])
        ranked = tuple(
            sorted((_ranked(row, known) for row in rows), key=lambda one: one.rank)
        )
        rejected = tuple(
            Rejected(organisation=known[row["org"]], reason=str(row["reason"])) for row in refused
        )
    except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation):
        raise _faulty() from None
    names = [one.organisation.pk for one in ranked] + [one.organisation.pk for one in rejected]
    if [one.rank for one in ranked] != list(range(1, len(ranked) + 1)) or len(set(names)) != len(
        names
    ):
        raise _faulty()
    return Ranking(report=report, ranked=ranked, rejected=rejected)


def _organisations(rows: list[dict[str, Any]]) -> dict[str, Organisation]:
    identifiers = [UUID(str(row["org"]).removeprefix("org:")) for row in rows]
    return {one.urn: one for one in Organisation.objects.filter(pk__in=identifiers)}


def _ranked(row: dict[str, Any], known: Mapping[str, Organisation]) -> Ranked:
    price = Decimal(str(row["price"]))
    if not price.is_finite() or price <= 0 or price != round(price, 2):
        raise ValueError(row)
    if type(row["rank"]) is not int:
        raise ValueError(row)
    return Ranked(
        organisation=known[row["org"]],
        rank=row["rank"],
        price=price,
        score=str(row["score"]),
        terms={str(name): str(value) for name, value in sorted(row.get("terms", {}).items())},
        technical=str(row.get("technical", "")),
        price_score=str(row.get("price_score", "")),
    )


def _faulty() -> Malformed:
    return Malformed(
        _("The evaluation report does not rank each tenderer once, from 1 on, with a price."),
        code="faulty-report",
    )


def most(lot: Lot) -> int:
    """How many bids of the report become candidates at most (TBR 53)."""
    figure = procedure.of(lot).figures.get("candidates")
    return figure.most if figure is not None and figure.most is not None else MOST


def first(lot: Lot) -> tuple[Ranked, ...]:
    """The bids that become candidates, at most three (TBR 53).

    Raises :class:`Refused` (``no-candidates``) where the committee rejected all bids.
    """
    found = ranking(lot).ranked[: most(lot)]
    if not found:
        raise Refused(
            _("The committee rejected all bids: there are no candidates. Tender again."),
            code="no-candidates",
            rule=NO_CANDIDATES.of(lot),
        )
    return found


def are_ranked(lot: Lot) -> bool:
    """Whether candidates are published by rank; the procedure's flag, true where it has none."""
    flag = procedure.of(lot).flags.get(RANKED)
    return flag is None or flag.value


def neutral(rows: tuple[Ranked, ...]) -> tuple[Ranked, ...]:
    """The same in an order that says nothing of the bids: by unified social credit code."""
    return tuple(sorted(rows, key=lambda one: one.organisation.credit_code))


def to_show(lot: Lot) -> list[dict[str, Any]]:
    """The candidates as the notice says them; without rank and score where they are not ranked."""
    rows = first(lot)
    if are_ranked(lot):
        return [one.as_json() for one in rows]
    return [{"org": one.organisation.urn, "price": str(one.price)} for one in neutral(rows)]


def facts_to_show(exhibit: Exhibit) -> dict[str, Any]:
    """The facts of an exhibit for a reader; a report's without rank and points where not ranked.

    The scores themselves are filed apart, for supervision, inspection and the archive alone.
    """
    facts: dict[str, Any] = exhibit.facts
    if exhibit.kind != REPORT or are_ranked(exhibit.lot):
        return facts
    rows = [
        {name: value for name, value in row.items() if name not in _POINTS}
        for row in facts.get("ranking", ())
    ]
    known = _organisations(rows)
    rows.sort(key=lambda row: known[row["org"]].credit_code)
    shown = {name: value for name, value in facts.items() if name != "ranking"}
    return {**shown, "conforming": rows}


def digest(lot: Lot) -> str:
    """SHA-256 (hex) over the candidates and their report: what a notice of them was made for."""
    rows = to_show(lot)
    return jcs.digest({"report": dossier.latest(lot, REPORT).digest, "candidates": rows}).hex()


def on_show_until(lot: Lot, *, at: datetime) -> datetime:
    """When the publicity ends of candidates that are published at ``at`` (TBR 54)."""
    dates = {**lifecycle.position(lot).dates, "candidates": at}
    changed = frozenset({"candidates"})
    rules = procedure.of(lot)
    return planning.settle(rules, dates, calendar.load(), changed=changed)["candidates-until"]


@command("trading.publish-candidates")
@dataclass(frozen=True, kw_only=True)
class PublishCandidates(LotAct):
    """Publish the sealed notice of the candidates; its bytes are in the store under ``digest``.

    ``candidates`` is :func:`digest` of those that it prints, ``until`` the end of the publicity as
    it prints it. Later than three days after the
    report it is published all the same, and recorded as late (TBR 54).
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    candidates: str
    until: datetime
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        move = self.proceed(scene)
        rows = to_show(lot)
        if self.candidates != digest(lot):
            raise Refused(
                _("The notice was made for another evaluation report. Make it again."),
                code="other-report",
            )
        until = lot.dates["candidates-until"]
        if until != jcs.timestamp(self.until):
            raise Refused(
                _("The notice prints another end of the publicity than %(until)s. Make it again.")
                % {"until": planning.shown_end(jcs.parse_timestamp(until))},
                code="other-dates",
                rule=grounds.by_step(lot, self.name),
            )
        late = [breach.rule.name for breach in move.late]
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=CANDIDATES,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "report": dossier.latest(lot, REPORT).urn,
                "candidates": rows,
                "until": until,
                "late": late,
            },
            audience=[PUBLIC],
            seal=self.seal,
        )
        scene.enter(
            subject=lot.urn,
            digests={"notice": self.digest, "candidates": self.candidates},
            context={"until": until, "late": late},
        )
        messages.send(
            scene,
            to=messages.participants(lot),
            template="candidates-published",
            lot=lot,
            context={"until": planning.shown_end(jcs.parse_timestamp(until))},
            evidence=True,
        )
        return {"exhibit": str(exhibit.pk), "dates": lot.dates, "late": late}


def register() -> None:
    """Make the command nameable; called when the app is ready."""
    registry.register_command(PublishCandidates.name, PublishCandidates)
