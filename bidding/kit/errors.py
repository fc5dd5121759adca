"""Why an envelope or a share is refused, and whose doing that is.

The record decides who bears the consequence: a tenderer's own fault revokes its bid, anybody
else's counts as a withdrawal with compensation (design, "Opening"). So every error of the codec
that can be pinned on somebody carries ``fault``.
"""

from __future__ import annotations

from enum import Enum

from signatures.domain.errors import Malformed, Refused, SunlitError

__all__ = ["EnvelopeError", "Fault", "KeyStoreError", "Malformed", "Refused", "SunlitError"]


class Fault(Enum):
    """Whose doing it is that an envelope does not open."""

    TENDERER = "tenderer"
    TRUSTEE = "trustee"
    STORAGE = "storage"
    UNDECIDED = "undecided"


class EnvelopeError(Refused):
    """An envelope, or something that belongs to it, is not what it must be.

    ``code`` is stable (``wrap-bad``, ``commitment-mismatch``, ``body-damaged`` …); ``fault`` says
    who caused it as far as the bytes at hand can tell.
    """

    default_code = "envelope-refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        rule: str | None = None,
        fault: Fault = Fault.UNDECIDED,
    ) -> None:
        super().__init__(message, code=code, rule=rule)
        self.fault = fault


class KeyStoreError(SunlitError):
    """A trustee's own keys cannot be had: the token is gone, its PIN wrong, a key deleted.

    It says nothing about any envelope, so nobody is complained about; the people who look after
    the keeper must act.
    """

    default_code = "key-store-failed"
