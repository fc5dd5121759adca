"""The addresses of the desk, under ``/operator/``."""

from __future__ import annotations

from django.urls import path

from trading.views.operator import (
    days,
    health,
    organisations,
    outbox,
    overview,
    people,
    trust,
    work,
)

urlpatterns = [
    path("", overview.overview, name="operator"),
    path("organisations/", organisations.listed, name="operator-organisations"),
    path("organisations/<uuid:pk>/", organisations.one, name="operator-organisation"),
    path("people/", people.listed, name="operator-people"),
    path("people/<uuid:pk>/", people.one, name="operator-person"),
    path("calendar/", days.year, name="operator-calendar"),
    path("trust/", trust.lists, name="operator-trust"),
    path("work/", work.work, name="operator-work"),
    path("outbox/", outbox.outbox, name="operator-outbox"),
    path("health/", health.health, name="operator-health"),
]
