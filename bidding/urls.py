"""Addresses of bidding beside the programming interface's own."""

from __future__ import annotations

from django.urls import path

from bidding.views import uploads

urlpatterns = [
    path("api/v1/uploads/<uuid:envelope>", uploads.upload, name="upload"),
]
