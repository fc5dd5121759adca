"""The guarantees of a lot as their page shows them: checks, state, term, and what was said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bidding.domain import guarantee_messages, guarantees
from bidding.enums import GuaranteeState
from bidding.interfaces.guarantee_words import CHECKED
from bidding.models import Guarantee, GuaranteeMessage
from signatures.domain.errors import Denied
from signatures.models import User
from trading import access
from trading.domain import calendar, registry, security_asked, security_terms
from trading.domain.security_asked import Asked
from trading.domain.security_terms import Term
from trading.enums import OrganisationKind
from trading.interfaces.timeline import Badge
from trading.models import Lot

RELEASE, CLAIM, ANSWER = "release", "claim", "answer"
BADGES = {
    GuaranteeState.HELD: "now",
    GuaranteeState.UNSOUND: "bad",
    GuaranteeState.CLAIMED: "unsure",
    GuaranteeState.PAID: "done",
    GuaranteeState.RELEASED: "good",
    GuaranteeState.EXPIRED: "done",
}


@dataclass(frozen=True)
class Check:
    """One check of the opening: its sentence, and whether it holds."""

    text: str
    badge: Badge


@dataclass(frozen=True)
class Line:
    """One guarantee. ``days_left`` counts to the last day of its return, below zero when late;
    ``steps`` are what the viewer's side may say of it now."""

    row: Guarantee
    badge: Badge
    checks: tuple[Check, ...]
    messages: tuple[GuaranteeMessage, ...]
    term: Term | None
    days_left: int | None
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """All that the viewer may see of the lot's guarantees."""

    lot: Lot
    lines: tuple[Line, ...]
    asked: Asked | None
    through: date | None
    opened: bool
    guarantor: bool


def address(lot: Lot) -> str:
    """The page of the lot's guarantees."""
    return reverse("guarantees", args=[lot.project.code, lot.number])


def build(lot: Lot, *, viewer: User | None, at: datetime) -> Page:
    """The page for this viewer; raises :class:`Denied` for who has no part in any guarantee."""
    rows = guarantees.visible(lot, viewer=viewer, at=at)
    watches = not access.roles_of(viewer, lot, at).isdisjoint(guarantees.WATCH)
    guarantor = OrganisationKind.GUARANTOR in access.kinds_of(viewer, at)
    if not rows and not watches and not guarantor:
        raise Denied(
            _("Guarantees are for their guarantors, for who gave one, and for who holds and"
              " watches them."),
            code="wrong-role" if viewer is not None else "sign-in-first",
        )
    return Page(
        lot=lot,
        lines=tuple(_line(row, viewer, at) for row in rows),
        asked=security_asked.of(lot),
        through=security_asked.last_day(lot),
        opened=Guarantee.objects.filter(bid__lot=lot).exists(),
        guarantor=guarantor,
    )


def _line(row: Guarantee, viewer: User | None, at: datetime) -> Line:
    running = row.state in (GuaranteeState.HELD, GuaranteeState.CLAIMED)
    term = None
    if row.security is not None and running:
        term = security_terms.term(row.security)
    return Line(
        row=row,
        badge=Badge(BADGES[GuaranteeState(row.state)], row.get_state_display()),
        checks=tuple(_check(one) for one in row.findings),
        messages=tuple(row.messages.all()),
        term=term,
        days_left=None if term is None else (term.last - calendar.local_day(at)).days,
        steps=tuple(_steps(row, viewer, at)),
    )


def _check(finding: dict[str, Any]) -> Check:
    holds = finding["holds"]
    if holds is None:
        badge = Badge("unsure", _("Not found out"))
    else:
        word = pgettext("check", "Holds") if holds else _("Does not hold")
        badge = Badge("good" if holds else "bad", word)
    return Check(str(CHECKED[finding["check"]]), badge)


def _steps(row: Guarantee, viewer: User | None, at: datetime) -> Iterable[str]:
    if access.acts_for(viewer, row.bid.lot.project.tenderee_id, at):
        if row.state in guarantee_messages.ReleaseGuarantee.states:
            yield RELEASE
        if row.state in guarantee_messages.ClaimGuarantee.states:
            yield CLAIM
    answers = row.guarantor_id is not None and row.state in guarantee_messages.AnswerClaim.states
    if answers and access.acts_for(viewer, row.guarantor_id, at):
        yield ANSWER


# --- elsewhere -----------------------------------------------------------------------------------


def panel(lot: Lot, viewer: Any, at: datetime) -> dict[str, Any] | None:
    """The project page's word to those who may see a guarantee; None to everybody else."""
    if not isinstance(viewer, User):
        return None
    rows = guarantees.visible(lot, viewer=viewer, at=at)
    if not rows:
        return None
    return {
        "count": len(rows),
        "claimed": sum(row.state == GuaranteeState.CLAIMED for row in rows),
        "address": address(lot),
    }


def register() -> None:
    """The part of the project's page, and the way to it."""
    registry.register_panel("guarantees", "bidding/guarantees_panel.html", panel, order=52)
    for step in ("release-guarantee", "claim-guarantee", "answer-claim"):
        registry.register_way(f"bidding.{step}", address)
