"""All addresses. Upper apps are named by string only."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from trading import api
from trading.views import (
    bills,
    certificates,
    contract,
    credit,
    deciding,
    demonstration,
    desk,
    draws,
    editions,
    errors,
    files,
    framework,
    front,
    grievances,
    inbox,
    inspections,
    invitations,
    language,
    ledger,
    performance,
    procedures,
    projects,
    questions,
    reading,
    receipts,
    result,
    sign_in,
    trust,
    verify,
    visits,
)

#: Apps whose ``urls`` are mounted at the root when they are there.
APPS = ("signatures", "bidding", "archive")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front.front, name="front"),
    path("language/", language.choose, name="language"),
    path("sign-in/", sign_in.password, name="sign-in"),
    path("sign-in/certificate/", sign_in.certificate, name="sign-in-certificate"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("certificates/", certificates.certificates, name="certificates"),
    path("inbox/", inbox.listed, name="inbox"),
    path("inbox/<uuid:pk>/", inbox.one, name="message"),
    path("operator/", include("trading.views.operator.addresses")),
    path("", include("trading.views.preparing.addresses")),
    path("projects/", projects.listed, name="projects"),
    path("projects/<str:code>/", projects.one, name="project"),
    path("projects/<str:code>/lots/<int:number>/", projects.one, name="lot"),
    path("projects/<str:code>/lots/<int:number>/result/", result.result, name="result"),
    path("projects/<str:code>/lots/<int:number>/contract/", contract.contract, name="contract"),
    path(
        "projects/<str:code>/lots/<int:number>/performance/",
        performance.of_lot,
        name="performance",
    ),
    path("projects/<str:code>/lots/<int:number>/decision/", deciding.decision, name="decision"),
    path(
        "projects/<str:code>/lots/<int:number>/framework/", framework.framework, name="framework"
    ),
    path(
        "projects/<str:code>/lots/<int:number>/questions/", questions.questions, name="questions"
    ),
    path("projects/<str:code>/lots/<int:number>/editions/", editions.editions, name="editions"),
    path("projects/<str:code>/lots/<int:number>/bill/", bills.bill, name="bill"),
    path(
        "projects/<str:code>/lots/<int:number>/invitations/",
        invitations.invitations,
        name="invitations",
    ),
    path("projects/<str:code>/lots/<int:number>/visits/", visits.visits, name="site-visits"),
    path(
        "projects/<str:code>/lots/<int:number>/procedure/", procedures.of_lot, name="lot-procedure"
    ),
    path(
        "projects/<str:code>/lots/<int:number>/objections/",
        grievances.grievances_of,
        name="objections",
    ),
    path(
        "projects/<str:code>/lots/<int:number>/complaints/",
        grievances.grievances_of,
        {"complains": True},
        name="complaints",
    ),
    path("procedures/", procedures.listed, name="procedures"),
    path("procedures/<slug:name>/", procedures.one, name="procedure"),
    path(
        "procedures/<slug:name>/changes/<slug:other>/",
        procedures.changes,
        name="procedure-changes",
    ),
    path("documents/<uuid:pk>/", files.document, name="document"),
    path("documents/<uuid:pk>/read/", reading.document, name="document-read"),
    path("exhibits/<uuid:pk>/", files.exhibit, name="exhibit"),
    path("exhibits/<uuid:pk>/read/", reading.exhibit, name="exhibit-read"),
    path("receipts/<uuid:pk>/", receipts.receipt, name="receipt"),
    path("receipts/<uuid:pk>/file/", receipts.file, name="receipt-file"),
    path("receipts/<uuid:pk>/receipt.pdf", receipts.printed, name="receipt-pdf"),
    path("desk/", desk.desk, name="desk"),
    path("desk/<slug:name>/", desk.figure, name="desk-figure"),
    path("credit-decisions/", credit.listed, name="credit-decisions"),
    path("credit-decisions/enter/", credit.enter, name="credit-decisions-desk"),
    path("credit-decisions/<uuid:pk>/", credit.one, name="credit-decision"),
    path("draws/", draws.listed, name="draws"),
    path("draws/<uuid:pk>/", draws.one, name="draw"),
    path("draws/<uuid:pk>/bundle.json", draws.bundle, name="draw-bundle"),
    path("draws/<uuid:pk>/input.json", draws.reproducible, name="draw-input"),
    path("inspections/", inspections.listed, name="inspections"),
    path("inspections/<uuid:pk>/", inspections.one, name="inspection"),
    path("inspections/<uuid:pk>/items/<str:name>/", inspections.item, name="inspection-item"),
    path("inspections/<uuid:pk>/<slug:name>/", inspections.step, name="inspection-step"),
    path("verify/", verify.verification, name="verify"),
    path("trust/", trust.lists, name="trust-lists"),
    path("ledger/", ledger.explorer, name="ledger"),
    path("ledger/entries/<int:index>/", ledger.entry, name="ledger-entry"),
    path("api/v1/", api.build().urls),
]
if not settings.PRODUCTION:
    urlpatterns += [
        path("demonstration/", demonstration.demonstration, name="demonstration"),
        path("demonstration/certificate.p12", demonstration.certificate, name="own-certificate"),
    ]
urlpatterns += [
    path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls") is not None
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
