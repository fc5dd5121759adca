"""The challenge that a session has been given, for pages and interface alike."""

from __future__ import annotations

from django.http import HttpRequest

from trading.domain.challenges import Challenge

SESSION_KEY = "sunlit_challenge"


def open_challenge(request: HttpRequest, purpose: str) -> Challenge:
    """A new challenge in the request's session, in place of an older one."""
    challenge = Challenge.new(purpose)
    request.session[SESSION_KEY] = challenge.as_dict()
    return challenge


def take_challenge(request: HttpRequest) -> Challenge:
    """The session's challenge, taken out of it: any answer, right or wrong, is the only one."""
    kept = request.session.pop(SESSION_KEY, None)
    request.session.save()
    return Challenge.from_dict(kept)
