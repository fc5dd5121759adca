"""The form of a later edition of the tender document: what each clause said and says now.

Attachments and a bill are prepared on pages of their own; the form carries what was shown of them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from trading.domain import amendments
from trading.domain.amendments import Change
from trading.interfaces.forms import SunlitForm

#: Clauses that one form takes; more go through the programming interface.
ROWS = 5


class AmendForm(SunlitForm):
    """Up to five clauses; rows that are left empty are none."""

    affects = forms.ChoiceField(
        label=_("Does it affect bids?"),
        choices=[("no", _("No, it only explains")), ("yes", _("Yes, bids depend on it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether this edition affects bids.")},
    )
    deadline = forms.DateTimeField(
        label=_("New deadline for bids"),
        help_text=_("Only where too little time remains. It only ever moves later."),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("Write the deadline as day and time.")},
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {
        "bad-changes": "clause_1",
        "bill-affects": "affects",
        "bad-clause": "clause_1",
        "bad-change": "clause_1",
        "clause-twice": "clause_1",
        "too-late-to-affect": "deadline",
        "moved-earlier": "deadline",
        "schedule-stands": "deadline",
        "days-not-kept": "deadline",
    }

    def __init__(self, *args: Any, kept: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["affects"].widget.attrs.pop("class", None)
        if kept:
            del self.fields["deadline"]
        for row in range(1, ROWS + 1):
            self.fields[f"clause_{row}"] = forms.CharField(
                label=_("Clause"),
                required=False,
                max_length=amendments.MAX_CLAUSE,
                widget=forms.TextInput(attrs={"class": "input"}),
            )
            for name, label in (("before", _("It said")), ("after", _("It says now"))):
                self.fields[f"{name}_{row}"] = forms.CharField(
                    label=label,
                    required=False,
                    max_length=amendments.MAX_TEXT,
                    widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
                )

    def rows(self) -> list[tuple[int, list[BoundField]]]:
        """The fields of each clause."""
        names = ("clause", "before", "after")
        return [
            (row, [self[f"{name}_{row}"] for name in names]) for row in range(1, ROWS + 1)
        ]

    def changes(self) -> tuple[Change, ...]:
        """The rows that say something."""
        data = self.cleaned_data
        found = [
            Change.read(**{name: data[f"{name}_{row}"] for name in ("clause", "before", "after")})
            for row in range(1, ROWS + 1)
        ]
        return tuple(one for one in found if one.clause or one.before or one.after)
