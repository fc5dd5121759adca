"""The offset of the official clock."""

from __future__ import annotations

from django.db import models


class ClockOffset(models.Model):
    """One row: seconds to add to the database's time. Zero in production; it only rises."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_clock"),
            models.CheckConstraint(condition=models.Q(seconds__lte=0), name="clock_not_ahead"),
        ]


class Heartbeat(models.Model):
    """The last sign of life of one process, on real time."""

    name = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=20)
    beat_at = models.DateTimeField()
    detail = models.JSONField(default=dict)
