"""Addresses of the ground: the ledger for machines."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from signatures.views import demonstration, ledger

urlpatterns = [
    path("ledger/checkpoint", ledger.checkpoint, name="ledger-checkpoint"),
    path("ledger/key", ledger.key, name="ledger-key"),
    path("ledger/tile/<path:path>", ledger.tile, name="ledger-tile"),
    path("ledger/proof/<int:index>", ledger.proof, name="ledger-proof"),
    path("ledger/cosignature", ledger.cosignature, name="ledger-cosignature"),
]

if not settings.PRODUCTION:
    urlpatterns += [path("demonstration/clock", demonstration.moved_clock, name="moved-clock")]
