"""The lab over HTTP: an ASGI application for the addresses that stand in its certificates.

``/lab/<region>/`` serves ``ocsp`` (POST, and GET by RFC 6960, A.1), ``tsa`` (POST, RFC 3161, 3.4),
``root.crl``, ``issuing.crl``, ``root.cer``, ``issuing.cer`` and ``list.xml``. It listens on
127.0.0.1 only and is never part of a production installation.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from signatures.domain.errors import NotFound
from signatures.lab.lab import Lab
from signatures.lab.region import Region

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_REQUEST = 16 * 1024
"""Bytes of a request body; OCSP and timestamp requests have a few hundred."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer in full."""

    status: int
    media_type: str
    body: bytes


class LabApp:
    """The ASGI application; ``now`` is asked once for every request."""

    def __init__(self, lab: Lab, now: Callable[[], datetime]) -> None:
        self._lab = lab
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            reply = _refusal(413, f"A request to the lab has at most {MAX_REQUEST} bytes.")
        else:
            # Signing takes its time and ``now`` may ask a database; neither holds up the loop.
            reply = await asyncio.to_thread(self.answer, scope["method"], scope["path"], body)
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [
                    (b"content-type", reply.media_type.encode()),
                    (b"content-length", str(len(reply.body)).encode()),
                    (b"cache-control", b"no-store"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": reply.body})

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        """The answer to one request; ``path`` is decoded, as ASGI gives it."""
        parts = path.lstrip("/").split("/", 2)
        if len(parts) != 3 or parts[0] != "lab":
            return _refusal(404, "The lab serves /lab/<region>/ and nothing else.")
        try:
            region = self._lab.region(parts[1])
        except NotFound as error:
            return _refusal(404, error.message)
        resource = parts[2]
        if resource == "tsa" or (resource == "ocsp" and method == "POST"):
            return self._posted(region, resource, method, body)
        if method not in {"GET", "HEAD"}:
            return _refusal(405, f"{path} is fetched by GET.")
        if resource.startswith("ocsp/"):
            return self._ocsp_by_get(region, resource.removeprefix("ocsp/"))
        return self._file(region, resource)

    def _posted(self, region: Region, resource: str, method: str, body: bytes) -> Reply:
        if method != "POST":
            return _refusal(405, "Timestamps are asked for by POST.")
        if resource == "tsa":
            stamped: bytes = region.timestamp(body, self._now()).dump()
            return Reply(status=200, media_type="application/timestamp-reply", body=stamped)
        return self._ocsp(region, body)

    def _ocsp(self, region: Region, request: bytes) -> Reply:
        answered: bytes = region.ocsp(request, self._now()).dump()
        return Reply(status=200, media_type="application/ocsp-response", body=answered)

    def _ocsp_by_get(self, region: Region, encoded: str) -> Reply:
        try:
            request = base64.b64decode(unquote(encoded), validate=True)
        except (binascii.Error, ValueError):
            return _refusal(400, "The OCSP request in the address is not base64.")
        return self._ocsp(region, request)

    def _file(self, region: Region, name: str) -> Reply:
        match name:
            case "root.crl" | "issuing.crl":
                data: bytes = region.crl(name.removesuffix(".crl"), self._now()).dump()
                return Reply(status=200, media_type="application/pkix-crl", body=data)
            case "root.cer" | "issuing.cer":
                certificate = region.root if name == "root.cer" else region.issuing
                data = certificate.dump()
                return Reply(status=200, media_type="application/pkix-cert", body=data)
            case "list.xml":
                data = region.trust_list(self._now())
                return Reply(status=200, media_type="application/vnd.etsi.tsl+xml", body=data)
            case _:
                return _refusal(404, f"The lab's region {region.name} publishes no {name}.")


def _refusal(status: int, text: str) -> Reply:
    return Reply(status=status, media_type="text/plain; charset=utf-8", body=text.encode())


async def _body(receive: Receive) -> bytes | None:
    chunks = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks += message.get("body", b"")
        if len(chunks) > MAX_REQUEST:
            return None
        if not message.get("more_body", False):
            return bytes(chunks)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
