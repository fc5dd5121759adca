"""Days that are not what their weekday says."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """A weekday off or a weekend day worked; every other day is what its weekday says.

    ``source`` is ``package`` for what the holidays package announced and the URN of the actor
    for what the operator decided, which wins and is never overwritten by the package.
    """

    day = models.DateField(_("day"), primary_key=True)
    working = models.BooleanField(_("working day"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    source = models.CharField(_("source"), max_length=80, default="package")

    class Meta:
        verbose_name = _("exception of the calendar")
        verbose_name_plural = _("exceptions of the calendar")
