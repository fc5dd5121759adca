"""Drawing a committee: the record over the pool, and what its result does (TBL 37, TBR 46)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import codes, committee, committee_pool, sealed_rounds
from bidding.domain.committee_pool import ANY
from bidding.models import Committee, Seat
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, Refused
from signatures.models import User
from trading.domain import drawing, procedure
from trading.domain.acts import LotAct
from trading.domain.draw_record import VERSION
from trading.domain.signed import Accepted
from trading.enums import LotRole
from trading.models import Assignment, Draw, Lot, Organisation

#: What a draw is for: the committee that judges bids, and the panel that judges applications.
PURPOSE, PANEL = "evaluators", "examiners"
#: How long a party gets for each phase unless the opener says otherwise, in seconds.
USUAL = 3600


@command("bidding.open-committee-draw")
@dataclass(frozen=True, kw_only=True)
class OpenCommitteeDraw(LotAct):
    """Open the draw of the committee, or a further one for the seats that stayed vacant.

    ``quota`` is seats by speciality (``expert`` draws from everybody); together odd and at least
    five, all of them experts. Candidates and employers stand in the record under aliases, so that
    nobody learns from it who sits on the committee. Experts who work for, or act for, the
    tenderee, the agency or a tenderer are avoided, with the reason. ``parties`` are the draw's,
    by default the tenderee, the platform and the lot's supervisors and notaries. ``before`` and
    ``reason`` (``sunlit.redraw/1``) name the draw that a further one follows.
    Result: that of ``trading.open-draw`` and ``commitment``, the codes' seed's.
    """

    public: ClassVar[bool] = True

    quota: dict[str, int] = field(default_factory=lambda: {ANY: committee.LEAST})
    alternates: int = committee.ALTERNATES
    parties: tuple[str, ...] = ()
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: Accepted | None = None

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row = committee.find(lot)
        if row is None:
            row = self._found(scene, lot)
        else:
            self._require_vacancy(row)
        committee_pool.require_enough(lot, self.quota)
        before = drawing.find_draw(self.before) if self.before is not None else None
        record, aliases = make_record(
            lot,
            quota=self.quota,
            alternates=self.alternates,
            parties=self.parties or usual_parties(lot),
            before=before,
            seated=set(row.seats.values_list("user_id", flat=True)),
        )
        draw = drawing.open_draw(
            scene,
            purpose=purpose_of(lot),
            subject=lot.urn,
            lot=lot,
            record=record,
            commit_seconds=self.commit_seconds,
            reveal_seconds=self.reveal_seconds,
            before=before,
            reason=self.reason,
            aliases=aliases,
        )
        commitment = codes.commitment(bytes.fromhex(row.code_seed)).hex()
        scene.enter(
            subject=lot.urn,
            digests={"codes": commitment, "record": draw.record_digest},
            context={"draw": draw.urn, "quota": self.quota},
        )
        return {**drawing.opened(draw), "commitment": commitment}

    def _found(self, scene: Scene, lot: Lot) -> Committee:
        """A new committee; its size keeps the law."""
        self._check_quota()
        size = sum(self.quota.values())
        least, rule = smallest(lot)
        if size < least or size % 2 == 0:
            raise Refused(
                _("A committee has an odd number of members, at least %(least)d.")
                % {"least": least},
                code="bad-committee",
                rule=rule,
            )
        if self.alternates < committee.ALTERNATES:
            raise Refused(
                _("Draw at least %(least)d alternates.") % {"least": committee.ALTERNATES},
                code="too-few-alternates",
            )
        return Committee.objects.create(
            lot=lot,
            round=sealed_rounds.judged(lot),
            quota=dict(self.quota),
            code_seed=secrets.token_hex(32),
            opened_at=scene.now,
        )

    def _check_quota(self) -> None:
        if not self.quota or not all(
            jcs.is_name(name) and type(number) is int and number >= 1
            for name, number in self.quota.items()
        ):
            raise Malformed(
                _("The quota gives each speciality a number of seats from 1."), code="bad-quota"
            )

    def _require_vacancy(self, row: Committee) -> None:
        self._check_quota()
        if row.draw_seed and self.quota != committee.vacant(row):
            raise Refused(
                _("The vacant seats are drawn, no others: %(vacant)s.")
                % {"vacant": committee.vacant(row) or "—"},
                code="not-vacant",
                rule=committee.rule(row.lot),
            )
        if not row.draw_seed and self.quota != row.quota:
            raise Refused(
                _("The committee's seats are fixed: %(quota)s.") % {"quota": row.quota},
                code="other-quota",
            )


def smallest(lot: Lot) -> tuple[int, str]:
    """The fewest members that the lot's procedure asks for, and the article that does."""
    figure = procedure.of(lot).figures.get("committee")
    if figure is None:
        return committee.LEAST, committee.rule(lot)
    return committee.LEAST if figure.least is None else figure.least, figure.article


def purpose_of(lot: Lot) -> str:
    """What a draw of the lot's committee is for now."""
    return PANEL if sealed_rounds.is_application(lot) else PURPOSE


# --- the record ----------------------------------------------------------------------------------


def usual_parties(lot: Lot) -> tuple[str, ...]:
    """The tenderee, the platform, and the supervisors and notaries assigned to the lot."""
    rows = Assignment.objects.filter(
        lot=lot,
        role__in=(LotRole.SUPERVISOR, LotRole.NOTARY),
        organisation__isnull=False,
        recused_at__isnull=True,
    )
    assigned = Organisation.objects.filter(pk__in=rows.values("organisation_id"))
    return (lot.project.tenderee.urn, drawing.CENTRE, *(one.urn for one in assigned))


def make_record(
    lot: Lot,
    *,
    quota: dict[str, int],
    alternates: int,
    parties: Iterable[str],
    before: Draw | None,
    seated: set[UUID],
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The draw's record over the pool, and its aliases.

    ``seated`` were drawn before and are no candidates again.
    """
    pool = committee_pool.experts(seated)
    people = drawing.make_aliases(expert.user.urn for expert in pool)
    employers = drawing.make_aliases({committee_pool.employer(expert) for expert in pool})
    name_of = {hidden["id"]: alias for alias, hidden in (people | employers).items()}
    candidates = [
        {
            "id": name_of[expert.user.urn],
            "weight": 1,
            "stratum": stratum,
            "organisation": name_of[committee_pool.employer(expert)],
        }
        for expert in pool
        for stratum in sorted(quota)
        if stratum == ANY or stratum in expert.specialities
    ]
    avoided = committee_pool.avoided(lot, pool)
    named = {name_of[real]: reason for real, reason in avoided.items()}
    record = {
        "id": drawing.new_id(),
        "version": VERSION,
        "purpose": drawing.purpose_of(purpose_of(lot), before),
        "parties": sorted(set(parties)),
        "candidates": sorted(candidates, key=lambda each: (each["stratum"], each["id"])),
        "avoid": {
            "candidates": sorted(alias for alias in named if alias in people),
            "organisations": sorted(alias for alias in named if alias in employers),
        },
        "reasons": named,
        "quota": dict(quota),
        "alternates": dict.fromkeys(quota, alternates),
        "max_per_organisation": 1,
        "once": True,
        "assign": None,
    }
    used = {each["id"] for each in candidates} | {each["organisation"] for each in candidates}
    return record, {
        alias: hidden for alias, hidden in (people | employers).items() if alias in used
    }


# --- the result ----------------------------------------------------------------------------------


def on_result(scene: Scene, draw: Draw, result: dict[str, Any]) -> None:
    """Seat whom the draw names; inside the act that concludes it."""
    assert draw.lot is not None  # a committee's draw is opened on a lot only
    row = committee.get(draw.lot)
    if not row.draw_seed:
        row.draw_seed = result["seed"]
        row.save(update_fields=["draw_seed"])
    for stratum, drawn in sorted(result["drawn"].items()):
        reserve = result["alternates"].get(stratum, [])
        for position, alias in enumerate([*drawn, *reserve], start=1):
            seat = Seat.objects.create(
                committee=row,
                draw=draw,
                user=_person(draw, alias),
                stratum=stratum,
                position=position,
            )
            if position <= len(drawn):
                committee.call(scene, seat)
    scene.enter(
        subject=row.lot.urn,
        act="bidding.seat-committee",
        public=False,
        context={"draw": draw.urn, "committee": row.urn, "seats": row.size},
    )


def _person(draw: Draw, alias: str) -> User:
    return User.objects.get(pk=drawing.real_id(draw, alias).partition(":")[2])


def check(scene: Scene, draw: Draw) -> None:
    """Only this module's act opens such a draw: a record of one's own making is refused."""
    if not isinstance(scene.command, OpenCommitteeDraw):
        raise Refused(
            _("A committee is drawn by its own act, over the whole pool."), code="wrong-act"
        )
