"""What a caller's key has already been answered with."""

from __future__ import annotations

from django.db import models


class Idempotency(models.Model):
    """One answered request: the same key gets the same answer."""

    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=100)
    request = models.CharField(max_length=64)
    result = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="one_answer_per_key"),
        ]
