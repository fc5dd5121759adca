"""The limit of an upload: an ASGI application that receives, hashes, writes and syncs.

A PATCH's bytes go to the file that ``BARE_FILE`` names, at its ``Upload-Offset``; it is answered
once they are on disk.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    offset = int(dict(scope["headers"])[b"upload-offset"])
    descriptor = os.open(os.environ["BARE_FILE"], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        whole = hashlib.sha256()
        more = True
        while more:
            message = await receive()
            more = message.get("more_body", False)
            whole.update(message["body"])
            offset += os.pwrite(descriptor, message["body"], offset)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
    headers = [(b"upload-offset", b"%d" % offset), (b"etag", whole.hexdigest().encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body"})
