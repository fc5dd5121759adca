"""Lots, the unit of everything, and who is what to them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import LotRole, LotState
from trading.models.frozen import FrozenJSONField
from trading.models.organisation import Organisation
from trading.models.project import Project


class Lot(Entity):
    """One lot (标段, 标包, 宗地): its procedure, where it stands, and its dates.

    ``procedure`` is ``{"name"}`` until the notice is published, then frozen as ``{"name",
    "version", "digest", "data"}``. ``dates`` are the procedure's named times as RFC 3339 strings
    (UTC), ``deadline`` among them. ``parameters`` hold the method of evaluation and what it
    needs. ``registered_at`` is its project's ``created_at``, by which lists of one state or stage
    are in order. ``next_due_at`` is when the clock next has something to do here.
    ``ended_at_stage`` is the stage at which a lot left its way by an exit for good, ``halted_for``
    why it stands still or was ended, as it was told to its tenderers. Only
    ``trading.domain.lifecycle`` changes stage, state and dates.
    """

    urn_kind = "lot"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="lots")
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    registered_at = models.DateTimeField(_("registered at"))
    procedure = FrozenJSONField(default=dict)
    stage = models.CharField(_("stage"), max_length=40)
    stage_since = models.DateTimeField(_("in this stage since"))
    state = models.CharField(
        _("state"), max_length=12, choices=LotState.choices, default=LotState.ACTIVE
    )
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    ended_at_stage = models.CharField(_("ended at the stage"), max_length=40, blank=True)
    halted_for = models.CharField(_("reason"), max_length=500, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    dates = models.JSONField(default=dict)
    estimate = models.DecimalField(
        _("estimate in CNY"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    parameters = models.JSONField(default=dict)
    #: The lot that came to nothing and is tendered again by this one.
    predecessor = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="successor", null=True, blank=True
    )

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="lot_number_in_project"),
            models.CheckConstraint(
                condition=Q(estimate__isnull=True) | Q(estimate__gt=0), name="estimate_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(state=LotState.SUSPENDED, suspended_at__isnull=False)
                | (~Q(state=LotState.SUSPENDED) & Q(suspended_at__isnull=True)),
                name="suspended_lots_know_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="lot_page"),
            models.Index(fields=["state", "-registered_at", "-project"], name="lot_state_page"),
            models.Index(
                fields=["stage", "-registered_at", "-project"],
                condition=Q(state=LotState.ACTIVE),
                name="lot_stage_page",
            ),
            # Dates are canonical texts, so their order is that of time.
            *(
                models.Index(KeyTransform(name, "dates"), "id", name=f"lot_{name}_date")
                for name in ("deadline", "opening", "award")
            ),
            models.Index(
                KeyTransform("deadline", "dates"),
                condition=~Q(ended_at_stage=""),
                name="lot_ended_deadline",
            ),
            models.Index(
                fields=["next_due_at"], condition=Q(state=LotState.ACTIVE), name="lot_due"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.registered_at is None:
            self.registered_at = self.project.created_at
        super().save(*args, **kwargs)


class Assignment(models.Model):
    """Who is what to a lot: a person or an organisation, in one role, for a time.

    The plain table on every hot path. A recusal (``recused_at``) takes the role away for good
    and wins over any standing role of the same name.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="assignments",
        null=True,
        blank=True,
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="assignments",
        null=True,
        blank=True,
    )
    role = models.CharField(_("role"), max_length=16, choices=LotRole.choices)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    recused_at = models.DateTimeField(_("recused at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, organisation__isnull=True)
                | Q(user__isnull=True, organisation__isnull=False),
                name="assignment_of_a_person_or_an_organisation",
            ),
            models.UniqueConstraint(
                fields=["lot", "user", "role"],
                condition=Q(until__isnull=True, user__isnull=False),
                name="one_open_assignment_per_person",
            ),
            models.UniqueConstraint(
                fields=["lot", "organisation", "role"],
                condition=Q(until__isnull=True, organisation__isnull=False),
                name="one_open_assignment_per_organisation",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "lot"], name="assignment_person_lot"),
            models.Index(fields=["organisation", "lot"], name="assignment_organisation_lot"),
        ]
