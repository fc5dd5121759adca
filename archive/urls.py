"""Addresses of the archive."""

from __future__ import annotations

from django.urls import path

from archive import views

urlpatterns = [
    path("packages/<str:code>/", views.package, name="package"),
]
