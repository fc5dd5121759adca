"""Forms of prequalification: what is asked of applicants, and what a member finds of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bidding.models.examination import MAX_REASON
from signatures.domain.errors import Malformed
from trading.domain import prequalification
from trading.interfaces.forms import SunlitForm

MET, NOT_MET = "yes", "no"


class PublishForm(SunlitForm):
    """What applicants are examined by, and what they hand in."""

    criteria = forms.CharField(
        label=_("Criteria"),
        help_text=_(
            "One in each line, 30 at most. Each is answered with yes or no; nothing else counts."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Name at least one criterion.")},
    )
    words = forms.CharField(
        label=_("What to hand in"),
        help_text=_("Which documents prove it, and in what form; may be left out."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    PLACES = {"bad-criteria": "criteria", "bad-words": "words"}

    def clean_criteria(self) -> tuple[str, ...]:
        try:
            return prequalification.checked_criteria(self.cleaned_data["criteria"].splitlines())
        except Malformed as error:
            raise forms.ValidationError(error.message) from None

    def clean_words(self) -> str:
        try:
            return prequalification.checked_words(self.cleaned_data["words"])
        except Malformed as error:
            raise forms.ValidationError(error.message) from None


class ExamineForm(SunlitForm):
    """Whether one application meets each criterion, and why not."""

    reason = forms.CharField(
        label=_("Why a criterion is not met"),
        help_text=_("Only where one is not met; the applicant reads it, without your name."),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Say it in at most %(limit_value)d characters.")},
    )

    PLACES = {"bad-reason": "reason"}

    def __init__(self, *args: Any, criteria: Sequence[dict[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = [one["id"] for one in criteria]
        asked = {
            one["id"]: forms.ChoiceField(
                label=one["title"],
                choices=[(MET, _("Met")), (NOT_MET, _("Not met"))],
                widget=forms.RadioSelect,
                error_messages={
                    "required": _("Say whether this criterion is met."),
                    "invalid_choice": _("Say whether this criterion is met."),
                },
            )
            for one in criteria
        }
        self.fields = {**asked, **self.fields}

    @property
    def asked(self) -> list[Any]:
        """The criteria as fields, in the documents' order."""
        return [self[name] for name in self.criteria]

    @property
    def passes(self) -> dict[str, bool]:
        """What the valid form says of each criterion."""
        return {name: self.cleaned_data[name] == MET for name in self.criteria}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        said = [found.get(name) for name in self.criteria]
        reason = found.get("reason", "")
        if NOT_MET in said and not reason and "reason" not in self.errors:
            self.add_error("reason", _("Say why a criterion is not met."))
        elif reason and all(one == MET for one in said):
            self.add_error(
                "reason", _("All criteria are met, so there is no reason. Clear it, or say which"
                            " one is not met.")
            )
        return found
