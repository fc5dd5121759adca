"""Forms of invitations to tender: whom to invite, and what the invited answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from signatures.domain.errors import Malformed
from trading.domain import invitations
from trading.interfaces.forms import SunlitForm
from trading.models import Organisation


class InviteForm(SunlitForm):
    """A verified tenderer, and until when it is to answer."""

    organisation = forms.ChoiceField(
        label=_("Whom to invite"),
        help_text=_("Verified tenderers that are not invited yet."),
        error_messages={
            "required": _("Choose whom to invite."),
            "invalid_choice": _("This is no verified tenderer. Choose one of the list."),
        },
    )
    answer_until = forms.DateTimeField(
        label=_("To be answered by (may be left out)"),
        help_text=_("At least one day ahead; left out, the end of the third working day."),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("This is no date; write it as 2026-05-04 09:30.")},
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {
        "own-tender": "organisation",
        "not-a-tenderer": "organisation",
        "blocked": "organisation",
        "already-invited": "organisation",
        "unknown-organisation": "organisation",
        "bad-time": "answer_until",
    }

    def __init__(
        self,
        *args: Any,
        organisations: Sequence[Organisation],
        invited: Collection[object],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen = self["organisation"].value() if self.is_bound else None
        field: Any = self.fields["organisation"]
        field.choices = [
            ("", _("Choose")),
            *(
                (str(one.pk), one.name)
                for one in organisations
                if one.pk not in invited or str(one.pk) == chosen
            ),
        ]


class AnswerForm(SunlitForm):
    """Accept, or refuse and say why."""

    accept = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("yes", _("We accept the invitation")), ("no", _("We refuse the invitation"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say whether you accept."),
            "invalid_choice": _("Say whether you accept."),
        },
    )
    reason = forms.CharField(
        label=_("Why you refuse"),
        help_text=_("Only needed where you refuse; the tenderee and its agency read it."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    PLACES = {
        "bad-reason": "reason",
        "too-late": "accept",
        "blocked": "accept",
        "not-a-tenderer": "accept",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accept"].widget.attrs.pop("class", None)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("accept") == "no":
            try:
                found["reason"] = invitations.checked_reason(found.get("reason", ""))
            except Malformed as error:
                self.add_error("reason", error.message)
        return found
