"""Forms of an inspection's steps. Each says early what its act would refuse, beside the field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trading.domain.inspections_base import LONGEST_TEXT
from trading.enums import Outcome
from trading.interfaces.forms import SunlitForm
from trading.interfaces.inspection_page import DECISIONS
from trading.interfaces.kinds import kind_label
from trading.models import Exhibit

_LIMIT = gettext_lazy("Write at most %(limit_value)d characters; these are %(show_value)d.")


def _words(label: Any, *, required: Any = None, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required is not None,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": required or "", "max_length": _LIMIT},
    )


class ChoiceForm(SunlitForm):
    """A form with radios or checkboxes, which do not wear the class of text controls."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.widget.use_fieldset:
                field.widget.attrs.pop("class", None)


class TitleForm(SunlitForm):
    """The title of a record that the platform prints and seals."""

    title = forms.CharField(
        label=gettext_lazy("Title of the record"),
        max_length=200,
        error_messages={
            "required": gettext_lazy("Give the record a title."),
            "max_length": gettext_lazy("A title has at most 200 characters."),
        },
    )


class EmptyForm(SunlitForm):
    """Nothing to fill in; only to be sent."""


class ReasonForm(SunlitForm):
    """A reason in words."""

    reason = _words(gettext_lazy("Reason"), required=gettext_lazy("Say why."))


class DecisionForm(ChoiceForm):
    """What follows from the findings."""

    decision = forms.ChoiceField(
        label=gettext_lazy("What follows"),
        choices=list(DECISIONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what follows.")},
    )
    reasons = _words(gettext_lazy("Reasons"), required=gettext_lazy("Give the reasons."))


class VerificationForm(ChoiceForm):
    """Whether a correction holds."""

    holds = forms.ChoiceField(
        label=gettext_lazy("Does the correction hold?"),
        choices=[
            ("yes", gettext_lazy("Yes, it was made")),
            ("no", gettext_lazy("No, it is still to be made")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether the correction holds.")},
    )
    text = _words(
        gettext_lazy("What you saw"), required=gettext_lazy("Say what you saw.")
    )


class FindingForm(ChoiceForm):
    """What was found on one item, and on which exhibits of the dossier it rests."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Finding"),
        choices=[
            (Outcome.CONFORMS, gettext_lazy("Conforms")),
            (Outcome.DEVIATES, gettext_lazy("Deviates")),
            (Outcome.NOT_APPLICABLE, gettext_lazy("Does not apply")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a finding.")},
    )
    text = _words(
        gettext_lazy("Facts"), hint=gettext_lazy("What you saw, where, and what is missing.")
    )
    exhibits = forms.MultipleChoiceField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy("From the lot's dossier, as far as you may see it now."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy("An exhibit that you chose is not there any more.")
        },
    )

    def __init__(
        self, *args: Any, dossier: Iterable[Exhibit], evidence: tuple[str, ...], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        # What usually shows this item stands first; the order of filing is kept otherwise.
        rows = sorted(dossier, key=lambda row: row.kind not in evidence)
        self.dossier = {str(row.pk): row for row in rows}
        self.usual = sum(row.kind in evidence for row in rows)
        field: Any = self.fields["exhibits"]
        field.choices = [(key, _called(row)) for key, row in self.dossier.items()]

    @property
    def usual_exhibits(self) -> list[Any]:
        """The choices that usually show this item."""
        return list(self["exhibits"])[: self.usual]

    @property
    def other_exhibits(self) -> list[Any]:
        """The rest of the dossier."""
        return list(self["exhibits"])[self.usual :]

    @property
    def chose_others(self) -> bool:
        """Whether something of the rest is chosen, so that it must not be folded away."""
        keys = list(self.dossier)[self.usual :]
        return not set(keys).isdisjoint(self["exhibits"].value() or [])

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        outcome = found.get("outcome")
        if outcome == Outcome.DEVIATES and not found.get("text"):
            self.add_error("text", _("Say what deviates."))
        shown = found.get("exhibits")
        if outcome in (Outcome.CONFORMS, Outcome.DEVIATES) and shown == []:
            self.add_error("exhibits", _("A finding rests on at least one exhibit. Choose it."))
        return found

    def fields_of_statement(self, *, inspection: str, item: str) -> dict[str, Any]:
        """What a signed ``sunlit.finding/1`` says of it."""
        return {
            "inspection": inspection,
            "item": item,
            "outcome": str(self.cleaned_data["outcome"]),
            "text": self.cleaned_data["text"].replace("\r\n", "\n"),
            "exhibits": [
                {"id": key, "digest": self.dossier[key].digest}
                for key in self.cleaned_data["exhibits"]
            ],
        }


def _called(row: Exhibit) -> str:
    """The exhibit's kind, name and time of filing: many of one kind have one name."""
    filed = timezone.localtime(row.filed_at)
    return f"{kind_label(row.kind)}: {row.name} ({filed:%Y-%m-%d %H:%M})"
