"""All addresses. Upper apps are named by string only."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("signatures.urls")),
]
