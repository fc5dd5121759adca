"""The plan of a lot: judged by the catalogue, kept, submitted, approved or sent back."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from signatures import store
from signatures.domain import clock
from signatures.domain.act import Actor
from signatures.domain.errors import Denied, Malformed
from signatures.sandbox import filetype
from trading import access
from trading.api import shapes
from trading.api.auth import SIGNED_IN, perform, person_of
from trading.api.organisations import done
from trading.api.prepared import Asked
from trading.domain import catalogue, exceptions, plans
from trading.domain.plan_acts import DraftPlan, SubmitPlan
from trading.interfaces import listing, plan_page
from trading.interfaces.plan_forms import SHOWN_BY
from trading.models.plan import MAX_AUTHORITY, MAX_NUMBER, MAX_REASON

router = Router(tags=["plans"], auth=SIGNED_IN)

#: Base64 of a file of at most 1 MiB; a larger one is sent on the page.
MAX_CONTENT = 1_400_000


class FileIn(shapes.In):
    """A file by its name and its bytes in base64, at most 1 MiB."""

    title: shapes.Name
    content: Annotated[str, Field(max_length=MAX_CONTENT)]


class PlanIn(shapes.In):
    """``object``, ``funds`` and ``ground`` are names of the catalogue's file; ``number``,
    ``authority`` and ``date`` (YYYY-MM-DD) are of an approval that was given elsewhere."""

    object: Annotated[str, Field(max_length=40)]
    funds: Annotated[str, Field(max_length=40)]
    ground: Annotated[str, Field(max_length=40)] = ""
    number: Annotated[str, Field(max_length=2 * MAX_NUMBER)] = ""
    authority: Annotated[str, Field(max_length=2 * MAX_AUTHORITY)] = ""
    date: Annotated[str, Field(max_length=40)] = ""
    file: FileIn | None = None


class SubmitIn(shapes.In):
    """``plan`` is the digest of the plan as it was read."""

    plan: Annotated[str, Field(max_length=64)]


class DecideIn(SubmitIn):
    approve: bool
    reason: Annotated[str, Field(max_length=2 * MAX_REASON)] = ""


@router.get("/lots/{uuid:pk}/plan", response=dict[str, Any])
def one(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """The plan with what the catalogue says of it, for its parties and supervision."""
    person = person_of(request)
    lot = listing.lot(pk, viewer=person)
    if access.roles_of(person, lot, clock.now()).isdisjoint(plans.READERS):
        raise Denied("A plan is read by its parties and supervision.", code="wrong-role")
    plan = plans.of(lot)
    judgement, known = plans.judge(lot, plan), catalogue.load()
    return {
        "plan": plans.content(lot, plan),
        "digest": plans.digest(lot, plan),
        "standing": plans.standing(lot, plan).value,
        "reason": plan.reason or None,
        "approval": judgement.approval,
        "catalogue": {"version": known.version, "digest": known.digest},
        "verdicts": [
            {
                "rule": one.rule.name,
                "warning": f"{exceptions.CATALOGUE}:{one.rule.name}" if one.warns else "",
                "article": one.rule.article,
                "confirmed": one.rule.confirmed,
                "kept": one.kept,
                "blocks": one.blocks,
                "code": one.code,
                "message": one.message,
            }
            for one in judgement.verdicts
        ],
    }


@router.post("/lots/{uuid:pk}/plan", response={201: shapes.Done})
def draft(request: HttpRequest, pk: UUID, body: PlanIn) -> Status[dict[str, Any]]:
    """Keep the plan as it is said here, whole: what is left out is not kept."""
    asked = Asked(request, f"plan {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    approval: dict[str, Any] = {
        name: text
        for name in catalogue.REFERENCE
        if (text := str(getattr(body, name)).strip())
    }
    DraftPlan(lot=pk, object="", funds="").permit(Actor.person(person_of(request)))
    if body.file is not None:
        approval["file"] = _kept(body.file)
    act = DraftPlan(
        lot=pk, object=body.object, funds=body.funds, ground=body.ground, approval=approval
    )
    return Status(201, done(asked.dispatch(act)))


def _kept(file: FileIn) -> dict[str, Any]:
    try:
        data = base64.b64decode(file.content, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("The file's content is no base64.", code="bad-base64") from None
    checked = filetype.check_upload(
        file.title, io.BytesIO(data), SHOWN_BY, settings.DOCUMENT_MAX_BYTES
    )
    kept = store.put(data)
    return {
        "title": checked.name, "digest": kept.sha256, "size": kept.size,
        "media_type": checked.mime,
    }


@router.post("/lots/{uuid:pk}/plan/submission", response={201: shapes.Done})
def submit(request: HttpRequest, pk: UUID, body: SubmitIn) -> Status[dict[str, Any]]:
    """Submit the plan to supervision."""
    return Status(201, done(perform(request, SubmitPlan(lot=pk, plan=body.plan))))


@router.post("/lots/{uuid:pk}/plan/decision", response={201: shapes.Done})
def decide(request: HttpRequest, pk: UUID, body: DecideIn) -> Status[dict[str, Any]]:
    """Approve the plan, or send it back with the reason."""
    asked = Asked(request, f"plan-decision {pk}", body)
    if asked.before is not None:
        return Status(201, done(asked.before))
    lot = listing.lot(pk, viewer=person_of(request))
    plan_page.decision_by(lot, Actor.person(person_of(request)))
    act = plan_page.decision(lot, plan=body.plan, approve=body.approve, reason=body.reason)
    return Status(201, done(asked.dispatch(act)))
