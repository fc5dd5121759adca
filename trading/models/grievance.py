"""Objections and challenges to the tenderee, complaints to supervision, their course."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.enums import GrievanceAbout, GrievanceKind, GrievanceOutcome, GrievanceStepKind
from trading.models.exhibit import Exhibit
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Grievance(Entity):
    """One objection, challenge or complaint of a lot, by one organisation.

    Whose it is is known to that organisation, to who answers and to supervision; the public learns
    that there is one, about what, and what came of it. ``interest`` says what concerns who did not
    tender; ``known_on`` since when the ground is known, where it was stated; ``objection`` is what
    a complaint's organisation had objected before. ``due_at`` is when the next step is due: an
    answer, whether it is taken up, the decision; None where nothing is. ``pauses`` says that the
    lot stands still until it is answered, ``halts`` that it, or its suspension, is why the lot
    stands still now; ``suspended_until`` how long supervision suspended the lot at most.
    ``digests`` are those of the signed statement.
    """

    urn_kind = "grievance"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="grievances")
    number = models.PositiveSmallIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=12, choices=GrievanceKind.choices)
    about = models.CharField(_("about"), max_length=20, choices=GrievanceAbout.choices)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="grievances"
    )
    interest = models.CharField(_("interest"), max_length=500, blank=True)
    known_on = models.DateField(_("known since"), null=True, blank=True)
    facts = models.TextField(_("facts and grounds"))
    requests = models.TextField(_("requests"))
    objection = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="complaints", null=True, blank=True
    )
    filed_at = models.DateTimeField(_("filed at"))
    digests = models.JSONField(default=dict)
    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    taken_up_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    #: When it was answered, decided, not taken up or withdrawn: nothing follows any more.
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    pauses = models.BooleanField(default=False)
    halts = models.BooleanField(default=False)
    suspended_until = models.DateTimeField(_("suspended until"), null=True, blank=True)
    #: Of the term that runs: who was told that it ends soon, and that it has passed.
    reminded_at = models.DateTimeField(null=True, blank=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("grievance")
        verbose_name_plural = _("grievances")
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="grievance_number_in_lot"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(due_at__isnull=True, halts=False),
                name="closed_grievances_await_nothing",
            ),
            models.CheckConstraint(
                condition=Q(kind=GrievanceKind.COMPLAINT)
                | Q(objection__isnull=True, taken_up_at__isnull=True, suspended_until__isnull=True),
                name="only_complaints_go_to_supervision",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(closed_at__isnull=True), name="grievance_due"
            ),
        ]

    @property
    def is_complaint(self) -> bool:
        return self.kind == GrievanceKind.COMPLAINT

    @property
    def is_open(self) -> bool:
        """Whether something still follows."""
        return self.closed_at is None


class GrievanceStep(models.Model):
    """One signed step on a grievance: its words, by whom, and the digests of the statement.

    ``notice`` is what everybody reads, without names; ``text`` and ``ordered`` are for those whom
    it concerns. ``late`` names the rules of days that it did not keep.
    """

    grievance = models.ForeignKey(Grievance, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(_("kind"), max_length=10, choices=GrievanceStepKind.choices)
    outcome = models.CharField(
        _("outcome"), max_length=14, choices=GrievanceOutcome.choices, blank=True
    )
    text = models.TextField(_("text"))
    ordered = models.TextField(_("ordered"), blank=True)
    notice = models.CharField(_("what everybody reads"), max_length=500, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    by = models.CharField(_("by"), max_length=80)
    at = models.DateTimeField(_("at"))
    late = models.JSONField(default=list)
    digests = models.JSONField(default=dict)
    exhibit = models.ForeignKey(Exhibit, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("step on a grievance")
        verbose_name_plural = _("steps on grievances")
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["grievance", "kind"], name="each_step_on_a_grievance_once"
            ),
        ]

    def __str__(self) -> str:
        return str(GrievanceStepKind(self.kind).label)
