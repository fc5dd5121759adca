"""Addresses of bidding beside the programming interface's own."""

from __future__ import annotations

from django.urls import path

from bidding.views import hall, uploads

urlpatterns = [
    path("projects/<str:code>/lots/<int:number>/opening/", hall.opening, name="opening"),
    path(
        "projects/<str:code>/lots/<int:number>/opening/<str:what>.json",
        hall.statement,
        name="opening-statement",
    ),
    path("api/v1/uploads/<uuid:envelope>", uploads.upload, name="upload"),
]
