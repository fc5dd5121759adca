"""An HTTP session that lasts for one request.

The validation library keeps a session of ``aiohttp`` open until somebody closes it, and a session
belongs to one event loop. Ours come and go with every judgement (``signatures.domain.waiting``), so
each request opens and closes its own.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import aiohttp


class OneShotSession:
    """As much of ``aiohttp.ClientSession`` as the fetchers use."""

    def get(self, url: str, **arguments: Any) -> OneShotRequest:
        return OneShotRequest("GET", url, arguments)

    def post(self, url: str, **arguments: Any) -> OneShotRequest:
        return OneShotRequest("POST", url, arguments)


class OneShotRequest:
    """``async with session.get(…) as response``; never through a proxy of the environment."""

    def __init__(self, method: str, url: str, arguments: dict[str, Any]) -> None:
        self._method = method
        self._url = url
        self._arguments = arguments
        self._session: aiohttp.ClientSession | None = None
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> aiohttp.ClientResponse:
        self._session = aiohttp.ClientSession(trust_env=False)
        try:
            self._response = await self._session.request(
                self._method, self._url, **self._arguments
            )
        except BaseException:
            await self._session.close()
            raise
        return self._response

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._response is not None:
            self._response.release()
        if self._session is not None:
            await self._session.close()
