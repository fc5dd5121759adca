"""What somebody wants to file, as the signed statement ``sunlit.grievance/1`` says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from signatures.domain import statements
from signatures.domain.errors import Malformed
from trading.domain import grievance_terms, grievances, procedure
from trading.enums import GrievanceAbout, GrievanceKind
from trading.models import Lot

PURPOSE = "sunlit.grievance/1"
FIELDS = frozenset(
    {"lot", "kind", "about", "organisation", "interest", "known", "facts", "requests", "objection"}
)
LODGE = "trading.lodge-complaint"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody wants to file. ``known`` is a day as ``2026-03-10``, ``objection`` the URN of
    the objection before a complaint; empty texts where they do not apply."""

    about: str
    organisation: UUID
    facts: str
    requests: str
    complains: bool = False
    interest: str = ""
    known: str = ""
    objection: str = ""

    @property
    def step(self) -> str:
        """The procedure's command."""
        return LODGE if self.complains else f"{grievances.OBJECT}{self.about}"

    def says(self, lot: Lot) -> dict[str, Any]:
        """What the statement of this says."""
        words = {name: str(value) for name, value in asdict(self).items() if name != "complains"}
        kind = grievance_terms.kind_of(procedure.of(lot))
        return {
            **words,
            "lot": lot.urn,
            "kind": str(GrievanceKind.COMPLAINT if self.complains else kind),
            "organisation": f"org:{self.organisation}",
        }


def statement(lot: Lot, draft: Draft, *, at: datetime) -> bytes:
    """The statement that is signed to file this."""
    return statements.build(PURPOSE, origin=settings.ORIGIN, at=at, **draft.says(lot))


def read(said: Mapping[str, Any]) -> Draft:
    """What a statement wants to file; raises :class:`Malformed`."""
    for name in FIELDS:
        if not isinstance(said[name], str):
            raise Malformed(_("Every field of this statement is a text."), code="bad-statement")
    try:
        organisation = UUID(said["organisation"].removeprefix("org:"))
    except ValueError:
        raise Malformed(_("That is no organisation."), code="bad-organisation") from None
    if said["kind"] not in GrievanceKind.values or said["about"] not in GrievanceAbout.values:
        raise Malformed(
            _("Say whether it is an objection or a complaint, and what it is about."),
            code="bad-about",
        )
    return Draft(
        about=said["about"],
        organisation=organisation,
        facts=said["facts"],
        requests=said["requests"],
        complains=said["kind"] == GrievanceKind.COMPLAINT,
        interest=said["interest"],
        known=said["known"],
        objection=said["objection"],
    )
