"""Keeping the trust lists fresh: each territory's list is looked at once a day of official time.

A demonstration's clock leaps, so the duty asks by official time and is run every few seconds. Who
moves the clock far calls :func:`refresh` before anything is judged.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from signatures.domain import duties, jcs, services
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import Clock, platform
from signatures.domain.errors import SunlitError, Unavailable
from signatures.domain.outside import require_outside_transaction
from signatures.domain.trust_acts import PinListSigner, take_in
from signatures.domain.tsl_shape import MAX_BYTES
from signatures.models.trust import ListSigner

if TYPE_CHECKING:
    from signatures.lab.lab import Lab

log = logging.getLogger("sunlit.trust")

LOOK = timedelta(days=1)
RETRY = 60.0
"""Seconds of real time after which a list that could not be had is asked for again."""

SECONDS = 20.0
CLOCK = Actor.process("clock")

_looked: dict[str, datetime] = {}
_failed: dict[str, float] = {}
_found: dict[str, dict[str, str]] = {}


def fetch(location: str) -> bytes:
    """The list published at ``location``: no redirects, at most 8 MiB, at most 20 seconds.

    Raises ``Unavailable`` where it cannot be had within these bounds.
    """
    require_outside_transaction("Fetching a trust list")
    deadline = time.monotonic() + SECONDS
    data = bytearray()
    try:
        with (
            httpx.Client(timeout=SECONDS / 2, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", location) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise _unavailable(location, f"status {answer.status_code}")
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise _unavailable(location, f"more than {MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise _unavailable(location, f"more than {SECONDS:.0f} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise _unavailable(location, str(error) or type(error).__name__) from error
    return bytes(data)


@duties.register("signatures.trust-lists", every=2.0)
def look(clock: Clock) -> dict[str, dict[str, str]]:
    """Take in the lists of the territories that have not been looked at for a day.

    Returns, by territory, when its list was last had (``looked``) and what went wrong the last
    time that it was asked for (``failed``, ``error``), in official time.
    """
    now = clock.read()
    for territory, location in _locations().items():
        seen = _looked.get(territory)
        if seen is not None and seen <= now < seen + LOOK:
            continue
        if time.monotonic() < _failed.get(territory, 0.0):
            continue
        try:
            take_in(_obtain(location, now), territory=territory, actor=CLOCK, clock=clock)
        except SunlitError as error:
            # A refusal is remembered by an act of its own; the version in force stays.
            log.warning("The trust list of %s was not taken in: %s", territory, error)
            _failed[territory] = time.monotonic() + RETRY
            kept = _found.get(territory, {})
            _found[territory] = {**kept, "failed": jcs.timestamp(now), "error": str(error)}
        else:
            _looked[territory] = now
            _found[territory] = {"looked": jcs.timestamp(now)}
    return {territory: dict(found) for territory, found in _found.items()}


def refresh(clock: Clock = platform) -> None:
    """Look at every list now, as after a leap of the clock."""
    _looked.clear()
    _failed.clear()
    look(clock)


def believe_lab(lab: Lab, *, actor: Actor, clock: Clock = platform) -> None:
    """Pin the list signers of the lab's regions and take in their lists; twice is once."""
    for region in lab.regions.values():
        certificate = region.list_signer.asn1
        known = ListSigner.objects.filter(
            territory=region.territory, fingerprint=certificate.sha256.hex()
        )
        if not known.exists():
            pin = PinListSigner(
                territory=region.territory,
                certificate=certificate.dump(),
                location=region.trust_list_url,
            )
            dispatch(pin, actor=actor, clock=clock)
        data = region.trust_list(clock.read())
        take_in(data, territory=region.territory, actor=actor, clock=clock)


def _locations() -> dict[str, str]:
    rows = ListSigner.objects.filter(withdrawn_at__isnull=True).exclude(location="")
    return dict(rows.order_by("pinned_at", "pk").values_list("territory", "location"))


def _obtain(location: str, now: datetime) -> bytes:
    if settings.MODE == "test" and settings.LAB is not None:
        for region in services.lab().regions.values():
            if region.trust_list_url == location:
                return region.trust_list(now)
    return fetch(location)


def _unavailable(location: str, why: str) -> Unavailable:
    return Unavailable(
        _("The trust list at %(location)s cannot be had: %(why)s.")
        % {"location": location, "why": why},
        code="list-unavailable",
    )
