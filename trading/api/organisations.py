"""Organisations and people: read by everybody who has signed in, changed by acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from signatures.domain import jcs
from signatures.domain.act import Outcome
from signatures.domain.errors import NotFound
from trading.api import shapes
from trading.api.auth import SIGNED_IN, perform
from trading.domain import organisations, people
from trading.interfaces import cursors
from trading.models import Organisation

router = Router(tags=["organisations"], auth=SIGNED_IN)


def organisation_line(row: Organisation) -> dict[str, Any]:
    """An organisation as the public register has it."""
    return {
        "id": row.pk,
        "urn": row.urn,
        "name": row.name,
        "credit_code": row.credit_code,
        "kinds": row.kinds,
        "region": row.region,
        "registered_at": jcs.timestamp(row.registered_at),
        "verified_at": None if row.verified_at is None else jcs.timestamp(row.verified_at),
    }


def done(outcome: Outcome) -> dict[str, Any]:
    """An act's outcome as it goes over the wire."""
    return {
        "result": outcome.result,
        "leaves": list(outcome.leaves),
        "repeated": outcome.repeated,
    }


@router.get("", response=shapes.Page)
def listed(request: HttpRequest, after: str = "", credit_code: str = "") -> dict[str, Any]:
    """Organisations, newest first, a page at a time; or the one with a credit code."""
    rows = Organisation.objects.all()
    if credit_code:
        rows = rows.filter(credit_code=credit_code.strip().upper())
    page = cursors.page(rows, by="registered_at", after=after)
    return {"items": [organisation_line(row) for row in page.items], "next": page.next}


@router.get("/{uuid:pk}", response=shapes.OrganisationOut)
def one(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One organisation."""
    row = Organisation.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such organisation."), code="no-such-organisation")
    return organisation_line(row)


@router.post("", response={201: shapes.Done})
def register(request: HttpRequest, body: shapes.OrganisationIn) -> Status[dict[str, Any]]:
    """Register an organisation; whoever does becomes its manager."""
    act = organisations.RegisterOrganisation(
        legal_name=body.name,
        credit_code=body.credit_code,
        kinds=tuple(body.kinds),
        region=body.region,
    )
    return Status(201, done(perform(request, act)))


@router.post("/{uuid:pk}/verification", response=shapes.Done)
def verify(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Verify an organisation: the trading centre alone."""
    return done(perform(request, organisations.VerifyOrganisation(organisation=pk)))


@router.post("/{uuid:pk}/memberships", response={201: shapes.Done})
def grant(request: HttpRequest, pk: UUID, body: shapes.MembershipIn) -> Status[dict[str, Any]]:
    """Let a person act for the organisation: its manager, or the centre."""
    act = organisations.GrantMembership(
        organisation=pk, person=body.person, role=body.role, mobile=body.mobile
    )
    return Status(201, done(perform(request, act)))


@router.delete("/{uuid:pk}/memberships/{uuid:person}/{role}", response=shapes.Done)
def end(request: HttpRequest, pk: UUID, person: UUID, role: str) -> dict[str, Any]:
    """End a person's role in the organisation."""
    act = organisations.EndMembership(organisation=pk, person=person, role=role)
    return done(perform(request, act))


@router.post("/people", response={201: shapes.Done})
def register_person(request: HttpRequest, body: shapes.PersonIn) -> Status[dict[str, Any]]:
    """Register a person: a manager of a verified organisation, or the centre."""
    act = people.RegisterPerson(
        username=body.username,
        full_name=body.full_name,
        password_hash=people.hashed_password(
            body.password,
            username=body.username,
            full_name=body.full_name,
        ),
        email=body.email,
        language=body.language,
    )
    return Status(201, done(perform(request, act)))
