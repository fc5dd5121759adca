"""The performance of a contract and its securities."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from signatures.domain import clock, jcs
from signatures.domain.errors import NotFound
from trading import access
from trading.api import shapes
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.organisations import done
from trading.domain import contracts, performance, securities, security_terms
from trading.domain.acts import find_lot
from trading.domain.securities import RecordSecurity, ReturnSecurity
from trading.domain.security_asked import StateSecurity
from trading.domain.signed import Signed
from trading.models import PerformanceEntry, Security

router = Router(tags=["performance"], auth=SIGNED_IN)


class StatementIn(shapes.In):
    """A signed statement: its bytes and the detached signature, in base64."""

    statement: shapes.Base64
    signature: shapes.Base64


class EntryIn(StatementIn):
    """The statement, and the file that it names, in base64, where there is one."""

    file: Annotated[str, Field(max_length=12_000_000)] | None = None


class SecurityIn(shapes.In):
    organisation: UUID
    kind: Annotated[str, Field(max_length=16)]
    amount: Annotated[str, Field(max_length=24)]
    received_on: date
    withdrawn_on: date | None = None


class AskedIn(shapes.In):
    amount: Annotated[str, Field(max_length=24)]
    days: int
    before: Annotated[str, Field(max_length=64)] = ""


class ReturnIn(shapes.In):
    returned_on: date


@router.post("/lots/{uuid:pk}/performance/entries", response={201: shapes.Done})
def enter(request: HttpRequest, pk: UUID, body: EntryIn) -> Status[dict[str, Any]]:
    """Enter what happened: the signed ``sunlit.performance/1``."""
    signed = Signed.from_base64(body.statement, body.signature)
    file = None if body.file is None else performance.decoded(body.file)
    act = performance.prepare_entry(person_of(request), pk, signed, file=file)
    return Status(201, done(perform(request, act)))


@router.post(
    "/lots/{uuid:pk}/performance/entries/{uuid:entry}/answer", response={201: shapes.Done}
)
def answer(
    request: HttpRequest, pk: UUID, entry: UUID, body: StatementIn
) -> Status[dict[str, Any]]:
    """Confirm or dispute the other side's entry: ``sunlit.performance-answer/1``."""
    signed = Signed.from_base64(body.statement, body.signature)
    act = performance.prepare_answer(person_of(request), pk, entry, signed)
    return Status(201, done(perform(request, act)))


@router.get("/lots/{uuid:pk}/performance/entries", response=list[dict[str, Any]])
def entries(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """What both sides entered, for them and for those who watch."""
    lot = find_lot(pk)
    held = access.audiences_of(person_of(request), lot, clock.now())
    row = contracts.contract_of(lot)
    if held.isdisjoint({*contracts.READERS, row.award.winner.urn}):
        raise NotFound(_("No contract has been offered yet."), code="no-contract")
    return [_entry(one) for one in performance.entries(lot)]


def _entry(row: PerformanceEntry) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "urn": row.urn,
        "by": row.by.urn,
        "kind": row.kind,
        "on": row.happened_on.isoformat(),
        "text": row.text,
        "amount": None if row.amount is None else str(row.amount),
        "passed": row.passed,
        "file": row.file or None,
        "statement": row.digests["statement"],
        "entered_at": jcs.timestamp(row.entered_at),
        "confirmed": row.confirmed,
        "answer": row.answer or None,
    }


@router.post("/lots/{uuid:pk}/bid-security", response={201: shapes.Done})
def ask(request: HttpRequest, pk: UUID, body: AskedIn) -> Status[dict[str, Any]]:
    """State the bid security that the documents will ask for."""
    asked = {"amount": body.amount, "days": body.days}
    act = StateSecurity(lot=pk, asked=asked, before=body.before)
    return Status(201, done(perform(request, act)))


@router.post("/lots/{uuid:pk}/securities", response={201: shapes.Done})
def record(request: HttpRequest, pk: UUID, body: SecurityIn) -> Status[dict[str, Any]]:
    """Record a security that was received."""
    return Status(201, done(perform(request, RecordSecurity(lot=pk, **body.model_dump()))))


@router.post("/lots/{uuid:pk}/securities/{uuid:security}/return", response={201: shapes.Done})
def give_back(
    request: HttpRequest, pk: UUID, security: UUID, body: ReturnIn
) -> Status[dict[str, Any]]:
    """Record that a security went back."""
    act = ReturnSecurity(lot=pk, security=security, returned_on=body.returned_on)
    return Status(201, done(perform(request, act)))


@router.get("/lots/{uuid:pk}/securities", response=list[dict[str, Any]])
def listed(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """The securities that the asker may know of: all for who tenders, else its own."""
    lot, person = find_lot(pk), person_of(request)
    rows = securities.visible(lot, viewer=person, at=clock.now())
    return [_security(one) for one in rows]


def _security(row: Security) -> dict[str, Any]:
    found = security_terms.term(row)
    return {
        "id": str(row.pk),
        "organisation": row.organisation.urn,
        "kind": row.kind,
        "form": row.form,
        "amount": str(row.amount),
        "received_on": row.received_on.isoformat(),
        "return_by": None if found is None else found.last.isoformat(),
        "rule": None if found is None else found.rule.article,
        "returned_on": None if row.returned_on is None else row.returned_on.isoformat(),
        "late": row.late,
    }
