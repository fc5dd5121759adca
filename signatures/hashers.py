"""How passwords are kept."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes.

    Django's defaults take 100 MiB and eight lanes a sign-in, which a deadline's rush would feel.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
