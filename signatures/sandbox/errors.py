"""What can go wrong with a job in the sandbox."""

from __future__ import annotations

from signatures.domain.errors import Malformed, Unavailable


class SandboxTimeout(Unavailable):
    """The job used up its time. A busy machine may be the cause, so it may be tried again."""

    default_code = "sandbox-timeout"


class SandboxMemory(Malformed):
    """The job asked for more memory than it may have; the file would do so again."""

    default_code = "sandbox-memory"


class SandboxCrash(Malformed):
    """The job ended without a result: an exception, a signal, or a result that is too large."""

    default_code = "sandbox-crash"
