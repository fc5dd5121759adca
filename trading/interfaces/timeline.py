"""A lot's story as its page tells it: stages in order, each with what it left, and what is next.

Everything shown comes from the lot's row, its frozen procedure, its published documents and the
exhibits that the viewer may see; nothing is worked out that the record does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.models import User
from trading import access
from trading.domain import dossier, grievances, lifecycle, procedure, registry, suspensions
from trading.domain.documents import FIRST_FETCH
from trading.domain.procedure import ANY, Procedure
from trading.enums import DocumentKind, LotState
from trading.interfaces.kinds import kind_label
from trading.models import Document, Exhibit, Lot

#: The stage in which bids are opened is called so in every procedure file that has one.
OPENING = "OPENING"

#: Acts that the page offers by a button of their own.
_OFFERED = frozenset({FIRST_FETCH, grievances.WITHDRAW, "trading.withdraw-complaint"})
#: Acts that halt a lot for a grievance; the lot's row says so where one did.
_FOR_GRIEVANCES = frozenset({"trading.file-objection", "trading.suspend-for-complaint"})


@dataclass(frozen=True)
class Badge:
    """A status: its word and the shape that goes with it (``good``, ``now``, ``paused`` …)."""

    shape: str
    word: str


@dataclass(frozen=True)
class Standing:
    """Where a lot stands, for lists."""

    lot: Lot
    stage: str
    badge: Badge
    deadline: datetime | None

    @classmethod
    def of(cls, lot: Lot) -> Standing:
        rules = procedure.of(lot)
        deadline = lot.dates.get("deadline")
        return cls(
            lot=lot,
            stage=rules.title("stages", lot.stage),
            badge=state_badge(lot, rules),
            deadline=jcs.parse_timestamp(deadline) if deadline else None,
        )


@dataclass(frozen=True)
class Entry:
    """One thing that a stage left: a document or an exhibit."""

    at: datetime
    kind: str
    title: str
    address: str
    badge: Badge | None
    digest: str
    leaf: int | None
    seal: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One stage on the rail. ``shape`` is done, now, ended or todo."""

    name: str
    title: str
    shape: str
    badge: Badge
    when: datetime | None
    expected: bool
    rule: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class NextDate:
    """A date that lies ahead; ``rule`` is the article behind it."""

    at: datetime
    title: str
    rule: str


@dataclass(frozen=True)
class Possible:
    """Something that this viewer may do to the lot now."""

    command: str
    title: str
    rule: str
    #: The page where it is done; empty where it is done elsewhere.
    address: str


@dataclass(frozen=True)
class Line:
    """The whole page's story."""

    standing: Standing
    steps: tuple[Step, ...]
    dates: tuple[NextDate, ...]
    possible: tuple[Possible, ...]
    documents: int
    sealed: int
    #: The article by which the lot stands still or ended.
    halt_rule: str

    @property
    def is_still(self) -> bool:
        """Whether the lot does not run at the moment, or any more."""
        return bool(self.standing.lot.state != LotState.ACTIVE)


def state_badge(lot: Lot, rules: Procedure) -> Badge:
    """The lot's state and stage in one status."""
    if lot.state == LotState.SUSPENDED:
        return Badge("paused", _("Suspended"))
    if lot.state == LotState.TERMINATED:
        return Badge("bad", _("Terminated"))
    if lot.state == LotState.FAILED:
        return Badge("bad", _("Failed; to be tendered again"))
    if lot.state == LotState.ARCHIVED:
        return Badge("done", _("Archived"))
    return Badge("now", rules.title("stages", lot.stage))


def opening_badge(lot: Lot, *, at: datetime) -> Badge:
    """What today's opening has come to: the sun shines only while it is going on."""
    if lot.state != LotState.ACTIVE:
        return state_badge(lot, procedure.of(lot))
    if at < jcs.parse_timestamp(lot.dates["opening"]):
        return Badge("todo", _("Waiting to be opened"))
    title = procedure.of(lot).title("stages", lot.stage)
    return Badge("now" if lot.stage == OPENING else "done", title)


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Line:
    """The story of ``lot`` for ``viewer`` (None: the public) at ``at``."""
    rules = procedure.of(lot)
    documents = list(Document.objects.filter(lot=lot).order_by("published_at", "kind", "edition"))
    exhibits = dossier.exhibits(lot, viewer=viewer, at=at)
    readable = {exhibit.digest for exhibit in exhibits}
    published = [document.digest for document in documents]
    # That a document was published, at which stage and how sealed, is everybody's to know.
    twins = {twin.digest: twin for twin in Exhibit.objects.filter(lot=lot, digest__in=published)}
    left: dict[str, list[Entry]] = {}
    for document in documents:
        twin = twins.get(document.digest)
        stage = rules.first_stage.name if twin is None else twin.stage
        entry = _document(document, twin, document.digest in readable)
        left.setdefault(stage, []).append(entry)
    for exhibit in exhibits:
        if exhibit.digest not in twins:
            left.setdefault(exhibit.stage, []).append(_exhibit(exhibit))
    roles = access.roles_of(viewer, lot, at)
    names = [stage.name for stage in rules.stages]
    return Line(
        standing=Standing.of(lot),
        steps=tuple(
            _step(lot, rules, name, tuple(sorted(left.get(name, ()), key=_when))) for name in names
        ),
        dates=_dates(lot, rules, at),
        possible=tuple(
            Possible(
                command=name,
                title=rules.title("commands", name),
                rule=rules.commands[name].article,
                address=registry.way(name, lot),
            )
            for name in lifecycle.allowed(lot, at, roles)
            if rules.commands[name].act not in _OFFERED
        ),
        documents=sum(len(entries) for entries in left.values()),
        sealed=sum(1 for entries in left.values() for entry in entries if entry.seal),
        halt_rule=_halt_rule(lot, rules),
    )


def _halt_rule(lot: Lot, rules: Procedure) -> str:
    """The articles of the commands that lead a lot of that stage out of its way into its state."""
    objection = f"{grievances.OBJECT}{suspensions.halted_about(lot.halted_for)}"
    if objection in rules.commands:
        return rules.commands[objection].article
    exits = {one.name for one in rules.exits.values() if one.state == lot.state}
    places = {lot.stage, ANY}
    found = [
        command.article
        for command in rules.commands.values()
        if command.to in exits
        and command.act not in _FOR_GRIEVANCES
        and command.article
        and not places.isdisjoint(command.from_)
    ]
    return ", ".join(dict.fromkeys(found))


def _when(entry: Entry) -> datetime:
    return entry.at


def _document(document: Document, twin: Exhibit | None, readable: bool) -> Entry:
    """A document; who may not read it yet sees that there is one, without a link."""
    return Entry(
        at=document.published_at,
        kind=str(DocumentKind(document.kind).label),
        title=document.title,
        address=reverse("document-read", args=[document.pk]) if readable else "",
        badge=None if twin is None else seal_badge(twin),
        digest=document.digest,
        leaf=None if twin is None else twin.leaf,
        seal={} if twin is None else twin.seal,
    )


def _exhibit(exhibit: Exhibit) -> Entry:
    return Entry(
        at=exhibit.filed_at,
        kind=kind_label(exhibit.kind),
        title=exhibit.name,
        address=reverse("exhibit-read", args=[exhibit.pk]),
        badge=seal_badge(exhibit),
        digest=exhibit.digest,
        leaf=exhibit.leaf,
        seal=exhibit.seal,
    )


def seal_badge(exhibit: Exhibit) -> Badge | None:
    """What can be said without looking again: the stored assessment, else the ledger's proof."""
    verdict = exhibit.seal.get("verdict")
    if verdict == "valid":
        return Badge("good", _("Seal valid"))
    if verdict == "invalid":
        return Badge("bad", _("Seal not valid"))
    if verdict == "indeterminate":
        return Badge("unsure", _("Seal uncertain"))
    if exhibit.leaf is not None:
        return Badge("good", _("In the ledger"))
    return None


def _step(lot: Lot, rules: Procedure, name: str, entries: tuple[Entry, ...]) -> Step:
    when, rule = _arrival(lot, rules, name)
    shape, badge = _passed(lot, rules, name)
    if name == lot.stage:
        when = lot.stage_since
    elif name == rules.first_stage.name:
        when = lot.project.created_at
    elif badge.shape == "off":
        when = None
    elif when is None and entries:
        when = entries[0].at
    return Step(
        name=name,
        title=rules.title("stages", name),
        shape=shape,
        badge=badge,
        when=when,
        expected=badge.shape == "todo",
        rule=rule,
        entries=entries,
    )


def _passed(lot: Lot, rules: Procedure, name: str) -> tuple[str, Badge]:
    """How a stage was passed: the shape of its mark, and its status.

    A lot that left its way for good passed the stages up to that one and no other; the archive may
    have taken it in afterwards.
    """
    names = [stage.name for stage in rules.stages]
    here, index = names.index(lot.stage), names.index(name)
    ended = names.index(lot.ended_at_stage) if lot.ended_at_stage in names else None
    if index == here and lot.state == LotState.ARCHIVED:
        return "done", Badge("done", _("Completed"))
    if ended is not None and index == ended:
        return "ended", Badge("bad", _("Ended here"))
    if ended is not None and index > ended:
        return "todo", Badge("off", _("Never reached"))
    if index < here:
        return "done", Badge("done", _("Completed"))
    if index > here:
        return "todo", Badge("todo", _("Not started"))
    if lot.state == LotState.ACTIVE:
        return "now", Badge("now", _("Now"))
    return "now", state_badge(lot, rules)


def _arrival(lot: Lot, rules: Procedure, stage: str) -> tuple[datetime | None, str]:
    """When the lot came, or is to come, to a stage by its dates, and the article behind it."""
    for command in rules.commands.values():
        if command.to != stage:
            continue
        for name in (command.marks, command.at):
            if name and name in lot.dates:
                return jcs.parse_timestamp(lot.dates[name]), command.article
        return None, command.article
    return None, ""


def _dates(lot: Lot, rules: Procedure, at: datetime) -> tuple[NextDate, ...]:
    """The lot's dates that lie ahead, soonest first; none while it stands still."""
    if lot.state != LotState.ACTIVE:
        return ()
    ahead = []
    for name, text in lot.dates.items():
        moment = jcs.parse_timestamp(text)
        if moment > at:
            rule = rules.days.get(rules.dates[name].rule or "") if name in rules.dates else None
            ahead.append(
                NextDate(
                    at=moment,
                    title=rules.title("dates", name),
                    rule=rule.article if rule is not None else "",
                )
            )
    return tuple(sorted(ahead, key=lambda each: (each.at, each.title)))
