"""Signing in and out, and who one is.

A program asks for a challenge, keeping the cookie that comes with it, answers it within sixty
seconds with ``"token": true``, and from then on sends ``Authorization: Bearer``. The challenge
lies in the asking session, so a forged cross-site answer has nothing to answer.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Status

from signatures.domain import jcs
from signatures.domain.errors import Malformed
from signatures.models import User
from trading.api import shapes
from trading.api.auth import SIGNED_IN, idempotency_key, person_of
from trading.api.challenge import open_challenge, take_challenge
from trading.domain import challenges, memberships, people, sign_in, tokens
from trading.domain.signed import Signed

BACKEND = "django.contrib.auth.backends.ModelBackend"

router = Router(tags=["session"])


def person_line(person: User) -> dict[str, Any]:
    """A person as they see themselves."""
    return {
        "id": person.pk,
        "urn": person.urn,
        "username": person.username,
        "full_name": person.full_name,
        "language": person.language,
        "memberships": [
            {
                "organisation": row.organisation_id,
                "organisation_name": row.organisation.name,
                "role": row.role,
                "verified": row.organisation.verified_at is not None,
            }
            for row in memberships.open_memberships(person)
        ],
    }


def proof_of(body: shapes.ProofIn) -> Signed:
    """The statement and its signature, from base64."""
    return Signed.from_base64(body.statement, body.signature)


def _with_token(person: User) -> dict[str, Any]:
    token = tokens.issue(person)
    return {
        "person": person_line(person),
        "token": token.text,
        "expires_at": jcs.timestamp(token.expires),
    }


@router.post("/password", auth=None, response=shapes.SignedIn)
def password(request: HttpRequest, body: shapes.PasswordIn) -> dict[str, Any]:
    """Sign in with a user name and a password; answers with a token, never with a cookie."""
    person = sign_in.with_password(
        username=body.username,
        password=body.password,
        address=request.META.get("REMOTE_ADDR", ""),
    )
    return _with_token(person)


@router.post("/challenge", auth=None, response=shapes.ChallengeOut)
def challenge(request: HttpRequest, body: shapes.ChallengeIn) -> dict[str, Any]:
    """A nonce for this session: sign it in a statement of the given purpose within a minute."""
    if body.purpose not in (challenges.LOGIN, challenges.BIND):
        raise Malformed(
            _("Challenges are for %(login)s and %(bind)s.")
            % {"login": challenges.LOGIN, "bind": challenges.BIND},
            code="wrong-purpose",
        )
    made = open_challenge(request, body.purpose)
    return {
        "purpose": made.purpose,
        "origin": settings.ORIGIN,
        "server_nonce": made.nonce,
        "expires_at": jcs.timestamp(made.expires),
    }


@router.post("/certificate", auth=None, response=shapes.SignedIn)
def certificate(request: HttpRequest, body: shapes.CertificateIn) -> dict[str, Any]:
    """Sign in by answering the session's challenge with a signed ``sunlit.login/1`` statement."""
    person = sign_in.with_certificate(proof=proof_of(body), challenge=take_challenge(request))
    if body.token:
        return _with_token(person)
    login(request, person, backend=BACKEND)
    return {"person": person_line(person)}


@router.get("/me", auth=SIGNED_IN, response=shapes.Person)
def me(request: HttpRequest) -> dict[str, Any]:
    """Who is signed in, and for which organisations they act."""
    return person_line(person_of(request))


@router.post("/certificates", auth=SIGNED_IN, response=shapes.CertificateOut)
def bind(request: HttpRequest, body: shapes.ProofIn) -> dict[str, Any]:
    """Bind a certificate to oneself with a signed ``sunlit.binding/1`` statement."""
    outcome = people.bind_certificate(
        person=person_of(request),
        proof=proof_of(body),
        challenge=take_challenge(request),
        key=idempotency_key(request),
    )
    return {"fingerprint": outcome.result["certificate"], "leaves": list(outcome.leaves)}


@router.delete("", auth=SIGNED_IN, response={204: None})
def sign_out(request: HttpRequest) -> Status[None]:
    """End the session or the token that this request came with."""
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        tokens.withdraw(text)
    else:
        logout(request)
    return Status(204, None)
