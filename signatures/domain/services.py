"""Services outside the platform that it asks: timestamp authorities, and sources of revocation.

In production they are reached over HTTP at the addresses that settings and certificates name; in a
demonstration likewise, but at the lab's; in tests the lab answers in process.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.fetchers.api import FetcherBackend

from signatures.domain import clock
from signatures.domain.errors import Unavailable
from signatures.domain.one_shot import OneShotSession

if TYPE_CHECKING:
    from signatures.lab.lab import Lab

TIMEOUT = 10


def timestamper(*, foreign: bool = False) -> TimeStamper:
    """The timestamp authority that the platform asks first.

    A ``foreign`` one is run by nobody at the centre and of another region: it stamps the freeze,
    whose time trustees must be able to believe against the centre.
    """
    if settings.LAB is not None:
        from signatures.lab import clients

        region = lab().region("west" if foreign else "east")
        if settings.MODE == "test":
            return clients.timestamper(region, _standing())
        return clients.http_timestamper(region.tsa_url, timeout_seconds=TIMEOUT)
    urls = settings.FOREIGN_TIMESTAMP_URLS if foreign else settings.TIMESTAMP_URLS
    if not urls:
        raise Unavailable(
            "No timestamp authority is named. Set SUNLIT_TIMESTAMP_URLS and "
            "SUNLIT_FOREIGN_TIMESTAMP_URLS.",
            code="no-timestamp-authority",
        )
    return HTTPTimeStamper(urls[0], timeout=TIMEOUT)


def fetcher() -> FetcherBackend:
    """Where OCSP answers, CRLs and issuers' certificates come from."""
    if settings.LAB is not None and settings.MODE == "test":
        from signatures.lab import clients

        return clients.fetcher_backend(lab(), _standing())
    backend: FetcherBackend = AIOHttpFetcherBackend(
        OneShotSession(),  # type: ignore[arg-type]
        per_request_timeout=TIMEOUT,
    )
    return backend


def _standing() -> Callable[[], datetime]:
    """The moment of asking, read now: in process the answers come from within an event loop, in
    which the database cannot be asked for the time."""
    at = clock.now()
    return lambda: at


def lab() -> Lab:
    """The laboratory authorities of a demonstration or a test."""
    from signatures.lab.lab import Lab

    return _open(str(settings.LAB), Lab)


@lru_cache
def _open(folder: str, kind: type[Lab]) -> Lab:
    return kind.open(folder)
