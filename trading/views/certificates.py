"""One's own certificates: which they are, binding another, withdrawing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import NotFound, SunlitError
from signatures.models import User
from trading.api import problems
from trading.api.challenge import open_challenge, take_challenge
from trading.domain import challenges, people
from trading.domain.signed import Signed
from trading.interfaces import own_certificates
from trading.interfaces.forms import CertificateForm
from trading.views import asked
from trading.views.doors import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def certificates(request: HttpRequest) -> HttpResponse:
    """The list; POST answers the page's challenge, or names one to ``withdraw``."""
    person = asked.signed_in(request)
    withdrawing = "withdraw" in request.POST
    sent = request.method == "POST" and not withdrawing
    form = CertificateForm(request.POST if sent else None, request.FILES if sent else None)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        try:
            if withdrawing or form.is_valid():
                said = _withdraw(request, person) if withdrawing else _bind(request, person, form)
                messages.success(request, said)
                return HttpResponseRedirect(request.path, status=303)
            status = 400
        except SunlitError as error:
            refusal, status = error, problems.status_of(error)
    lines = own_certificates.of(person, at=clock.now())
    serving = [line for line in lines if line.row.withdrawn_at is None]
    context = {
        "lines": lines,
        "only": not person.has_usable_password() and len(serving) == 1,
        "form": form,
        "refusal": refusal,
        "challenge": open_challenge(request, challenges.BIND),
        "seconds": int(challenges.LIFETIME.total_seconds()),
    }
    return render(request, "trading/certificates.html", context, status=status)


def _bind(request: HttpRequest, person: User, form: CertificateForm) -> str:
    proof = Signed(
        statement=form.cleaned_data["statement"].encode(),
        signature=form.cleaned_data["signature"].read(),
    )
    outcome = people.bind_certificate(
        person=person, proof=proof, challenge=take_challenge(request)
    )
    if outcome.repeated:
        return _("This certificate is bound to you already; it stays so.")
    return _("The certificate is bound: you may sign in and sign with it.")


def _withdraw(request: HttpRequest, person: User) -> str:
    act = people.WithdrawCertificate(
        person=person.pk, fingerprint=request.POST.get("withdraw", "")[:64]
    )
    try:
        dispatch(act, actor=Actor.person(person))
    except NotFound:
        # A double click, another tab: it is withdrawn already.
        if not person.certificates.filter(fingerprint=act.fingerprint).exists():
            raise
    return _("The certificate is withdrawn: it neither signs in nor signs from now on.")
