"""Prequalification as its page shows it: to the public, applicants, the panel, the tenderee."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import committee, examination, qualifying
from bidding.enums import BidState
from bidding.interfaces import examination_lines
from bidding.models import Bid, Examination
from signatures.domain import jcs
from signatures.domain.errors import NotFound
from signatures.models import User
from trading import access
from trading.domain import prequalification, procedure, registry
from trading.enums import LotRole, LotState
from trading.interfaces import standing
from trading.interfaces.standing import Standing
from trading.interfaces.timeline import Badge
from trading.models import Exhibit, Lot, Qualification

#: The dates that applicants go by, in their order.
DATES = (
    "prequalification-until",
    "application-objections-until",
    "application-clarifications-until",
    "applications-until",
)


@dataclass(frozen=True)
class Line:
    """One application as a member of the panel sees it; ``finding`` is the member's own."""

    bid: Bid
    files: tuple[Exhibit, ...]
    opened: bool
    finding: Examination | None
    #: Criterion by criterion what the member said.
    said: tuple[tuple[str, bool], ...]
    badge: Badge

    @property
    def waits(self) -> bool:
        """Whether the member has yet to examine it, and can."""
        return self.opened and self.finding is None and self.bid.state == BidState.FROZEN


@dataclass(frozen=True)
class Page:
    """The whole page for one reader."""

    lot: Lot
    dates: tuple[tuple[str, datetime, str], ...]
    least: int
    document: str
    criteria: tuple[dict[str, str], ...]
    publish: Standing
    examines: bool
    lines: tuple[Line, ...]
    done: int
    members: int
    conclude: Standing
    #: Whether every member has examined every application.
    ready: bool
    report: Exhibit | None
    judged: tuple[dict[str, Any], ...]
    notify: Standing
    told_at: datetime | None
    results: tuple[Qualification, ...]
    draws: bool
    seated: bool


def build(lot: Lot, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; :class:`NotFound` where the lot has no prequalification."""
    if not examination.happens(lot):
        raise NotFound(_("This lot has no prequalification."), code="no-prequalification")
    row = prequalification.find(lot)
    reads = row is not None and examination_lines.reads_criteria(lot, viewer, at)
    criteria = tuple(row.criteria) if row is not None and reads else ()
    examines = examination_lines.examines(lot, viewer)
    filed = examination_lines.report(lot, viewer, at)
    panel = committee.find(lot) if examining(lot) else None
    members = 0 if panel is None else panel.size
    lines = tuple(_lines(lot, viewer, criteria)) if examines else ()
    done = len(examination.findings(lot)) if examines else 0
    readable = sum(line.bid.state == BidState.FROZEN for line in lines)
    return Page(
        lot=lot,
        dates=tuple(_dates(lot)),
        least=qualifying.least(lot),
        document="" if row is None else str(row.document_id),
        criteria=criteria,
        publish=standing.of(lot, prequalification.PUBLISH, viewer=viewer, at=at),
        examines=examines,
        lines=lines,
        done=done,
        members=members,
        conclude=standing.of(lot, examination.CONCLUDE, viewer=viewer, at=at),
        ready=examines
        and done == members * readable
        and not any(not line.opened and line.bid.state == BidState.FROZEN for line in lines),
        report=filed,
        judged=() if filed is None else tuple(_judged(filed, lot)),
        notify=standing.of(lot, qualifying.NOTIFY, viewer=viewer, at=at),
        told_at=None if row is None else row.told_at,
        results=tuple(examination_lines.own(lot, viewer, at)),
        draws=examining(lot) and bool(access.roles_of(viewer, lot, at) & _TENDERING),
        seated=panel is not None and panel.complete_at is not None,
    )


_TENDERING = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


def examining(lot: Lot) -> bool:
    """Whether a panel examines applications now."""
    return lot.state == LotState.ACTIVE and lot.stage == examination_lines.stage(lot)


def _dates(lot: Lot) -> Iterable[tuple[str, datetime, str]]:
    rules = procedure.of(lot)
    for name in DATES:
        text = lot.dates.get(name)
        if text:
            rule = rules.days.get(rules.dates[name].rule or "")
            yield (
                rules.title("dates", name),
                jcs.parse_timestamp(text),
                "" if rule is None else rule.article,
            )


def _lines(
    lot: Lot, viewer: User | None, criteria: tuple[dict[str, str], ...]
) -> Iterable[Line]:
    mine = examination_lines.mine(lot, viewer)
    sealed = {one.pk for one in examination.unopened(lot)}
    for bid in examination.applications(lot):
        finding = mine.get(bid.pk)
        opened = bid.pk not in sealed
        passes = {} if finding is None else finding.passes
        yield Line(
            bid=bid,
            files=tuple(examination.documents(lot, bid)),
            opened=opened,
            finding=finding,
            said=tuple(
                (one["title"], passes[one["id"]]) for one in criteria if one["id"] in passes
            ),
            badge=_badge(bid, finding, opened=opened),
        )


def _badge(bid: Bid, finding: Examination | None, *, opened: bool) -> Badge:
    if bid.state != BidState.FROZEN:
        return Badge("off", _("Cannot be read"))
    if not opened:
        return Badge("todo", _("Still sealed"))
    if finding is None:
        return Badge("now", _("Yours to do"))
    return Badge("done", _("Examined by you"))


def _judged(filed: Exhibit, lot: Lot) -> Iterable[dict[str, Any]]:
    names = {bid.urn: bid.tenderer.name for bid in examination.applications(lot)}
    for one in filed.facts["results"]:
        yield {**one, "name": names.get(one["application"], "")}


# --- elsewhere -----------------------------------------------------------------------------------


def address(lot: Lot) -> str:
    """The page of the lot's prequalification."""
    return reverse("prequalification", args=[lot.project.code, lot.number])


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """The project page's word about prequalification; None where there is none."""
    if not examination.happens(lot):
        return None
    person = viewer if isinstance(viewer, User) else None
    row = prequalification.find(lot)
    rules = procedure.of(lot)
    stages = [stage.name for stage in rules.stages]
    own = examination_lines.own(lot, person, at)
    return {
        "address": address(lot),
        "published": row is not None,
        "told": row is not None and row.told_at is not None,
        "examining": examining(lot),
        "examines": examination_lines.examines(lot, person),
        "until": next((at for _title, at, _rule in reversed(list(_dates(lot)))), None),
        "over": stages.index(lot.stage) > stages.index("APPLICATION")
        if "APPLICATION" in stages
        else False,
        "own": own[0] if own else None,
    }


def register() -> None:
    """The part of the project's page, and the way from there to each command."""
    registry.register_panel(
        "prequalification", "bidding/examination_panel.html", panel, order=35
    )
    for command in (
        prequalification.PUBLISH,
        examination.EXAMINE,
        examination.CONCLUDE,
        qualifying.NOTIFY,
    ):
        registry.register_way(command, address)
