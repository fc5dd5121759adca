"""The evaluation room as its page shows it: what the events of a viewer's audiences add up to.

Until the scores are frozen a member sees their own points and of the others only how many sheets
are done; a supervisor sees no points at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bidding.domain import evaluation, room_kinds, room_state, rooms, score_sheets
from bidding.domain.room_kinds import COMMITTEE, Event, State
from bidding.domain.scoring import Criterion
from bidding.interfaces import evaluation_log
from bidding.interfaces.evaluation_results import Results
from bidding.interfaces.hall_log import Line
from bidding.interfaces.hall_page import Step
from bidding.models import Room, RoomPresence
from signatures.models import User
from trading.domain import dossier
from trading.models import Exhibit, Lot, Organisation


@dataclass(frozen=True)
class Cell:
    """One criterion on a sheet; ``points`` empty where none are given yet."""

    criterion: Criterion
    title: str
    points: str
    differs: bool

    @property
    def full(self) -> str:
        """The most that the criterion gives, as people write it."""
        return plain(self.criterion.full)


@dataclass(frozen=True)
class Motion:
    """Somebody's motion to reject a bid."""

    name: str
    reason: str
    mine: bool


@dataclass(frozen=True)
class Paper:
    """One bid under its code: its documents, the own points, what speaks against it."""

    code: str
    documents: tuple[Exhibit, ...]
    cells: tuple[Cell, ...]
    motions: tuple[Motion, ...]
    rejected: str

    @property
    def done(self) -> int:
        """How many criteria have points."""
        return sum(bool(cell.points) for cell in self.cells)

    @property
    def total(self) -> Decimal:
        """The points so far."""
        return sum((Decimal(cell.points) for cell in self.cells if cell.points), Decimal(0))

    @property
    def moved(self) -> bool:
        """Whether the viewer has moved to reject it."""
        return any(each.mine for each in self.motions)


@dataclass(frozen=True)
class Member:
    """A member as the others see them: no points, no sheet."""

    urn: str
    name: str
    mine: bool
    chair: bool
    signed_in: bool
    here: bool
    votes: int


@dataclass(frozen=True)
class Page:
    """The whole room."""

    room: Room
    lot: Lot
    seq: int
    state: State
    me: str
    is_member: bool
    papers: tuple[Paper, ...]
    full: Decimal
    members: tuple[Member, ...]
    frozen_at: datetime | None
    results: Results | None
    steps: tuple[Step, ...]
    log: tuple[Line, ...]

    @property
    def most(self) -> str:
        """The most points that a bid can get, as people write it."""
        return plain(self.full)

    @property
    def stage(self) -> str:
        """Where the room stands: scoring, prices, conferring or report."""
        return str(self.state["stage"])

    @property
    def is_scoring(self) -> bool:
        """Whether points may still be given by somebody."""
        return self.room.is_open and self.state["result"] is None

    @property
    def may_score(self) -> bool:
        """Whether the viewer's own sheet is open."""
        return self.is_member and self.is_scoring and self.frozen_at is None

    @property
    def missing(self) -> int:
        """How many cells of the own sheet are empty."""
        return sum(len(each.cells) - each.done for each in self.papers)

    @property
    def chair(self) -> Member | None:
        """The elected chair."""
        return next((each for each in self.members if each.chair), None)

    @property
    def here(self) -> int:
        """How many members hold a line to the room."""
        return sum(each.here for each in self.members)

    @property
    def own_vote(self) -> str:
        """For whom the viewer voted, as a URN."""
        return str(self.state["votes"].get(self.me, ""))


def build(room: Room, lot: Lot, viewer: User, at: datetime) -> Page | None:
    """The room for ``viewer`` at ``at``; None for those who are not in it."""
    granted = room_kinds.audiences(viewer, room)
    if not granted:
        return None
    fold = room_state.fold(room, granted)
    events = list(rooms.events(room.pk, until=fold.seq, audiences=granted))
    state = fold.state
    is_member = COMMITTEE in granted
    names = _names(state, events)
    members = _members(state, room, viewer.urn)
    scheme = evaluation.scheme_of(lot)
    return Page(
        room=room,
        lot=lot,
        seq=fold.seq,
        state=state,
        me=viewer.urn,
        is_member=is_member,
        papers=_papers(state, scheme.criteria, _documents(lot, viewer, at), names, viewer.urn),
        full=sum((each.full for each in scheme.criteria), Decimal(0)),
        members=members,
        frozen_at=_frozen_at(lot, viewer) if is_member else None,
        results=Results.of(state, scheme, lot),
        steps=_steps(state, len(members), room.is_open),
        log=evaluation_log.log(names, _bid_names(state)).lines(events),
    )


def plain(number: Decimal) -> str:
    """A number without noughts that say nothing: 40, 7.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def title_of(criterion: Criterion) -> str:
    """The criterion in the reader's language, where the documents name it in that."""
    chinese = (get_language() or "").startswith("zh")
    return criterion.title if chinese or not criterion.title_en else criterion.title_en


# --- bids ----------------------------------------------------------------------------------------


def _documents(lot: Lot, viewer: User, at: datetime) -> dict[str, list[Exhibit]]:
    """The technical documents that the viewer may read, by code, in their order."""
    found: dict[str, list[Exhibit]] = {}
    for exhibit in dossier.exhibits(lot, viewer=viewer, at=at):
        if exhibit.kind == evaluation.DOCUMENT:
            found.setdefault(exhibit.facts["code"], []).append(exhibit)
    for papers in found.values():
        papers.sort(key=lambda each: each.facts["number"])
    return found


def _papers(
    state: State,
    criteria: tuple[Criterion, ...],
    documents: dict[str, list[Exhibit]],
    names: dict[str, str],
    me: str,
) -> tuple[Paper, ...]:
    differing = {tuple(cell) for cell in state["differs"]}
    rejected = {each["bid"]: each["reason"] for each in state["rejected"]}
    return tuple(
        Paper(
            code=code,
            documents=tuple(documents.get(code, ())),
            cells=tuple(
                Cell(
                    criterion=each,
                    title=title_of(each),
                    points=state["scores"].get(code, {}).get(each.id, ""),
                    differs=(code, each.id) in differing,
                )
                for each in criteria
            ),
            motions=tuple(
                Motion(name=names.get(urn, ""), reason=reason, mine=urn == me)
                for urn, reason in state["motions"].get(code, {}).items()
            ),
            rejected=rejected.get(code, ""),
        )
        for code in state["codes"]
    )


def _frozen_at(lot: Lot, viewer: User) -> datetime | None:
    sheet = score_sheets.of_user(evaluation.get(lot).committee, viewer)
    return sheet.frozen_at


# --- people --------------------------------------------------------------------------------------


def _members(state: State, room: Room, me: str) -> tuple[Member, ...]:
    rows = RoomPresence.objects.filter(room=room).values_list("user", flat=True)
    here = {f"user:{pk}" for pk in rows} if room.is_open else set()
    votes = list(state["votes"].values())
    return tuple(
        Member(
            urn=each["user"],
            name=each["name"],
            mine=each["user"] == me,
            chair=each["user"] == state["chair"],
            signed_in=each["user"] in state["present"],
            here=each["user"] in here,
            votes=votes.count(each["user"]),
        )
        for each in state["members"]
    )


def _names(state: State, events: Iterable[Event]) -> dict[str, str]:
    """Names of members, supervisors and trustees that the log speaks of, by URN."""
    urns = {event.data["holder"] for event in events if event.kind == "share"}
    urns |= {event.actor for event in events if event.kind in ("joined", "left", "present")}
    keys: dict[str, list[UUID]] = {"org": [], "user": []}
    for urn in urns:
        kind, _colon, identifier = urn.partition(":")
        if kind in keys:
            keys[kind].append(UUID(identifier))
    found = {each.urn: each.name for each in Organisation.objects.filter(pk__in=keys["org"])}
    found.update({each.urn: each.full_name for each in User.objects.filter(pk__in=keys["user"])})
    found.update({each["user"]: each["name"] for each in state["members"]})
    return found


def _bid_names(state: State) -> dict[str, str]:
    """Whose each bid is, once that is disclosed."""
    return {
        each["bid"].partition(":")[2]: f"{code} {each['name']}"
        for code, each in state["identities"].items()
    }


# --- steps ---------------------------------------------------------------------------------------


def _steps(state: State, size: int, is_open: bool) -> tuple[Step, ...]:
    """Declarations to the signed report, in order; the first one that is not done is now."""
    frozen = state["result"] is not None
    steps = (
        (_("Declarations"), True),
        (_("Election of the chair"), state["chair"] is not None),
        (_("Review and scoring"), frozen or (size > 0 and state["frozen"] == size)),
        (_("Technical result"), frozen),
        (_("Prices and ranking"), bool(state["ranking"])),
        (_("Conferring"), state["report"] is not None or state["stage"] == "report"),
        (_("Signed report"), not is_open),
    )
    found: list[Step] = []
    now = False
    for title, done in steps:
        if done or not is_open:
            found.append(Step(title, "done"))
        else:
            found.append(Step(title, "todo" if now else "now"))
            now = True
    return tuple(found)
