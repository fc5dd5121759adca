"""Random inspections: plans, the lots drawn from them, and what inspectors found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import Decision, InspectionState, Outcome
from trading.models.draw import Draw
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class InspectionPlan(Entity):
    """What a supervisor means to inspect, before anybody knows which projects and by whom.

    ``objects_inspected`` are names of checklists, ``checklists`` their digest at planning;
    ``scope`` limits the lots (``categories``, ``stages``), ``share`` is the percentage of them to
    draw, at least ``at_least`` lots; ``weights`` are rules that make risky lots likelier;
    ``inspectors`` are the URNs of the people to draw from, ``per_lot`` how many for each lot, with
    ``alternates`` in reserve.
    """

    urn_kind = "inspection-plan"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="inspection_plans"
    )
    title = models.CharField(_("title"), max_length=200)
    objects_inspected = models.JSONField(_("objects"), default=list)
    checklists = models.CharField(max_length=64)
    scope = models.JSONField(default=dict)
    share = models.PositiveSmallIntegerField(_("share in per cent"))
    at_least = models.PositiveSmallIntegerField(default=1)
    weights = models.JSONField(default=list)
    inspectors = models.JSONField(default=list)
    per_lot = models.PositiveSmallIntegerField(default=2)
    alternates = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        _("state"), max_length=12, choices=InspectionState.choices, default=InspectionState.DRAFT
    )
    draw = models.OneToOneField(
        Draw, on_delete=models.PROTECT, related_name="inspection_plan", null=True, blank=True
    )
    planned_by = models.CharField(max_length=80)
    planned_at = models.DateTimeField(_("planned at"))

    class Meta:
        verbose_name = _("inspection plan")
        verbose_name_plural = _("inspection plans")


class Inspection(Entity):
    """One drawn lot under inspection, from the draw to the published result.

    ``inspectors`` are the URNs of those who inspect, ``alternates`` of those in reserve, in drawn
    order. ``answer`` and
    ``correction`` hold the subject's words with the digests of the signed statements; dates are
    official time.
    """

    urn_kind = "inspection"

    plan = models.ForeignKey(InspectionPlan, on_delete=models.PROTECT, related_name="inspections")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="inspections")
    state = models.CharField(
        _("state"), max_length=12, choices=InspectionState.choices, default=InspectionState.DRAWN
    )
    inspectors = models.JSONField(default=list)
    alternates = models.JSONField(default=list)
    drawn_at = models.DateTimeField(_("drawn at"))
    notified_at = models.DateTimeField(_("notified at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("findings delivered at"), null=True, blank=True)
    answer_until = models.DateTimeField(_("answer until"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answer = models.JSONField(default=dict)
    decision = models.CharField(
        _("decision"), max_length=12, choices=Decision.choices, blank=True
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)
    correct_until = models.DateTimeField(_("correction until"), null=True, blank=True)
    correction = models.JSONField(default=dict)
    verified_at = models.DateTimeField(_("correction verified at"), null=True, blank=True)
    publish_until = models.DateTimeField(_("publication until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        constraints = [
            models.UniqueConstraint(fields=["plan", "lot"], name="one_inspection_per_plan_and_lot"),
        ]
        indexes = [models.Index(fields=["lot", "drawn_at"], name="inspections_of_lot")]


class Finding(Entity):
    """What an inspector found on one item of a checklist, with the exhibits that show it.

    ``exhibits`` is a list of ``{"id", "digest"}``; ``digests`` name the signed statement. A later
    finding on the same item supersedes the earlier one, which stays.
    """

    urn_kind = "finding"

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="findings")
    number = models.PositiveSmallIntegerField(_("number"))
    item = models.CharField(_("item"), max_length=60)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    text = models.TextField(_("text"), blank=True)
    exhibits = models.JSONField(default=list)
    digests = models.JSONField(default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="findings"
    )
    at = models.DateTimeField(_("found at"))

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "number"], name="one_finding_per_number"
            ),
        ]
