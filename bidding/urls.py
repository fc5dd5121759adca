"""Addresses of bidding beside the programming interface's own."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from bidding.views import (
    availability,
    bid,
    blind_documents,
    clarifications,
    committee,
    confirming,
    consortium_agree,
    declaration,
    evaluation,
    examination,
    floor,
    floor_entry,
    guarantee_issue,
    guarantees,
    hall,
    more_time,
    sealing,
    uploads,
)

urlpatterns = [
    path("availability/", availability.availability, name="availability"),
    path("projects/<str:code>/lots/<int:number>/bid/", bid.bid, name="bid"),
    path(
        "projects/<str:code>/lots/<int:number>/bid/confirm/",
        confirming.confirm,
        name="bid-confirm",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/consortium/",
        consortium_agree.agree,
        name="consortium",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/clarifications/",
        clarifications.clarifications,
        name="clarifications",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/guarantees/", guarantees.of_lot, name="guarantees"
    ),
    path(
        "projects/<str:code>/lots/<int:number>/guarantees/issue/",
        guarantee_issue.issue,
        name="guarantee-issue",
    ),
    path("projects/<str:code>/lots/<int:number>/opening/", hall.opening, name="opening"),
    path(
        "projects/<str:code>/lots/<int:number>/opening/<str:what>.json",
        hall.statement,
        name="opening-statement",
    ),
    path("projects/<str:code>/lots/<int:number>/floor/", floor.floor, name="floor"),
    path(
        "projects/<str:code>/lots/<int:number>/floor/applications/",
        floor_entry.applications,
        name="floor-applications",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/committee/", committee.draw, name="committee-draw"
    ),
    path("projects/<str:code>/lots/<int:number>/evaluation/", evaluation.room, name="evaluation"),
    path(
        "projects/<str:code>/lots/<int:number>/evaluation/time/",
        more_time.extend,
        name="evaluation-time",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/evaluation/declaration/",
        declaration.declaration,
        name="evaluation-declaration",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/evaluation/sheet.json",
        evaluation.sheet,
        name="evaluation-sheet",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/evaluation/documents/<uuid:pk>.json",
        blind_documents.text,
        name="blind-document",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/evaluation/documents/<uuid:pk>/<int:place>.png",
        blind_documents.page,
        name="blind-page",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/prequalification/",
        examination.prequalification,
        name="prequalification",
    ),
    path("projects/<str:code>/lots/<int:number>/sealing/", sealing.sealing, name="sealing"),
    path("api/v1/uploads/<uuid:envelope>", uploads.upload, name="upload"),
]
if not settings.PRODUCTION:
    urlpatterns += [
        path(
            "projects/<str:code>/lots/<int:number>/sealing/keys.json",
            sealing.own_keys,
            name="own-keys",
        ),
    ]
