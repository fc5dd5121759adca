"""A demonstration's key files: which invented person holds one for a lot, and where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from trading.interfaces import sign_ins
from trading.interfaces.sign_ins import SignIn
from trading.models import Lot


def sign_in(person: Any, lot: Lot) -> SignIn | None:
    """The person's sign-in where they hold a trustee's key file for this lot's tender."""
    if settings.PRODUCTION:
        return None
    own = sign_ins.of(person)
    return own if own is not None and lot.project.title in own.trustee else None


def key_file(person: Any, lot: Lot) -> Path | None:
    """Where the person's own key file of this lot lies; None for everybody else."""
    own = sign_in(person, lot)
    return None if own is None else Path(own.trustee[lot.project.title])
