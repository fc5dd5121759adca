"""Who looks after whom: the questions that acts and pages ask of memberships beside access."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from signatures.models import User
from trading import access
from trading.enums import MemberRole
from trading.models import Membership


def open_memberships(person: User) -> QuerySet[Membership]:
    """The person's memberships that have not ended, with their organisations, by name."""
    return (
        Membership.objects.filter(user=person, until__isnull=True)
        .select_related("organisation")
        .order_by("organisation__name", "organisation_id", "role")
    )


def _managed(person: User) -> QuerySet[Membership]:
    return open_memberships(person).filter(role=MemberRole.MANAGER)


def manages(person: User, organisation: UUID) -> bool:
    """Whether the person says who acts for the organisation."""
    return person.is_active and _managed(person).filter(organisation_id=organisation).exists()


def manages_any(person: User) -> bool:
    """Whether the person is a manager of a verified organisation."""
    verified = _managed(person).filter(organisation__verified_at__isnull=False)
    return person.is_active and verified.exists()


def is_operator(person: User) -> bool:
    """Whether the person works at a verified trading centre, whose desk runs the platform."""
    return access.operates(person)
