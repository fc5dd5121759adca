"""What goes wrong, said so that a person can act on it.

Every refusal carries a stable ``code`` for programs, a ``message`` for people and, where a
statute or a standard is the reason, the ``rule`` that says so. Nothing here knows Django: the
command-line kit raises and prints the same errors as the platform.
"""

from __future__ import annotations

from typing import Any


class SunlitError(Exception):
    """The root of everything that this project raises on purpose.

    ``code`` is lower-case words joined by hyphens (``wrong-stage``), ``message`` a whole sentence
    that says what is wrong and what to do, ``rule`` an article or clause such as ``TBL 24``.
    """

    default_code = "error"

    def __init__(self, message: str, *, code: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.rule = rule

    def __str__(self) -> str:
        # Messages may be lazy translations; they are resolved only when somebody reads them.
        text = str(self.message)
        return f"{text} ({self.rule})" if self.rule else text

    def as_dict(self) -> dict[str, Any]:
        """The error as it goes over the wire: ``{code, message, rule}``."""
        return {"code": self.code, "message": str(self.message), "rule": self.rule}


class Malformed(SunlitError):
    """What came in is not of the form that was asked for; sending it again will not help."""

    default_code = "malformed"


class Refused(SunlitError):
    """A rule of the procedure says no: wrong stage, too early, too late, twice."""

    default_code = "refused"


class Denied(Refused):
    """This person may not do or see this, whatever the stage."""

    default_code = "denied"


class NotFound(Refused):
    """There is no such thing, or this person may not know that there is."""

    default_code = "not-found"


class Conflict(Refused):
    """The same key was used for something else, or somebody else was first."""

    default_code = "conflict"


class Unavailable(SunlitError):
    """Something outside did not answer; the same call may succeed later."""

    default_code = "unavailable"
