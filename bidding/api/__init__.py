"""The programming interface of sealed bidding and of rooms, under ``/api/v1/``."""

from __future__ import annotations

from ninja import Router

router = Router()
