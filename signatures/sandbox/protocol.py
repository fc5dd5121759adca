"""How a job of the sandbox ended: the first byte of what the child answers."""

from __future__ import annotations

OK = b"0"
MALFORMED = b"1"  # an error of ours follows, as JSON
MEMORY = b"2"
FAILED = b"3"  # the exception follows, as text
