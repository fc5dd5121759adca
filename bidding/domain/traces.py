"""Where uploads came from, for supervisors after the opening: pseudonyms, never addresses.

Equal pseudonyms on one lot mean the same network or device; on another lot the same one has
another pseudonym, so nobody can be followed about (design, "The dossier").
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F

from bidding.models import Envelope, UploadTrace

_CLIENT = 200


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Pseudonyms of network and device, and the client's own word for its build."""

    network: str = ""
    device: str = ""
    client: str = ""


def origin_of(lot: UUID, *, address: str, device: str, client: str) -> Origin:
    """The origin as it may be kept: ``address`` and ``device`` go in, pseudonyms come out."""
    return Origin(
        network=_pseudonym(lot, "network", address),
        device=_pseudonym(lot, "device", device),
        client="".join(c for c in client if c.isprintable())[:_CLIENT],
    )


def note(
    envelope: Envelope, origin: Origin, *, at: datetime, size: int = 0, parts: int = 0
) -> None:
    """Add what came to what is known of this origin, inside an act."""
    rows = UploadTrace.objects.filter(
        envelope=envelope, network=origin.network, device=origin.device, client=origin.client
    )
    if not rows.update(last_at=at, size=F("size") + size, parts=F("parts") + parts):
        UploadTrace.objects.create(
            envelope=envelope,
            network=origin.network,
            device=origin.device,
            client=origin.client,
            first_at=at,
            last_at=at,
            size=size,
            parts=parts,
        )


def _pseudonym(lot: UUID, kind: str, value: str) -> str:
    if not value:
        return ""
    message = f"SUNLIT-TRACE-1|{kind}|{lot}|{value}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256").hex()[:32]
