"""A committee's questions as its room shows them: by code, with their state and their answer.

Until the bids' names are disclosed nobody in the room learns whose certificate signed an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from bidding.domain import clarifications, evaluation
from bidding.domain.room_kinds import State
from bidding.interfaces.clarification_forms import Documents
from bidding.models import Clarification
from signatures import store
from signatures.domain import jcs
from trading.interfaces import judgement
from trading.interfaces.judgement import Signed
from trading.interfaces.timeline import Badge
from trading.models import Lot


@dataclass(frozen=True)
class Asked:
    """One question; ``signature`` None while whose it is stays hidden, or without an answer."""

    id: str
    code: str
    number: int
    name: str
    point: str
    question: str
    asked_at: datetime
    until: datetime
    state: str
    answer: str
    signature: Signed | None

    @property
    def badge(self) -> Badge:
        """Where the question stands."""
        return badge_of(self.state)


def badge_of(state: str) -> Badge:
    """A question's state in a word."""
    if state == "answered":
        return Badge("good", _("Answered"))
    if state == "lapsed":
        return Badge("off", _("Not answered in time"))
    return Badge("now", _("Answer awaited"))


def of_room(state: State) -> tuple[Asked, ...]:
    """The questions of the room's state, the newest first; signatures once names are known."""
    found = list(reversed(state["clarifications"]))
    signed = {}
    if state["identities"]:
        rows = Clarification.objects.filter(
            pk__in=[each["clarification"] for each in found], answered_at__isnull=False
        )
        signed = {str(row.pk): signature_of(row) for row in rows}
    return tuple(
        Asked(
            id=each["clarification"],
            code=each["bid"],
            number=each["number"],
            name=each["name"],
            point=each["point"],
            question=each["question"],
            asked_at=jcs.parse_timestamp(each["at"]),
            until=jcs.parse_timestamp(each["until"]),
            state=each["state"],
            answer=each["answer"],
            signature=signed.get(each["clarification"]),
        )
        for each in found
    )


def signature_of(row: Clarification) -> Signed | None:
    """Who signed the answer and on whose word, as it was judged when it came; None without one."""
    if not row.assessment:
        return None
    kept = jcs.loads(store.read(row.assessment))
    return judgement.signed(kept["signatures"][0])


def documents(lot: Lot) -> Documents:
    """What may be asked about now, grouped by code."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in clarifications.askable(evaluation.get(lot)):
        found.setdefault(each.code, []).append((str(each.exhibit.pk), each.exhibit.name))
    return list(found.items())
