"""The examination of applications for prequalification, and its result (TBR 18, 19).

Every member of the panel says, signed, of every application whether it meets each criterion of the
prequalification documents, and why not. A criterion is met where more than half of the panel say
so; who meets all of them qualifies. The report is filed for tenderee and supervision; what is told
of it is in :mod:`bidding.domain.qualifying`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from bidding.domain import committee, filing, sealed_rounds
from bidding.enums import BidState, Outcome
from bidding.models import Bid, Envelope, Examination, Seat
from bidding.models.examination import MAX_REASON
from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading.domain import dossier, grounds, prequalification, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.notices import PDF, check_file
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import LotRole
from trading.models import Exhibit, Lot

PURPOSE = "sunlit.examination/1"
FIELDS = frozenset({"lot", "committee", "application", "passes", "reason"})
EXAMINE = "bidding.examine-application"
CONCLUDE = "bidding.conclude-examination"
SHEET, REPORT = "prequalification-sheet", "prequalification-report"
_JSON = "application/json"
_KEEPERS = frozenset({LotRole.SUPERVISOR, LotRole.INSPECTOR, LotRole.ARCHIVIST})
_READERS = _KEEPERS | {LotRole.TENDEREE, LotRole.AGENCY, LotRole.EVALUATOR}
#: Why an application that could not be opened does not qualify; for whoever applied.
UNREADABLE = "申请文件因申请人原因无法开启 / the application could not be opened by its own fault"
WITHDRAWN = (
    "申请文件非因申请人原因未能开启，视为撤回"
    " / the application was not opened by no fault of its own and counts as withdrawn"
)


def happens(lot: Lot) -> bool:
    """Whether the lot's procedure examines applicants before they bid."""
    return prequalification.is_prequalified(procedure.of(lot))


# --- reading -------------------------------------------------------------------------------------


def applications(lot: Lot) -> list[Bid]:
    """The applications of the frozen set, by the names of the applicants."""
    rows = sealed_rounds.frozen_bids(lot, round_=sealed_rounds.FIRST)
    return list(rows.select_related("tenderer").order_by("tenderer__name", "pk"))


def unopened(lot: Lot) -> list[Bid]:
    """The applications that wait for trustees to release their shares."""
    frozen = [one for one in applications(lot) if one.state == BidState.FROZEN]
    sealed = Envelope.objects.filter(
        version__bid__in=[one.pk for one in frozen],
        version__completed_at__isnull=False,
        version__state="complete",
        outcome=Outcome.SEALED,
    )
    waiting = set(sealed.values_list("version__bid", flat=True))
    return [one for one in frozen if one.pk in waiting]


def documents(lot: Lot, bid: Bid) -> list[Exhibit]:
    """The opened files of an application, in their order."""
    rows = Exhibit.objects.filter(lot=lot, kind=filing.APPLICATION).order_by("filed_at", "pk")
    found = [row for row in rows if row.facts.get("bid") == bid.urn]
    return sorted(found, key=lambda row: int(row.facts["number"]))


def findings(lot: Lot) -> list[Examination]:
    """What the members who sit on the panel now have found."""
    row = committee.find(lot)
    seats = [] if row is None else committee.members(row)
    rows = Examination.objects.filter(seat__in=seats).select_related("bid__tenderer", "seat")
    return list(rows.order_by("at", "pk"))


def reported(lot: Lot) -> Exhibit | None:
    """The panel's report, once it is filed."""
    return Exhibit.objects.filter(lot=lot, kind=REPORT).order_by("filed_at").last()


@dataclass(frozen=True)
class Met:
    """How many of the panel's members find that one criterion is met."""

    title: str
    by: int
    of: int

    @property
    def holds(self) -> bool:
        """Whether more than half say so."""
        return 2 * self.by > self.of


@dataclass(frozen=True)
class Judged:
    """What the panel finds of one application."""

    bid: Bid
    criteria: tuple[Met, ...]
    reasons: tuple[str, ...]

    @property
    def qualified(self) -> bool:
        """Whether every criterion is met by an application that could be read."""
        return not self.reasons

    def plain(self) -> dict[str, Any]:
        """As the report's facts hold it."""
        return {
            "application": self.bid.urn,
            "tenderer": self.bid.tenderer.urn,
            "qualified": self.qualified,
            "criteria": [
                {"title": one.title, "met": one.by, "of": one.of} for one in self.criteria
            ],
            "reasons": list(self.reasons),
        }


def results(lot: Lot) -> list[Judged]:
    """What came of every application; raises :class:`Refused` while a finding is missing."""
    row = committee.get(lot)
    members = committee.require_complete(row)
    waiting = unopened(lot)
    if waiting:
        raise Refused(
            _("%(count)d applications wait for the trustees to release their shares.")
            % {"count": len(waiting)},
            code="not-opened",
        )
    asked = prequalification.get(lot).criteria
    found = {(one.bid_id, one.seat_id): one for one in findings(lot)}
    judged = []
    for bid in applications(lot):
        if bid.state != BidState.FROZEN:
            reason = UNREADABLE if bid.state == BidState.REVOKED else WITHDRAWN
            judged.append(Judged(bid=bid, criteria=(), reasons=(reason,)))
            continue
        given = [found.get((bid.pk, seat.pk)) for seat in members]
        said = [one for one in given if one is not None]
        if len(said) != len(members):
            raise Refused(
                _("%(name)s: %(done)d of %(all)d members have examined the application.")
                % {"name": bid.tenderer.name, "done": len(said), "all": len(members)},
                code="not-examined",
                rule=grounds.by_step(lot, EXAMINE),
            )
        judged.append(_judge(bid, asked, said))
    return judged


def _judge(bid: Bid, asked: list[dict[str, str]], said: Sequence[Examination]) -> Judged:
    criteria = tuple(
        Met(one["title"], sum(each.passes[one["id"]] for each in said), len(said))
        for one in asked
    )
    failed = {one["id"] for one, met in zip(asked, criteria, strict=True) if not met.holds}
    reasons = [met.title for met in criteria if not met.holds]
    reasons += sorted(
        {each.reason for each in said if any(not each.passes[name] for name in failed)}
    )
    return Judged(bid=bid, criteria=criteria, reasons=tuple(reasons))


def digest(judged: Sequence[Judged]) -> str:
    """SHA-256 over what came of all applications, in hex."""
    return jcs.digest([one.plain() for one in judged]).hex()


# --- examining -----------------------------------------------------------------------------------


def says(lot: Lot, application: str, passes: dict[str, bool], reason: str) -> dict[str, Any]:
    """What a member signs of an application."""
    return {
        "lot": lot.urn,
        "committee": committee.get(lot).urn,
        "application": application,
        "passes": passes,
        "reason": reason,
    }


def checked(lot: Lot, passes: Any, reason: Any) -> str:
    """The reason, where every criterion has its yes or no; raises :class:`Malformed`."""
    asked = [one["id"] for one in prequalification.get(lot).criteria]
    if (
        not isinstance(passes, dict)
        or sorted(passes) != sorted(asked)
        or any(type(one) is not bool for one in passes.values())
    ):
        raise Malformed(
            _("Say of every criterion whether the application meets it."), code="bad-passes"
        )
    said = reason.replace("\r\n", "\n").strip() if isinstance(reason, str) else ""
    if len(said) > MAX_REASON or not isinstance(reason, str):
        raise Malformed(
            _("Give the reason in at most %(most)d characters.") % {"most": MAX_REASON},
            code="bad-reason",
        )
    if all(passes.values()) == bool(said):
        raise Malformed(
            _("Say why a criterion is not met; where all are met there is no reason to give."),
            code="bad-reason",
        )
    return said


def prepare(person: User, lot: Lot, signed: Signed) -> ExamineApplication:
    """The act of a signed finding; checks all that needs no lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    checked(lot, accepted.value["passes"], accepted.value["reason"])
    size = store.size(accepted.statement)
    return ExamineApplication(lot=lot.pk, signed=accepted, size=size)


def require_member(lot: Lot, user: User | None) -> Seat:
    """The seat of somebody who sits on the complete panel; raises :class:`Denied`."""
    row = committee.get(lot)
    committee.require_complete(row)
    seat = committee.seat_of(row, user)
    if seat is None or seat.conflict is not False:
        raise Denied(
            _("Only members of the panel examine applications."),
            code="no-seat",
            rule=grounds.by_step(lot, EXAMINE),
        )
    return seat


@command(EXAMINE)
@dataclass(frozen=True, kw_only=True)
class ExamineApplication(LotAct):
    """A member's finding on one application: ``sunlit.examination/1`` ``{lot, committee,
    application, passes, reason}``; given once."""

    public: ClassVar[bool] = False

    signed: Accepted
    size: int = field(metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        seat = require_member(lot, scene.actor.user)
        said = self.signed.value
        if (said["lot"], said["committee"]) != (lot.urn, seat.committee.urn):
            raise Refused(_("The finding is about another panel."), code="wrong-committee")
        bid = find(lot, str(said["application"]))
        if Examination.objects.filter(seat=seat, bid=bid).exists():
            raise Refused(
                _("You have examined this application already; what you signed stands."),
                code="examined-already",
            )
        reason = checked(lot, said["passes"], said["reason"])
        row = Examination.objects.create(
            seat=seat,
            bid=bid,
            passes=said["passes"],
            reason=reason,
            at=scene.now,
            statement=self.signed.statement,
            signature=self.signed.signature,
            assessment=self.signed.assessment_digest,
        )
        dossier.file(
            scene,
            lot=lot,
            kind=SHEET,
            name=f"{SHEET}-{row.pk}.json",
            digest=self.signed.statement,
            size=self.size,
            media_type=_JSON,
            facts={"application": bid.urn, "examination": row.urn},
            audience=_KEEPERS | {seat.user.urn},
            seal={
                "signature": self.signed.signature, "assessment": self.signed.assessment_digest
            },
        )
        scene.enter(
            subject=bid.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "examination": row.urn},
            receipt_for=(seat.user.urn,),
        )
        return {"examination": str(row.pk)}


def find(lot: Lot, urn: str) -> Bid:
    """An application that is open to be examined; raises :class:`NotFound` or :class:`Refused`."""
    bid = next((one for one in applications(lot) if one.urn == urn), None)
    if bid is None:
        raise NotFound(_("There is no such application on this lot."), code="no-application")
    if bid.state != BidState.FROZEN or bid in unopened(lot):
        raise Refused(
            _("This application is not open, so it cannot be examined."), code="not-opened"
        )
    return bid


@command(CONCLUDE)
@dataclass(frozen=True, kw_only=True)
class ConcludeExamination(LotAct):
    """File the panel's report; its bytes are in the store under ``digest``, and ``results`` is the
    digest of what came of all applications as it prints them (:func:`digest`)."""

    public: ClassVar[bool] = False

    title: str
    digest: str
    size: int
    results: str
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        seat = require_member(lot, scene.actor.user)
        judged = results(lot)
        if digest(judged) != self.results:
            raise Conflict(
                _("Something was found anew meanwhile. Look at the result again."),
                code="changed-meanwhile",
            )
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=REPORT,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={
                "committee": seat.committee.urn,
                "members": seat.committee.size,
                "results": [one.plain() for one in judged],
            },
            audience=_READERS,
            seal=self.seal,
        )
        scene.enter(
            subject=lot.urn,
            digests={"report": self.digest, "results": self.results},
            context={"committee": seat.committee.urn},
            receipt_for=(lot.project.tenderee.urn,),
        )
        return {"exhibit": str(exhibit.pk)}


def register() -> None:
    """Make the acts nameable; called when the app is ready."""
    for act in (ExamineApplication, ConcludeExamination):
        registry.register_command(act.name, act)
