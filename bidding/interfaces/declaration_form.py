"""Whether anything ties a member of a committee to the parties."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from bidding.domain.conflicts import MOST
from trading.interfaces.forms import SunlitForm

NONE, SOME = "none", "some"


class DeclarationForm(SunlitForm):
    """``again``: the person declared before; only a conflict found since can be declared."""

    conflict = forms.ChoiceField(
        label=_("Are you, or is somebody close to you, tied to one of the parties?"),
        help_text=_(
            "By employment, advice, shares, kinship or a dispute, now or in the last three years,"
            " or in any other way that could sway your judgement."
        ),
        choices=[
            (NONE, _("No: nothing ties me to any of them")),
            (SOME, _("Yes: I step down, and the next of the draw takes my seat")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say whether there is a conflict."),
            "invalid_choice": _("Say whether there is a conflict."),
        },
    )
    reason = forms.CharField(
        label=_("What ties you to them"),
        help_text=_("Only with a conflict; supervisors read it."),
        required=False,
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Say it in at most %(limit_value)d characters.")},
    )

    def __init__(self, *args: Any, again: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if again:
            choices = self.fields["conflict"].choices  # type: ignore[attr-defined]
            self.fields["conflict"].choices = [  # type: ignore[attr-defined]
                each for each in choices if each[0] == SOME
            ]
            self.fields["conflict"].initial = SOME

    @property
    def once(self) -> str:
        """The key under which the declaration is made once."""
        return str(self.data.get("once") or uuid4().hex)

    @property
    def has_conflict(self) -> bool:
        """What the valid form says."""
        return bool(self.cleaned_data["conflict"] == SOME)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        said, reason = found.get("conflict"), found.get("reason", "")
        if said == SOME and not reason and "reason" not in self.errors:
            self.add_error("reason", _("Say what ties you to them."))
        elif said == NONE and reason:
            self.add_error(
                "reason", _("Without a conflict there is no reason. Clear it, or choose yes.")
            )
        return found
