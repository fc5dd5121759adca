"""Trust lists at the desk: which version stands, since when, what changed, what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain import clock
from signatures.models import AcceptedTrustList, Heartbeat, ListSigner, RefusedTrustList
from trading.views.doors import operators_only
from trading.views.operator import desk

DUTY = "duty:signatures.trust-lists"
#: A list that ends within this time needs somebody to ask for the next one.
SOON = timedelta(days=7)
MOST_REFUSED = 30


@dataclass(frozen=True)
class Line:
    """One territory's list: its signers, its versions (newest first), its last fetching."""

    territory: str
    signers: list[ListSigner]
    versions: list[AcceptedTrustList]
    refused: list[RefusedTrustList]
    found: dict[str, str]
    shape: str
    word: str

    @property
    def standing(self) -> AcceptedTrustList | None:
        """The version in force, or the last that was."""
        return self.versions[0] if self.versions else None

    @property
    def needs_somebody(self) -> bool:
        return self.shape != "good"


def lines(now: datetime) -> list[Line]:
    """Every territory whose lists are or were believed, in four queries."""
    pins = ListSigner.objects.order_by("territory", "pinned_at", "pk")
    taken: dict[str, list[AcceptedTrustList]] = {}
    for row in AcceptedTrustList.objects.order_by("territory", "-sequence"):
        taken.setdefault(row.territory, []).append(row)
    turned: dict[str, list[RefusedTrustList]] = {}
    for refusal in RefusedTrustList.objects.order_by("-refused_at", "-pk")[:MOST_REFUSED]:
        turned.setdefault(refusal.territory, []).append(refusal)
    beat = Heartbeat.objects.filter(name=DUTY).first()
    found: dict[str, Any] = beat.detail.get("found", {}) if beat is not None else {}
    result = []
    for territory, group in groupby(pins, key=lambda row: row.territory):
        signers = list(group)
        versions = taken.get(territory, [])
        shape, word = _standing(signers, versions, now)
        result.append(
            Line(
                territory=territory,
                signers=signers,
                versions=versions,
                refused=turned.get(territory, []),
                found=found.get(territory, {}),
                shape=shape,
                word=word,
            )
        )
    return result


def _standing(
    signers: list[ListSigner], versions: list[AcceptedTrustList], now: datetime
) -> tuple[str, str]:
    believed = {row.fingerprint for row in signers if row.withdrawn_at is None}
    if not believed:
        return "off", _("No longer believed")
    newest = next((row for row in versions if row.signer in believed), None)
    if newest is None:
        return "unsure", _("No version taken in yet")
    if newest.next_update_at <= now:
        return "bad", _("Expired; recognises nobody")
    if newest.next_update_at <= now + SOON:
        return "unsure", _("Ends within a week")
    return "good", _("In force")


@require_safe
@operators_only
def lists(request: HttpRequest) -> HttpResponse:
    """Every list that is believed here."""
    return desk.show(request, "trust", "operator-trust", {"lines": lines(clock.now())})
