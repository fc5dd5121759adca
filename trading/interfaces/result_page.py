"""The result of a lot: its candidates as they were published, the award, and one's own result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.errors import SunlitError
from signatures.models import User
from trading import access
from trading.domain import award as awards
from trading.domain import candidates, deciding, framework, procedure
from trading.domain.candidates import Ranked, Ranking
from trading.enums import LotRole
from trading.interfaces import procedure_words, standing, terms
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Assignment, Award, Exhibit, Lot, Organisation

PUBLISH, AWARD = "trading.publish-candidates", "trading.award"
SHOW_RULE = "candidates-on-show"


@dataclass(frozen=True)
class Candidate:
    """One candidate as the notice prints it."""

    organisation: Organisation
    rank: int | None
    price: Decimal
    score: str
    terms: tuple[tuple[str, str], ...]
    won: bool


@dataclass(frozen=True)
class Own:
    """What became of a tenderer's own bid, for its own people."""

    organisation: Organisation
    badge: Badge
    ranked: Ranked | None
    reason: str
    #: The score of the first candidate, to compare with.
    best: str


@dataclass(frozen=True)
class Page:
    """The whole page. ``notice`` and ``decision`` are exhibits, None as long as there are none;
    ``ranking`` is what is to be published, for who publishes it."""

    lot: Lot
    notice: Exhibit | None
    candidates: tuple[Candidate, ...]
    shown_from: datetime | None
    until: datetime | None
    over: bool
    show_rule: str
    award: Award | None
    #: Each award with its terms: one, or where there is a framework several.
    awards: tuple[tuple[Award, tuple[tuple[str, str], ...]], ...]
    framework: bool
    #: Whether it was sold on a floor, so that there was nothing to evaluate.
    sold: bool
    decision: Exhibit | None
    contract_until: datetime | None
    own: tuple[Own, ...]
    publish: Standing
    to_publish: tuple[Ranked, ...]
    publish_until: datetime | None
    missing: SunlitError | None
    decide: Standing
    published_first: bool
    decide_rule: str
    candidates_term: str
    answer_term: str
    ranked: bool
    separated: bool
    first_wins: bool
    first_wins_rule: str


def _date(lot: Lot, name: str) -> datetime | None:
    text = lot.dates.get(name)
    return jcs.parse_timestamp(text) if text else None


def _latest(lot: Lot, kind: str) -> Exhibit | None:
    return Exhibit.objects.filter(lot=lot, kind=kind).order_by("filed_at", "pk").last()


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; nothing of the report is in it before the candidates are out."""
    notice, decision = _latest(lot, candidates.CANDIDATES), _latest(lot, awards.AWARD)
    rows = tuple(
        Award.objects.filter(lot=lot).select_related("winner", "report").order_by("rank")
    )
    award = next(iter(rows), None)
    until = _date(lot, "candidates-until") if notice is not None else None
    rules = procedure.of(lot)
    flag = rules.flags.get(awards.FIRST_WINS)
    rule = rules.days.get(SHOW_RULE)
    publish = standing.of(lot, PUBLISH, viewer=viewer, at=at)
    decide = standing.of(lot, AWARD, viewer=viewer, at=at)
    published_first = PUBLISH in rules.commands
    shows = publish.possible or (decide.possible and not published_first)
    to_publish, missing = _to_publish(lot) if shows else ((), None)
    return Page(
        lot=lot,
        notice=notice,
        candidates=_shown(notice, rows),
        shown_from=None if notice is None else notice.filed_at,
        until=until,
        over=until is not None and at >= until,
        show_rule=rule.article if rule is not None else "",
        award=award,
        awards=tuple((one, terms.labelled(lot, one.terms)) for one in rows),
        framework=framework.is_framework(lot),
        sold=award is not None and award.report.kind != candidates.REPORT,
        decision=decision,
        contract_until=_date(lot, "contract-until") if award is not None else None,
        own=tuple(_own(lot, rows, viewer, at)) if notice or award else (),
        publish=publish,
        to_publish=to_publish,
        publish_until=candidates.on_show_until(lot, at=at)
        if to_publish and published_first
        else None,
        missing=missing,
        decide=decide,
        published_first=published_first,
        candidates_term=procedure_words.term(rules, "candidates-after-report"),
        answer_term=procedure_words.term(rules, "objection-answer"),
        decide_rule=rules.commands[AWARD].article if AWARD in rules.commands else "",
        ranked=candidates.are_ranked(lot),
        separated=deciding.is_separated(lot),
        first_wins=first_wins(lot),
        first_wins_rule=flag.article if flag is not None else "",
    )


def first_wins(lot: Lot) -> bool:
    """Whether the first candidate wins by law, since state funds dominate (TBR 55)."""
    return procedure.of(lot).flag(awards.FIRST_WINS)


def _to_publish(lot: Lot) -> tuple[tuple[Ranked, ...], SunlitError | None]:
    try:
        rows = candidates.first(lot)
        return rows if candidates.are_ranked(lot) else candidates.neutral(rows), None
    except SunlitError as error:
        return (), error


def _shown(notice: Exhibit | None, awarded: tuple[Award, ...]) -> tuple[Candidate, ...]:
    """The candidates by the notice's own facts, with the terms of the report that it rests on."""
    if notice is None:
        return ()
    ranking = candidates.ranking(notice.lot)
    rows: list[dict[str, Any]] = notice.facts["candidates"]
    won = {one.winner.urn for one in awarded}
    by_urn = {one.organisation.urn: one for one in ranking.ranked}
    return tuple(
        Candidate(
            organisation=by_urn[row["org"]].organisation,
            rank=row.get("rank"),
            price=Decimal(row["price"]),
            score=row.get("score", ""),
            terms=terms.labelled(notice.lot, by_urn[row["org"]].terms),
            won=row["org"] in won,
        )
        for row in rows
    )


def _own(
    lot: Lot, rows: tuple[Award, ...], viewer: User | None, at: datetime
) -> Iterable[Own]:
    mine = access.organisations_of(viewer, at)
    held = Assignment.objects.filter(
        lot=lot, role=LotRole.TENDERER, organisation__in=mine, until__isnull=True
    )
    tenderers = set(held.values_list("organisation_id", flat=True))
    if not tenderers:
        return
    first = next(iter(rows), None)
    ranking = _ranking(lot, first)
    for organisation in mine:
        if organisation.pk in tenderers:
            award = next((one for one in rows if one.winner_id == organisation.pk), first)
            own = own_result(ranking, organisation, award)
            # Where candidates are not ranked, nobody learns a rank, and a score with the award.
            if not candidates.are_ranked(lot):
                own = _unranked(own, award)
            yield own


def _unranked(own: Own, award: Award | None) -> Own:
    if award is not None:
        return own
    badge = own.badge if own.reason else Badge("done", _("Evaluated"))
    return replace(own, badge=badge, ranked=None)


def _ranking(lot: Lot, award: Award | None) -> Ranking:
    """What the evaluation report says; nothing is ranked where a floor and no report decided."""
    if award is not None and award.report.kind != candidates.REPORT:
        return Ranking(report=award.report, ranked=(), rejected=())
    return candidates.ranking(lot)


def own_result(ranking: Ranking, organisation: Organisation, award: Award | None) -> Own:
    """What the report says of one tenderer's bid, and what the award made of it."""
    ranked = ranking.of(organisation.pk)
    reason = next(
        (one.reason for one in ranking.rejected if one.organisation.pk == organisation.pk), ""
    )
    return Own(
        organisation=organisation,
        badge=_badge(ranked, reason, organisation, award),
        ranked=ranked,
        reason=reason,
        best=ranking.ranked[0].score if ranking.ranked else "",
    )


def _badge(
    ranked: Ranked | None, reason: str, organisation: Organisation, award: Award | None
) -> Badge:
    if award is not None and award.winner_id == organisation.pk:
        return Badge("good", _("Awarded to you"))
    if reason:
        return Badge("bad", _("Rejected"))
    if ranked is None and (award is None or award.report.kind == candidates.REPORT):
        return Badge("todo", _("No bid was evaluated"))
    if award is not None or ranked is None:
        return Badge("done", _("Not awarded"))
    return Badge("done", _("Ranked %(rank)d") % {"rank": ranked.rank})
