"""The addresses of the tenderee's and the agency's preparation."""

from __future__ import annotations

from django.urls import path

from trading.views.preparing import (
    assigning,
    bill,
    dates,
    drafts,
    evaluation,
    fetches,
    files,
    halts,
    overview,
    plan,
    planning,
    publish,
    security,
    steps,
)

LOT = "projects/<str:code>/lots/<int:number>/"

urlpatterns = [
    path("plan/", plan.plan, name="plan"),
    path(f"{LOT}prepare/", overview.overview, name="prepare"),
    path(f"{LOT}prepare/plan/", planning.planning, name="prepare-plan"),
    path(f"{LOT}prepare/plan/file/", planning.file, name="prepare-plan-file"),
    path(f"{LOT}prepare/lot/", drafts.lot, name="prepare-lot"),
    path(f"{LOT}prepare/notice/", drafts.notice, name="prepare-notice"),
    path(f"{LOT}prepare/evaluation/", evaluation.evaluation, name="prepare-evaluation"),
    path(f"{LOT}prepare/security/", security.security, name="prepare-security"),
    path(f"{LOT}prepare/dates/", dates.dates, name="prepare-dates"),
    path(f"{LOT}prepare/files/", files.files, name="prepare-files"),
    path(f"{LOT}prepare/files/<str:digest>/", files.one, name="prepare-file"),
    path(f"{LOT}prepare/bill/", bill.bill, name="prepare-bill"),
    path("plan/bill-template.xlsx", bill.template, name="bill-template"),
    path(f"{LOT}prepare/bill/<slug:ending>/", bill.one, name="prepare-bill-file"),
    path(f"{LOT}publish/<slug:what>/", publish.publish, name="publish"),
    path(f"{LOT}publish/<slug:what>/draft.pdf", publish.draft, name="publish-draft"),
    path(f"{LOT}publish/<slug:what>/room/", publish.room, name="publish-room"),
    path(f"{LOT}roles/", assigning.assigning, name="assign"),
    path(f"{LOT}fetches/", fetches.fetches, name="fetches"),
    path(f"{LOT}steps/<str:name>/", steps.step, name="step"),
    path(f"{LOT}halt/<slug:what>/", halts.halt, name="halt"),
]
