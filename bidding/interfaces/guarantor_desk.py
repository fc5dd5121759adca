"""A guarantor's desk: the guarantees that were found in bids, and the claims to be answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from bidding.domain import guarantee_messages
from bidding.enums import GuaranteeState
from bidding.interfaces.guarantee_page import BADGES, address
from bidding.models import Guarantee
from signatures.models import User
from trading import access
from trading.enums import OrganisationKind
from trading.interfaces import desks
from trading.interfaces.desks import MOST, Desk, Figure, Row, Task
from trading.interfaces.timeline import Badge

ROLE = OrganisationKind.GUARANTOR.value


def build(person: User, at: datetime) -> Desk:
    """The desk of somebody who acts for a guarantor."""
    offices = [one for one in access.organisations_of(person, at) if ROLE in one.kinds]
    found = Guarantee.objects.filter(guarantor__in=offices).select_related(
        "bid__lot__project", "bid__tenderer"
    )
    rows = list(found.order_by("-since", "pk")[:MOST])
    return Desk(
        title=_("Guarantor’s desk"),
        organisations=tuple(one.name for one in offices),
        figures=tuple(_figures(rows)),
        tasks=tuple(_claims(rows)),
        views=None,
        ways=((_("Find a lot and sign a guarantee for its bid"), reverse("projects")),),
    )


def _figures(rows: list[Guarantee]) -> Iterable[Figure]:
    named = (
        ("claimed", _("claims to answer"), {GuaranteeState.CLAIMED}),
        ("held", _("guarantees held"), {GuaranteeState.HELD}),
        ("over", _("over"), {
            GuaranteeState.PAID, GuaranteeState.RELEASED, GuaranteeState.EXPIRED,
            GuaranteeState.UNSOUND,
        }),
    )  # fmt: skip
    for name, label, states in named:
        chosen = [row for row in rows if row.state in states]
        yield Figure(
            name=name,
            label=label,
            count=len(chosen),
            note="",
            rows=lambda chosen=chosen: [_row(row) for row in chosen],  # type: ignore[misc]
        )


def _row(row: Guarantee) -> Row:
    return Row(
        when=row.since,
        title=f"{row.number} {row.bid.tenderer.name}",
        address=address(row.bid.lot),
        note=row.bid.lot.project.title,
        badge=Badge(BADGES[GuaranteeState(row.state)], str(row.get_state_display())),
    )


def _claims(rows: list[Guarantee]) -> Iterable[Task]:
    for row in rows:
        if row.state in guarantee_messages.AnswerClaim.states:
            lot = row.bid.lot
            yield Task(
                due=None,
                title=_("Answer the claim on the guarantee %(number)s") % {"number": row.number},
                subject=f"{lot.project.title} {lot.title}",
                address=address(lot),
                rule="",
                badge=Badge("now", _("Yours to do")),
                overdue=False,
                own=True,
            )


def register() -> None:
    """Give guarantors their desk; called when the app is ready."""
    desks.register(ROLE, build)
