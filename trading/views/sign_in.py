"""Signing in by password, signing in by certificate, signing out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import SunlitError
from signatures.models import User
from trading.api import problems
from trading.api.challenge import open_challenge, take_challenge
from trading.domain import challenges, sign_in
from trading.domain.signed import Signed
from trading.interfaces.forms import CertificateForm, SignInForm
from trading.views.language import own_address

BACKEND = "django.contrib.auth.backends.ModelBackend"


def _let_in(request: HttpRequest, person: User) -> HttpResponse:
    """The session belongs to the person from here on, under a new key, in their language."""
    login(request, person, backend=BACKEND)
    target = request.POST.get("next", "")
    answer = HttpResponseRedirect(own_address(request, target) if target else reverse("front"))
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, person.language, samesite="Lax")
    return answer


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """The sign-in page."""
    form = SignInForm(request.POST or None)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                person = sign_in.with_password(
                    username=form.cleaned_data["username"],
                    password=form.cleaned_data["password"],
                    address=request.META.get("REMOTE_ADDR", ""),
                )
                return _let_in(request, person)
            except SunlitError as error:
                refusal, status = error, problems.status_of(error)
        else:
            status = 400
    context = {"form": form, "refusal": refusal, "next": _next(request)}
    return render(request, "trading/sign_in.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate(request: HttpRequest) -> HttpResponse:
    """Signing in by answering a challenge; each attempt gets a challenge of its own."""
    form = CertificateForm(request.POST or None, request.FILES or None)
    refusal: SunlitError | None = None
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                proof = Signed(
                    statement=form.cleaned_data["statement"].encode(),
                    signature=form.cleaned_data["signature"].read(),
                )
                person = sign_in.with_certificate(proof=proof, challenge=take_challenge(request))
                return _let_in(request, person)
            except SunlitError as error:
                refusal, status = error, problems.status_of(error)
        else:
            status = 400
    context = {
        "form": form,
        "refusal": refusal,
        "challenge": open_challenge(request, challenges.LOGIN),
        "seconds": int(challenges.LIFETIME.total_seconds()),
        "next": _next(request),
    }
    return render(request, "trading/sign_in_certificate.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, by POST alone; nothing else changes."""
    if request.method == "POST":
        logout(request)
    return HttpResponseRedirect(reverse("front"))


def _next(request: HttpRequest) -> str:
    return (request.POST.get("next") or request.GET.get("next") or "")[:500]
