"""Questions of a committee as the programming interface shows them, by who asks for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import clarification_answers, clarifications, committee, evaluation
from bidding.models import Clarification
from signatures.domain import jcs
from signatures.domain.errors import Denied
from signatures.models import User
from trading import access
from trading.enums import LotRole
from trading.models import Lot


def listed(lot: Lot, viewer: User, at: datetime) -> list[dict[str, Any]]:
    """The questions that this person may read, oldest first: committee and supervisors all of
    them under codes, a tenderer its own without any. Raises :class:`Denied` for everybody else."""
    roles = access.roles_of(viewer, lot, at)
    if committee.is_member(lot, viewer) or LotRole.SUPERVISOR.value in roles:
        found = evaluation.find(lot)
        if found is None:
            return []
        codes = {bid.pk: code for code, bid in evaluation.coded(found.committee).items()}
        return [_coded(row, codes[row.bid_id]) for row in clarifications.of_lot(lot)]
    if LotRole.TENDERER.value not in roles:
        raise Denied(
            _("The committee's questions are read by the tenderer that is asked, and in the"
              " evaluation room."),
            code="wrong-role",
            rule=clarifications.rule(lot),
        )
    own = clarification_answers.own(lot, access.organisations_of(viewer, at))
    names = clarifications.own_names(own)
    return [_own(row, names[row.pk]) for row in reversed(own)]


def _coded(row: Clarification, code: str) -> dict[str, Any]:
    """A question as the committee knows it; nothing in it tells whose bid it is about."""
    return {
        "id": str(row.pk),
        "bid": code,
        "document": str(row.document_id),
        "name": row.document.name,
        **_common(row),
    }


def _own(row: Clarification, name: str) -> dict[str, Any]:
    """A question as its tenderer knows it; ``asked`` stands in the statement that answers it."""
    return {
        "id": str(row.pk),
        "asked": clarification_answers.asked(row, name),
        "organisation": str(row.bid.tenderer_id),
        **_common(row),
    }


def _common(row: Clarification) -> dict[str, Any]:
    return {
        "number": row.number,
        "point": row.point,
        "question": row.question,
        "asked_at": jcs.timestamp(row.asked_at),
        "until": jcs.timestamp(row.until),
        "answer": row.answer or None,
        "answered_at": _moment(row.answered_at),
        "lapsed_at": _moment(row.lapsed_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else jcs.timestamp(at)
