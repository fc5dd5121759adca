"""What a member may do in the evaluation room now, as forms; what would be refused is not offered.

The acts of ``bidding.domain`` decide again, whatever stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bidding.domain import appraisals, evaluation, sealed_rounds
from bidding.interfaces import clarification_room
from bidding.interfaces.clarification_forms import AskForm
from bidding.interfaces.evaluation_forms import (
    AppraiseForm,
    ComputeForm,
    DissentForm,
    ElectForm,
    FreezeScoresForm,
    FreezeSheetForm,
    JoinForm,
    RejectForm,
    ScoreForm,
    WriteReportForm,
)
from bidding.interfaces.evaluation_page import Page
from bidding.interfaces.evaluation_results import Signature
from bidding.interfaces.more_time_page import AskTimeForm
from bidding.interfaces.room_forms import RoomForm
from signatures.models import User
from trading.enums import LotState
from trading.models import Lot

#: The room's stages at which the ranking is computed, be it empty.
COMPUTED = ("conferring", "report")


@dataclass(frozen=True)
class Appraisal:
    """A candidate whose merits and risks the chair states; ``stated`` once they are on record."""

    code: str
    name: str
    form: RoomForm
    stated: bool


@dataclass(frozen=True)
class Controls:
    """One member's forms; None or empty for what they cannot do now.

    ``waiting`` says what others have yet to do. ``scores`` and ``rejects`` are by the bid's code.
    ``gate`` is the page where tenderee and supervisor sign that the prices may be opened.
    """

    join: RoomForm | None = None
    elect: RoomForm | None = None
    scores: dict[str, ScoreForm] = field(default_factory=dict)
    rejects: dict[str, RoomForm] = field(default_factory=dict)
    freeze_sheet: RoomForm | None = None
    freeze_scores: RoomForm | None = None
    compute: RoomForm | None = None
    ask: RoomForm | None = None
    more_time: RoomForm | None = None
    dissent: RoomForm | None = None
    appraise: tuple[Appraisal, ...] = ()
    write_report: RoomForm | None = None
    sign: Signature | None = None
    waiting: tuple[str, ...] = ()
    gate: str = ""

    @property
    def next(self) -> bool:
        """Whether something is the member's to do now, beside what may be done at any time."""
        return any(
            (self.join, self.freeze_sheet, self.freeze_scores, self.compute,
             self.write_report, self.sign, self.scores, self.appraise)
        )  # fmt: skip

    @property
    def any(self) -> bool:
        """Whether there is anything to do or to wait for."""
        return self.next or any((self.elect, self.dissent, self.waiting))


def build(page: Page, lot: Lot, person: User, given: RoomForm | None = None) -> Controls:
    """The forms for ``person``; ``given`` is one that came back with mistakes, kept as typed."""
    if not page.room.is_open or lot.state != LotState.ACTIVE:
        return Controls()
    if lot.stage not in evaluation.stages(lot):
        return Controls(waiting=_waiting(page, lot))
    waiting = _waiting(page, lot)
    gate = reverse("sealing", args=[lot.project.code, lot.number])
    if not page.is_member:
        return Controls(waiting=waiting, gate=gate)
    me = next((each for each in page.members if each.mine), None)
    results = page.results
    laid_out = page.stage == "report"
    computed = page.stage in COMPUTED
    all_frozen = bool(page.members) and page.state["frozen"] == len(page.members)
    own = results.signatures(page.me) if results is not None else ()
    chairs = computed and not laid_out and me is not None and me.chair
    candidates = _appraise(page, lot, given) if chairs else ()
    return Controls(
        join=_form(JoinForm, given)
        if me is not None and not me.signed_in and not laid_out
        else None,
        elect=_elect(page, given) if page.chair is None and not laid_out else None,
        scores=_scores(page, given),
        rejects=_rejects(page, given) if not computed else {},
        freeze_sheet=_form(FreezeSheetForm, given) if page.may_score and not page.missing else None,
        freeze_scores=_form(FreezeScoresForm, given)
        if page.is_scoring and all_frozen
        else None,
        compute=_form(ComputeForm, given)
        if results is not None and not computed and not results.sealed
        else None,
        ask=_ask(lot, given) if me is not None and me.chair and not laid_out else None,
        more_time=_form(AskTimeForm, given)
        if not laid_out and page.me not in page.state["more_time"]
        else None,
        dissent=_form(DissentForm, given)
        if computed and not laid_out and not _has_dissented(page)
        else None,
        appraise=candidates,
        write_report=_form(WriteReportForm, given)
        if chairs and not _awaits(page) and all(each.stated for each in candidates)
        else None,
        sign=next((each for each in own if each.mine and each.at is None), None),
        waiting=waiting,
        gate=gate,
    )


def _form(kind: type[RoomForm], given: RoomForm | None, **more: Any) -> RoomForm:
    """The form, or the one that came back; ids are unique on the page."""
    if isinstance(given, kind):
        return given
    return kind(auto_id=f"{kind.command}-%s", **more)


def _appraise(page: Page, lot: Lot, given: RoomForm | None) -> tuple[Appraisal, ...]:
    """A form for each unranked candidate, with the words that stand; none where they are ranked."""
    found = []
    for code, bid in appraisals.named(evaluation.get(lot)).items():
        stands = page.state["appraisals"].get(code, {})
        same = isinstance(given, AppraiseForm) and given.data.get("bid") == code
        form: RoomForm = (
            given
            if same and given is not None
            else AppraiseForm(
                initial={"bid": code, **stands}, auto_id=f"appraise-{code}-%s"
            )
        )
        found.append(Appraisal(code, bid.tenderer.name, form, bool(stands)))
    return tuple(found)


def _awaits(page: Page) -> bool:
    """Whether a tenderer's answer is awaited."""
    return any(each["state"] == "open" for each in page.state["clarifications"])


def _has_dissented(page: Page) -> bool:
    return any(each["member"] == page.me for each in page.state["dissents"])


def _elect(page: Page, given: RoomForm | None) -> RoomForm:
    members = [(each.urn, each.name) for each in page.members]
    return _form(ElectForm, given, members=members, initial={"member": page.own_vote})


def _ask(lot: Lot, given: RoomForm | None) -> RoomForm | None:
    documents = clarification_room.documents(lot)
    return _form(AskForm, given, documents=documents) if documents else None


def _scores(page: Page, given: RoomForm | None) -> dict[str, ScoreForm]:
    if not page.may_score:
        return {}
    found = {}
    for paper in page.papers:
        if isinstance(given, ScoreForm) and given.data.get("bid") == paper.code:
            found[paper.code] = given
        else:
            found[paper.code] = ScoreForm(**score_arguments(page, paper.code))
    return found


def score_arguments(page: Page, code: str) -> dict[str, Any]:
    """What a bid's form of points is made of; raises ``StopIteration`` for a code of no bid."""
    paper = next(each for each in page.papers if each.code == code)
    return {
        "criteria": [cell.criterion for cell in paper.cells],
        "points": {cell.criterion.id: cell.points for cell in paper.cells if cell.points},
        "initial": {"bid": code},
        "auto_id": f"{code}-%s",
    }


def _rejects(page: Page, given: RoomForm | None) -> dict[str, RoomForm]:
    found: dict[str, RoomForm] = {}
    for paper in page.papers:
        if paper.rejected or paper.moved:
            continue
        same = isinstance(given, RejectForm) and given.data.get("bid") == paper.code
        found[paper.code] = (
            given
            if same and given is not None
            else RejectForm(initial={"bid": paper.code}, auto_id=f"reject-{paper.code}-%s")
        )
    return found


def _waiting(page: Page, lot: Lot) -> tuple[str, ...]:
    """What stands between the room and its next step that is not the viewer's to do."""
    found: list[str] = []
    results = page.results
    size = len(page.members)
    if _awaits(page) and page.stage == "conferring":
        found.append(_("A tenderer's answer is awaited; the report is laid out after that."))
    if results is None:
        left = size - page.state["frozen"]
        if page.frozen_at is not None or not page.is_member:
            if left:
                found.append(
                    ngettext(
                        "%(count)d sheet is not frozen yet.",
                        "%(count)d sheets are not frozen yet.",
                        left,
                    )
                    % {"count": left}
                )
            elif not page.is_member:
                found.append(_("A member freezes the technical result."))
        return tuple(found)
    if results.sealed:
        missing = [role for role in results.needed if role not in results.signed_for]
        if sealed_rounds.awaits_call(lot):
            found.append(_("The purchaser calls for final offers."))
        elif sealed_rounds.freeze(lot) is None:
            found.append(_("Final offers come in, sealed, until their one time."))
        elif not results.gate_open and missing:
            found.append(_("Tenderee and supervisor sign that the prices may be opened."))
        else:
            found.append(_("Trustees release their shares of the prices."))
    elif page.stage not in COMPUTED and not page.is_member:
        found.append(_("A member has the ranking computed."))
    elif page.stage == "conferring":
        if page.chair is None:
            found.append(_("The committee elects its chair, who ends the conferring."))
        elif not page.chair.mine:
            found.append(_("The chair ends the conferring and has the report laid out."))
    elif page.stage == "report" and results.document is None:
        found.append(_("The report is being laid out; it takes a few seconds."))
    elif results.document is not None:
        names = [each.name for each in results.signatures(page.me) if each.at is None]
        others = [
            each.name for each in results.signatures(page.me) if each.at is None and not each.mine
        ]
        if others:
            found.append(
                _("These members have not signed yet: %(names)s.")
                % {"names": _(", ").join(others)}
            )
        elif not names:
            found.append(_("Everybody has signed; the platform seals the report and files it."))
    return tuple(found)
