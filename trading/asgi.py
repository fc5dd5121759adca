"""The entrance: HTTP to Django, sockets to Channels. Upper apps are named by string only."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trading.settings")

# Django is ready from here on; what follows imports models.
_http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from trading.origins import SameOrigin  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": _http,
        # The session's cookie is read here; who it stands for is asked by each socket, again and
        # again, so that signing out ends it.
        "websocket": SameOrigin(CookieMiddleware(import_string("bidding.routing.websockets"))),
    }
)
