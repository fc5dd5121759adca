"""The trust lists: whom the platform recognises, since when, and why a certificate is or is not."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import pem, x509
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain import clock, statements, trust_store
from signatures.domain.trust import Explanation
from signatures.domain.tsl_model import Service, StatusEntry, TrustList
from signatures.domain.tsl_terms import Standing
from signatures.models import AcceptedTrustList, RefusedTrustList
from trading.interfaces import reasons
from trading.interfaces.forms import CertificateFileForm


@dataclass(frozen=True)
class ServiceLine:
    """One service of a list: what it may be relied on for, since when."""

    service: Service
    entry: StatusEntry
    kind: str
    shape: str
    word: str


@dataclass(frozen=True)
class ListLine:
    """One list in force, or one that has expired."""

    trust_list: TrustList
    in_force: bool
    services: tuple[ServiceLine, ...]
    versions: tuple[AcceptedTrustList, ...]


@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest) -> HttpResponse:
    """Every list, authority and service; and ``why`` for a certificate that somebody sends."""
    now = clock.now()
    form = CertificateFileForm(
        request.POST if request.method == "POST" else None, request.FILES or None
    )
    explanation: Explanation | None = None
    certificate: x509.Certificate | None = None
    status = 200
    if request.method == "POST":
        if form.is_valid():
            certificate = _certificate(form.cleaned_data["certificate"].read())
            if certificate is None:
                form.add_error("certificate", _("This file is no certificate in PEM or DER."))
            else:
                explanation = trust_store.explain(certificate, at=now, now=now)
        status = 200 if explanation is not None else 400
    recognition = trust_store.recognition(now=now)
    versions = list(AcceptedTrustList.objects.order_by("territory", "-sequence"))
    lines = [
        ListLine(
            trust_list=each,
            in_force=in_force,
            services=tuple(_service(service) for service in each.services),
            versions=tuple(row for row in versions if row.territory == each.territory),
        )
        for in_force, group in ((True, recognition.lists), (False, recognition.expired))
        for each in group
    ]
    context = {
        "lines": lines,
        "refused": list(RefusedTrustList.objects.order_by("-refused_at")[:10]),
        "form": form,
        "explanation": explanation,
        "sentences": reasons.explanation(explanation) if explanation is not None else (),
        "subject": statements.common_name(certificate) if certificate is not None else "",
    }
    return render(request, "signatures/trust.html", context, status=status)


def _service(service: Service) -> ServiceLine:
    entry = service.current
    words = {
        Standing.GRANTED: ("good", _("Recognised")),
        Standing.NOT_GRANTED: ("off", _("Not granted")),
    }
    shape, word = words.get(entry.standing, ("unsure", _("Not understood, so not recognised")))
    if entry.obstacle:
        shape, word = "unsure", _("Not usable here")
    kinds = {"CA": _("issues certificates"), "TSA": _("gives timestamps")}
    kind = kinds.get(entry.kind.name, entry.kind.name) if entry.kind is not None else _("unknown")
    return ServiceLine(service=service, entry=entry, kind=kind, shape=shape, word=word)


def _certificate(data: bytes) -> x509.Certificate | None:
    """The certificate in PEM or DER, wholly parsed; none where the file is something else."""
    try:
        if pem.detect(data):
            _kind, _headers, data = pem.unarmor(data)
        found = x509.Certificate.load(data, strict=True)
        found.native  # noqa: B018  # parses all of it
        found.subject.human_friendly  # noqa: B018
    except (ValueError, TypeError, KeyError, AttributeError, UnicodeError):
        return None
    return found
