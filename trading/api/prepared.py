"""Requests whose answer takes preparation, such as a rendered and sealed record.

What was prepared differs from one time to the next, so a repeat is told by what was asked for, and
answered without preparing anything again.
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest
from ninja import Schema

from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Outcome, answered, dispatch
from trading.api.auth import idempotency_key, person_of


class Asked:
    """One such request; ``before`` is the outcome of the same request under the same key."""

    def __init__(self, request: HttpRequest, what: str, body: Schema) -> None:
        self.actor = Actor.person(person_of(request))
        self.key = idempotency_key(request)
        asked = jcs.dumps([what, body.model_dump_json()])
        self.request = hashlib.sha256(asked).hexdigest()
        self.before: Outcome | None = None
        if self.key is not None:
            self.before = answered(actor=self.actor, key=self.key, request=self.request)

    def dispatch(self, act: Act) -> Outcome:
        """Commit what was prepared, under the key and the digest of what was asked for."""
        return dispatch(act, actor=self.actor, key=self.key, request=self.request)
