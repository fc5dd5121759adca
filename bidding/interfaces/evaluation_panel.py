"""The evaluation on a project's page: where it stands, and the way to it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from bidding.domain import committee, evaluation, sealed_rounds
from bidding.interfaces import evaluation_course
from signatures.models import User
from trading.enums import LotState
from trading.models import Lot


def address(lot: Lot) -> str:
    """The page of the lot's evaluation."""
    return reverse("evaluation", args=[lot.project.code, lot.number])


def declaration_address(lot: Lot) -> str:
    """The page on which a member declares."""
    return reverse("evaluation-declaration", args=[lot.project.code, lot.number])


def panel(lot: Lot, viewer: Any, at: Any) -> dict[str, Any] | None:
    """The project page's word about the evaluation; None before its committee is to be drawn."""
    row = committee.find(lot)
    if row is None:
        return None
    person = viewer if isinstance(viewer, User) else None
    found = evaluation.find(lot)
    invited = evaluation_course.invitation(lot, person)
    panel_sits = sealed_rounds.is_application(lot)
    return {
        "applications": panel_sits,
        "size": row.size,
        "complete_at": row.complete_at,
        "frozen_at": None if found is None else found.frozen_at,
        "signed_at": None if found is None else found.signed_at,
        "live": found is not None and found.signed_at is None and lot.state == LotState.ACTIVE,
        "standing": "" if invited is None else invited.standing,
        "inside": found is not None and committee.is_member(lot, person),
        "address": address(lot),
        "declaration": declaration_address(lot),
    }
