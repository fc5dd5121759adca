"""Addresses of the archive."""

from __future__ import annotations

from django.urls import path

from archive.views import keeping, packages

urlpatterns = [
    path("packages/", packages.listed, name="packages"),
    path("packages/<str:code>/", packages.one, name="package"),
    path("projects/<str:code>/lots/<int:number>/archive/", keeping.keeping, name="archive"),
]
