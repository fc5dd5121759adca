"""The entrance: HTTP to Django, sockets to Channels. Upper apps are named by string only."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trading.settings")

# The loop that serves sockets waits for threads that write and read for it. At Python's own 5 ms
# each such wait may cost 5 ms, several times on the way of one command.
sys.setswitchinterval(0.0005)

# Django is ready from here on; what follows imports models.
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from signatures.domain.availability import kept  # noqa: E402
from trading.incoming import IncomingHandler  # noqa: E402
from trading.origins import SameOrigin  # noqa: E402
from trading.threads import StandingHandler  # noqa: E402

_http = StandingHandler()
_streamed = IncomingHandler()
_streams = import_string("bidding.routing.streams")


async def _live(scope: Any, receive: Any, send: Any) -> None:
    """From its start to its end the server leaves signs of life."""
    await receive()
    with kept():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _serve(scope: Any, receive: Any, send: Any) -> None:
    """Bodies of uploads are read while they come in, all others once they are there."""
    await (_streamed if _streams(scope) else _http)(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": _serve,
        "lifespan": _live,
        # The session's cookie is read here; who it stands for is asked by each socket, again and
        # again, so that signing out ends it.
        "websocket": SameOrigin(CookieMiddleware(import_string("bidding.routing.websockets"))),
    }
)

# What is loaded by now stays for good, and a thousand sockets make many objects: at Python's own
# thresholds the collector stopped the loop for up to 100 ms at a time.
gc.collect()
gc.freeze()
gc.set_threshold(2_000, 10, 100)
