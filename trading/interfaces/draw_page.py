"""A draw as its public page tells it: what was drawn from what, by whom, and how it is proven.

Candidates are called what the record calls them. Only what everybody may know anyway gets a name:
a lot that the viewer may see, an organisation that is a party.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain import clock
from trading.domain import drawing, drawing_publication
from trading.domain.drawing_parties import CENTRE, organisation_id
from trading.domain.draws import PHASES
from trading.enums import DrawPhase
from trading.interfaces import listing
from trading.interfaces.timeline import Badge
from trading.models import Draw, Lot, Organisation

#: Candidates of one stratum that the page itself lists; the bundle always holds all.
SHOWN = 200

_PURPOSES: dict[str, Promise] = {
    "evaluators": gettext_lazy("Draw of evaluators"),
    "examiners": gettext_lazy("Draw of an examination panel"),
    "inspections": gettext_lazy("Draw of an inspection"),
    "award": gettext_lazy("Draw of an award"),
}
_STRATA: dict[str, Promise] = {
    "expert": gettext_lazy("experts"),
    "candidate": gettext_lazy("candidates"),
    "projects": gettext_lazy("lots"),
    "inspectors": gettext_lazy("inspectors"),
}
_PHASES: dict[str, Promise] = {
    "record": gettext_lazy("Record published"),
    "commitments": gettext_lazy("Commitments closed"),
    "reveals": gettext_lazy("Reveals closed"),
    "result": gettext_lazy("Result in force"),
}
_SHAPES = {DrawPhase.RESULT: "done", DrawPhase.FAILED: "bad", DrawPhase.VOID: "bad"}
_WORDS: dict[str, Promise] = {
    DrawPhase.RECORD: gettext_lazy("Commitments come in"),
    DrawPhase.COMMITMENTS: gettext_lazy("Reveals come in"),
    DrawPhase.REVEALS: gettext_lazy("All revealed"),
    DrawPhase.RESULT: gettext_lazy("Concluded"),
    DrawPhase.FAILED: gettext_lazy("Failed: too few candidates"),
    DrawPhase.VOID: gettext_lazy("Void: a party was silent"),
}


@dataclass(frozen=True)
class Name:
    """What something is called: ``text`` where it has a name for people, else its ``code``."""

    code: str
    text: str = ""
    address: str = ""


@dataclass(frozen=True)
class Chosen:
    """One candidate that was drawn, as which in order, with the weight it had."""

    place: int
    name: Name
    weight: int


@dataclass(frozen=True)
class Selected:
    """What one stratum gave; ``title`` says of what, ``of`` for whom, where it was assigned."""

    title: str
    of: Name | None
    candidates: int
    drawn: tuple[Chosen, ...]
    alternates: tuple[Chosen, ...]


@dataclass(frozen=True)
class Contribution:
    """What one party put in, and when; none of it before its phase is closed."""

    name: Name
    committed_at: str | None
    commitment: str
    revealed_at: str | None
    reveal: str
    at_fault: bool


@dataclass(frozen=True)
class Closed:
    """One phase that is closed: its leaf in the ledger and the timestamp over it."""

    title: str
    leaf: int
    at: str
    stamped_at: str | None


@dataclass(frozen=True)
class Pool:
    """The candidates of one stratum as the record lists them; ``rest`` are not on the page."""

    title: str
    count: int
    weight: int
    quota: int
    alternates: int
    candidates: tuple[tuple[Name, int, str], ...]
    rest: int


@dataclass(frozen=True)
class Page:
    """Everything on one draw's page."""

    draw: Draw
    title: str
    subject: Name
    badge: Badge
    progress: Mapping[str, Any]
    contributions: tuple[Contribution, ...]
    closed: tuple[Closed, ...]
    selected: tuple[Selected, ...]
    pools: tuple[Pool, ...]
    seed: str
    failed: str
    missing: tuple[Name, ...]
    plan: Any

    @property
    def is_proven(self) -> bool:
        """Whether there is an outcome to run again."""
        return self.draw.result is not None

    @property
    def drawn(self) -> int:
        """How many were drawn in all, without the alternates."""
        return sum(len(one.drawn) for one in self.selected)

    @property
    def candidates(self) -> int:
        return sum(pool.count for pool in self.pools)


@dataclass(frozen=True)
class Line:
    """One draw in the list."""

    draw: Draw
    title: str
    subject: Name
    badge: Badge


def purpose_label(purpose: str) -> str:
    """What a draw is for, in the reader's language."""
    label = _PURPOSES.get(purpose)
    return str(label) if label is not None else _("Draw for “%(purpose)s”") % {"purpose": purpose}


def badge(draw: Draw) -> Badge:
    """How far the draw came, as a status."""
    phase = DrawPhase(draw.phase)
    return Badge(_SHAPES.get(phase, "now"), str(_WORDS[phase]))


def lines(rows: Iterable[Draw], *, viewer: Any) -> list[Line]:
    """Draws for a list; a lot that the viewer may not see yet is not named."""
    rows = list(rows)
    lots = _lots((row.lot_id for row in rows), viewer)
    return [
        Line(
            draw=row,
            title=purpose_label(row.purpose),
            subject=_subject(row, lots),
            badge=badge(row),
        )
        for row in rows
    ]


def build(draw: Draw, *, viewer: Any) -> Page:
    """The page of one draw for ``viewer``."""
    progress = drawing_publication.progress(draw)
    bundle = drawing_publication.bundle(draw)
    names = _names(draw, viewer)
    result = draw.result or {}
    plan = getattr(draw, "inspection_plan", None)
    return Page(
        draw=draw,
        title=purpose_label(draw.purpose),
        subject=_subject(draw, names.lots),
        badge=badge(draw),
        progress=progress,
        contributions=tuple(
            _contribution(line, bundle, draw, names) for line in progress["parties"]
        ),
        closed=tuple(
            Closed(
                title=str(_PHASES[leaf["phase"]]),
                leaf=leaf["index"],
                at=leaf["at"],
                stamped_at=progress["timestamps"].get(leaf["phase"]),
            )
            for leaf in bundle["leaves"]
            if leaf["phase"] in PHASES
        ),
        selected=tuple(_selected(draw, result, names)),
        pools=tuple(_pools(draw, names)),
        seed=result.get("seed", ""),
        failed=result.get("failed", ""),
        missing=tuple(names.of(party) for party in progress["missing"]),
        plan=plan,
    )


class _Names:
    """Names for people of what a record only calls by URNs."""

    def __init__(self, lots: Mapping[UUID, Lot], parties: Mapping[str, str]) -> None:
        self.lots = lots
        self._parties = parties

    def of(self, code: str) -> Name:
        if code == CENTRE:
            return Name(code, _("Trading centre (the platform's own process)"))
        key = _lot_key(code)
        if key is not None and key in self.lots:
            return _lot_name(self.lots[key])
        return Name(code, self._parties.get(code, ""))


def _lot_key(code: str) -> UUID | None:
    """The lot that a candidate's id names; records may hold any name, this one or not."""
    kind, _colon, rest = code.partition(":")
    try:
        return UUID(rest) if kind == Lot.urn_kind else None
    except ValueError:
        return None


def _names(draw: Draw, viewer: Any) -> _Names:
    lots = [_lot_key(candidate["id"]) for candidate in draw.record["candidates"]]
    parties = {
        identifier: party
        for party in draw.record["parties"]
        if (identifier := organisation_id(party)) is not None
    }
    rows = Organisation.objects.filter(pk__in=parties)
    return _Names(_lots([*lots, draw.lot_id], viewer), {row.urn: row.name for row in rows})


def _lots(keys: Iterable[UUID | None], viewer: Any) -> dict[UUID, Lot]:
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return {}
    seen = listing.visible_lots(viewer, clock.now()).select_related("project")
    return {lot.pk: lot for lot in seen.filter(pk__in=wanted)}


def _lot_name(lot: Lot) -> Name:
    address = reverse("lot", args=[lot.project.code, lot.number])
    return Name(lot.urn, f"{lot.project.title} {lot.title}", address)


def _subject(draw: Draw, lots: Mapping[UUID, Lot]) -> Name:
    plan = getattr(draw, "inspection_plan", None)
    if plan is not None:
        return Name(plan.urn, plan.title)
    lot = lots.get(draw.lot_id) if draw.lot_id is not None else None
    return Name(draw.subject) if lot is None else _lot_name(lot)


def _contribution(
    line: Mapping[str, Any], bundle: Mapping[str, Any], draw: Draw, names: _Names
) -> Contribution:
    party = line["party"]
    return Contribution(
        name=names.of(party),
        committed_at=line["committed_at"],
        commitment=bundle["commitments"].get(party, ""),
        revealed_at=line["revealed_at"],
        reveal=bundle["reveals"].get(party, ""),
        at_fault=party in draw.at_fault,
    )


def stratum_title(name: str) -> str:
    """What a stratum holds, where the platform made its name."""
    label = _STRATA.get(name)
    return str(label) if label is not None else name


def _selected(draw: Draw, result: Mapping[str, Any], names: _Names) -> Iterable[Selected]:
    weights = {(one["stratum"], one["id"]): one["weight"] for one in draw.record["candidates"]}
    sizes: dict[str, int] = defaultdict(int)
    for one in draw.record["candidates"]:
        sizes[one["stratum"]] += 1
    source = (draw.record["assign"] or {}).get("from")
    for name, drawn in result.get("drawn", {}).items():
        assigned = source is not None and name.startswith(f"{source}:")
        stratum = source if assigned else name
        yield Selected(
            title=stratum_title(stratum),
            of=names.of(name.removeprefix(f"{source}:")) if assigned else None,
            candidates=sizes[stratum],
            drawn=tuple(
                Chosen(place, names.of(id_), weights[stratum, id_])
                for place, id_ in enumerate(drawn, 1)
            ),
            alternates=tuple(
                Chosen(place, names.of(id_), weights[stratum, id_])
                for place, id_ in enumerate(result["alternates"].get(name, []), len(drawn) + 1)
            ),
        )


def _pools(draw: Draw, names: _Names) -> Iterable[Pool]:
    record = draw.record
    strata: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for candidate in record["candidates"]:
        strata[candidate["stratum"]].append(candidate)
    assign = record["assign"] or {}
    for name, candidates in sorted(strata.items()):
        own = name == assign.get("from")
        yield Pool(
            title=stratum_title(name),
            count=len(candidates),
            weight=sum(one["weight"] for one in candidates),
            quota=assign["quota"] if own else _number(record["quota"], name),
            alternates=assign["alternates"] if own else _number(record["alternates"], name),
            candidates=tuple(
                (names.of(one["id"]), one["weight"], one["organisation"] or "")
                for one in candidates[:SHOWN]
            ),
            rest=max(0, len(candidates) - SHOWN),
        )


def _number(value: Any, stratum: str) -> int:
    return int(value.get(stratum, 0)) if isinstance(value, dict) else int(value)


def reproducible(draw: Draw) -> dict[str, Any]:
    """What ``manage.py draw`` reads: the record and the reveals."""
    return {"record": draw.record, "reveals": drawing.published(draw, "reveals")}
