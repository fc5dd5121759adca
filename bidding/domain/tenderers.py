"""Who submits: one organisation, on one lot, one thing at a time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from signatures.domain.act import Actor
from signatures.domain.errors import Denied, Malformed
from signatures.models import User
from trading import access
from trading.domain.organisations import BLOCKED
from trading.enums import LotRole
from trading.models import Assignment, Lot, Organisation


def tenderer_of(user: User, lot: UUID, *, wanted: UUID | None = None) -> Organisation:
    """The organisation for which this person submits to the lot.

    ``wanted`` names it where the person acts for several. Raises :class:`Denied`, or
    :class:`Malformed` where several could be meant.
    """
    mine = {one.pk: one for one in access.organisations_of(user)}
    rows = Assignment.objects.filter(
        lot_id=lot, organisation__in=list(mine), role=LotRole.TENDERER, until__isnull=True
    )
    found = sorted({row.organisation_id for row in rows if row.organisation_id is not None})
    if wanted is not None:
        found = [pk for pk in found if pk == wanted]
    if not found:
        raise Denied(
            _("You act for no tenderer of this lot. Fetch the tender documents first."),
            code="not-a-tenderer",
        )
    if len(found) > 1:
        raise Malformed(
            _("You act for several tenderers of this lot; say for which one."),
            code="which-organisation",
        )
    return mine[found[0]]


def lock_tenderer(lot: UUID, organisation: UUID) -> None:
    """Let one tenderer do one thing at a time on a lot, until the transaction ends.

    Taken after the lot's row. On SQLite the transaction itself is the lock.
    """
    if connection.features.has_select_for_update:
        rows = Assignment.objects.filter(
            lot_id=lot, organisation_id=organisation, role=LotRole.TENDERER
        )
        list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def require_tenderer(
    actor: Actor, lot: Lot, organisation: UUID, now: datetime, *, step: str
) -> Organisation:
    """The organisation, if the actor may take ``step`` for it now; raises :class:`Denied`."""
    row = Organisation.objects.filter(pk=organisation).first()
    held = Assignment.objects.filter(
        lot=lot,
        organisation_id=organisation,
        role=LotRole.TENDERER,
        until__isnull=True,
        recused_at__isnull=True,
    )
    if row is None or not access.acts_for(actor.user, organisation, now) or not held.exists():
        raise Denied(_("You act for no tenderer of this lot."), code="not-a-tenderer")
    if access.is_blocked(row, now):
        raise Denied(
            _("A credit decision keeps this organisation out for now."),
            code="blocked",
            rule=BLOCKED.of(lot, step),
        )
    return row
