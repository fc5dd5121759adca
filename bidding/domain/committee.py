"""A lot's committee: who sits on it now, whether it is complete, who may know what of it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from bidding.domain import hall, sealed_rounds
from bidding.models import Committee, Evaluation, Seat
from signatures.domain.act import Scene
from signatures.domain.errors import NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import grounds, procedure, projects
from trading.enums import LotRole
from trading.models import Assignment, Lot, Organisation

DRAW = "bidding.open-committee-draw"
# Who sits on it is nobody else's to know: pages say so.
grounds.declare("committee-secret", step=DRAW)
#: The smallest committee, and the fewest alternates.
LEAST, ALTERNATES = 5, 2


def rule(lot: Lot) -> str:
    """By which article a committee is formed: its figure's, else that of its draw."""
    figure = procedure.of(lot).figures.get("committee")
    return grounds.by_step(lot, DRAW) if figure is None else figure.article


def find(lot: Lot) -> Committee | None:
    """The lot's committee, once its draw was opened; while applications for prequalification are
    judged, the committee that judges these."""
    rows = Committee.objects.filter(lot=lot, round=sealed_rounds.judged(lot))
    return rows.select_related("lot__project").first()


def get(lot: Lot) -> Committee:
    """The lot's committee; raises :class:`NotFound`."""
    row = find(lot)
    if row is None:
        raise NotFound(_("No committee was drawn for this lot yet."), code="no-committee")
    return row


def seated(committee: Committee) -> list[Seat]:
    """Those who sit on it now, declared or not, in the order in which they were called."""
    rows = committee.seats.filter(called_at__isnull=False, left_at__isnull=True)
    return list(rows.select_related("user").order_by("called_at", "stratum", "position"))


def members(committee: Committee) -> list[Seat]:
    """Those seated who declared that they have no conflict."""
    return [seat for seat in seated(committee) if seat.conflict is False]


def seat_of(committee: Committee, user: User | None) -> Seat | None:
    """The person's seat, while they sit on it."""
    if user is None:
        return None
    rows = committee.seats.filter(user=user, called_at__isnull=False, left_at__isnull=True)
    return rows.select_related("user").first()


def is_member(lot: Lot, user: User | None) -> bool:
    """Whether the person sits on the lot's complete committee, free of conflict."""
    row = find(lot)
    seat = None if row is None else seat_of(row, user)
    return seat is not None and seat.conflict is False


def vacant(committee: Committee) -> dict[str, int]:
    """Seats that nobody sits on, by stratum."""
    taken: dict[str, int] = {}
    for seat in seated(committee):
        taken[seat.stratum] = taken.get(seat.stratum, 0) + 1
    return {
        stratum: number - taken.get(stratum, 0)
        for stratum, number in committee.quota.items()
        if number > taken.get(stratum, 0)
    }


def call(scene: Scene, seat: Seat) -> None:
    """Call somebody who was drawn to their seat, and make them an evaluator of the lot."""
    seat.called_at = scene.now
    seat.save(update_fields=["called_at"])
    projects.assign(
        scene, lot=seat.committee.lot, role=LotRole.EVALUATOR.value, user=seat.user
    )


def next_alternate(committee: Committee, stratum: str) -> Seat | None:
    """The first alternate of the stratum who was not called, the earliest draw first."""
    rows = committee.seats.filter(stratum=stratum, called_at__isnull=True, left_at__isnull=True)
    return rows.select_related("user").order_by("draw__number", "position").first()


def leave(scene: Scene, seat: Seat, reason: str) -> None:
    """Take somebody's seat and role away for good."""
    seat.left_at = scene.now
    seat.save(update_fields=["left_at"])
    Assignment.objects.filter(
        lot=seat.committee.lot, user=seat.user, role=LotRole.EVALUATOR.value
    ).update(recused_at=scene.now, until=scene.now, reason=reason[:200])


def settle(scene: Scene, committee: Committee) -> bool:
    """Note that every seat is taken by somebody who declared no conflict; whether it is so."""
    complete = not vacant(committee) and len(members(committee)) == committee.size
    if complete and committee.complete_at is None:
        committee.complete_at = scene.now
        committee.save(update_fields=["complete_at"])
    return complete


def require_complete(committee: Committee) -> list[Seat]:
    """The members, all of them; raises :class:`Refused` while one is missing."""
    found = members(committee)
    if committee.complete_at is None or len(found) != committee.size:
        raise Refused(
            _("The committee is complete with %(size)d members without conflict; it has"
              " %(found)d.") % {"size": committee.size, "found": len(found)},
            code="committee-incomplete",
            rule=rule(committee.lot),
        )
    return found


def parties(lot: Lot) -> list[Organisation]:
    """Whom an evaluator must have nothing to do with: tenderee, agency and all who bid."""
    project = lot.project
    bids = sealed_rounds.frozen_bids(lot, round_=sealed_rounds.judged(lot))
    wanted = set(bids.values_list("tenderer_id", flat=True))
    wanted |= {pk for pk in (project.tenderee_id, project.agency_id) if pk is not None}
    return list(Organisation.objects.filter(pk__in=wanted).order_by("pk"))


def can_see_members(user: User | None, lot: Lot, at: datetime) -> bool:
    """Who sits on the committee is secret until the result is fixed (TBL 37): until the report is
    signed only its members and supervisors know, then the hosts, who have the report."""
    row = find(lot)
    if row is None or user is None:
        return False
    roles = access.roles_of(user, lot, at)
    if LotRole.SUPERVISOR.value in roles or seat_of(row, user) is not None:
        return True
    reported = Evaluation.objects.filter(committee=row, signed_at__isnull=False).exists()
    return reported and not roles.isdisjoint(hall.HOSTS)
