"""The parties of a draw: organisations with opposed interests, and the platform itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Actor
from signatures.domain.errors import Denied, Malformed, Refused
from trading import access
from trading.domain.draw_record import MIN_PARTIES
from trading.enums import OrganisationKind
from trading.models import Draw, Organisation

#: The platform as a party: the clock process serves it with a key of its own.
CENTRE = "process:centre"
CLOCK = "process:clock"

#: What an organisation is interested in, by the first of its kinds that stands here.
_SIDES = (
    (OrganisationKind.CENTRE, "centre"),
    (OrganisationKind.SUPERVISOR, "supervisor"),
    (OrganisationKind.TENDEREE, "tenderee"),
    (OrganisationKind.AGENCY, "tenderee"),
)


def organisation_id(party: str) -> UUID | None:
    """The identifier in ``org:<uuid>``; none for any other party."""
    kind, _colon, identifier = party.partition(":")
    if kind != Organisation.urn_kind:
        return None
    try:
        found = UUID(identifier)
    except ValueError:
        return None
    return found if str(found) == identifier else None


def organisations(parties: Iterable[str]) -> list[Organisation]:
    """The organisations among the parties, in no particular order."""
    wanted = [found for party in parties if (found := organisation_id(party)) is not None]
    return list(Organisation.objects.filter(pk__in=wanted))


def check(parties: Iterable[str], *, at: datetime) -> None:
    """Each party is the platform or a verified organisation, and three interests oppose.

    The centre and its platform share one interest, so do all on the buying side and all
    supervisors; every tenderer, notary or guarantor has one of its own. Raises
    :class:`Malformed` and :class:`Refused`.
    """
    parties = list(parties)
    known = {one.urn: one for one in organisations(parties)}
    interests = set()
    for party in parties:
        if party == CENTRE:
            interests.add("centre")
            continue
        row = known.get(party)
        if row is None:
            raise Malformed(
                _("The party %(party)s is neither a registered organisation nor the platform.")
                % {"party": party},
                code="unknown-party",
            )
        if not access.is_verified(row, at):
            raise Refused(
                _("%(name)s is not verified yet.") % {"name": row.name}, code="not-verified"
            )
        side = next((side for kind, side in _SIDES if kind.value in row.kinds), row.urn)
        interests.add(side)
    if len(interests) < MIN_PARTIES:
        raise Refused(
            _("The parties of a draw have at least %(number)d opposed interests; these have"
              " %(found)d.") % {"number": MIN_PARTIES, "found": len(interests)},
            code="too-few-interests",
        )


def acts_for(actor: Actor, party: str, at: datetime | None = None) -> bool:
    """Whether the actor contributes in the name of this party."""
    if actor.is_process:
        return party == CENTRE and actor.urn == CLOCK
    organisation = organisation_id(party)
    return organisation is not None and access.acts_for(actor.user, organisation, at)


def require(actor: Actor, draw: Draw, party: object, at: datetime) -> str:
    """The party, if it is one of the draw's and the actor's own; else :class:`Denied`."""
    if not isinstance(party, str) or party not in draw.record["parties"]:
        raise Denied(_("This is no party of the draw."), code="wrong-party")
    if not acts_for(actor, party, at):
        raise Denied(_("You do not act for this party of the draw."), code="wrong-party")
    return party


def require_interest(actor: Actor, draw: Draw) -> None:
    """The clock, whoever opened the draw, or somebody of a party; else :class:`Denied`."""
    if actor.urn in (CLOCK, draw.opened_by):
        return
    if not any(acts_for(actor, party) for party in draw.record["parties"]):
        raise Denied(_("You have no part in this draw."), code="wrong-party")
