"""The entrance: HTTP to Django, sockets to Channels. Upper apps are named by string only."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trading.settings")

application = get_asgi_application()
