"""What tenderers asked about the tender documents, and what was answered."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from signatures.models import Entity
from trading.models.document import Document
from trading.models.exhibit import Exhibit
from trading.models.lot import Lot
from trading.models.organisation import Organisation


class Question(Entity):
    """One question about a published document, from the moment it is asked.

    ``organisation`` asked it, which is the platform's record alone: no page, no interface and no
    plain ledger entry names it, and only its own people are told which questions are theirs.
    ``answer_until`` is the end of the days to answer; ``affects`` says that the answer changes what
    is to be bid (TBR 21); ``exhibit`` is the sealed clarification that holds question and answer.
    """

    urn_kind = "question"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="questions")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="questions")
    number = models.PositiveIntegerField(_("number"))
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField(_("asked at"))
    answer_until = models.DateTimeField(_("to be answered by"))
    answer = models.TextField(_("answer"), blank=True)
    affects = models.BooleanField(_("changes what is to be bid"), default=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    exhibit = models.OneToOneField(
        Exhibit, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="one_question_per_number"),
        ]
