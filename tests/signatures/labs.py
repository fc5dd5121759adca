"""A lab for tests that only ask: made once a run. Tests that revoke or withdraw make their own."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from signatures.domain.trustlist import TrustList, parse_list
from signatures.lab.lab import Lab
from signatures.lab.region import Region

CREATED = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)


@cache
def shared() -> Lab:
    folder = Path(tempfile.mkdtemp(prefix="sunlit-lab-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Lab.create(folder / "lab", now=CREATED)


def accept(region: Region, now: datetime, previous: TrustList | None = None) -> TrustList:
    """The region's list of that moment, taken in."""
    pins = {region.territory: [region.list_signer.asn1]}
    return parse_list(region.trust_list(now), pins=pins, now=now, previous=previous)
