"""The platform with the tests' kinds of room, for a real server."""

from __future__ import annotations

from importlib import import_module

from trading.asgi import application

# Kinds are registered on import, which needs Django ready: it is, from the line above on.
import_module("tests.bidding.hall")

__all__ = ["application"]
