"""Forms of the decision among the candidates: method, panel, ballot, signed decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.models import User
from trading.domain import deciding
from trading.interfaces.forms import SunlitForm


class MethodForm(SunlitForm):
    """By which method the award is decided."""

    by = forms.ChoiceField(
        label=gettext_lazy("The award is decided by"),
        choices=[
            (deciding.VOTES, gettext_lazy("Secret ballots of an award panel")),
            (deciding.PRICE, gettext_lazy("The lowest price among the candidates")),
            (deciding.DRAW, gettext_lazy("A weighted draw that anybody can run again")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how the award is decided.")},
    )
    weights = forms.CharField(
        label=gettext_lazy("Weights of the draw"),
        help_text=gettext_lazy("From the lowest price on, such as 5, 3, 2; for a draw only."),
        required=False,
        max_length=200,
    )
    PLACES = {"bad-award-method": "weights"}

    def clean_weights(self) -> list[int]:
        text = self.cleaned_data["weights"].replace("，", ",").replace(" ", "")
        try:
            return [int(one) for one in text.split(",") if one]
        except ValueError:
            raise forms.ValidationError(
                _("Weights are whole numbers with commas between them.")
            ) from None

    def method(self) -> dict[str, Any]:
        """What the act is given."""
        data = self.cleaned_data
        drawn = {"weights": data["weights"]} if data["by"] == deciding.DRAW else {}
        return {"by": data["by"], **drawn}


class PanelForm(SunlitForm):
    """The members of the award panel, by the names with which they sign in."""

    members = forms.CharField(
        label=gettext_lazy("Members"),
        help_text=gettext_lazy("The user name of each, one on a line; an odd number."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": gettext_lazy("Name the members.")},
    )
    PLACES = {
        "bad-panel": "members",
        "named-twice": "members",
        "unknown-person": "members",
        "conflict-of-interest": "members",
        "was-evaluator": "members",
    }

    def clean_members(self) -> tuple[UUID, ...]:
        names = self.cleaned_data["members"].replace(",", " ").replace("，", " ").split()
        known = dict(
            User.objects.filter(username__in=names, is_active=True).values_list("username", "pk")
        )
        missing = [name for name in names if name not in known]
        if missing:
            raise forms.ValidationError(
                _("Nobody signs in as: %(names)s.") % {"names": ", ".join(missing)}
            )
        return tuple(known[name] for name in names)


class BallotForm(SunlitForm):
    """The commitment that the member's own device made; the choice itself never comes here."""

    commitment = forms.RegexField(
        r"^[0-9a-f]{64}$",
        label=gettext_lazy("Sealed ballot"),
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("Choose a candidate; your device seals the ballot then."),
            "invalid": gettext_lazy("Choose a candidate; your device seals the ballot then."),
        },
    )


class CodeForm(SunlitForm):
    """What opens one's ballot: the candidate and the salt, as the device kept them."""

    code = forms.CharField(
        label=gettext_lazy("The code of your ballot"),
        help_text=gettext_lazy("This device has kept it; else paste what you kept when you voted."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter the code of your ballot.")},
    )
    PLACES = {"other-ballot": "code", "bad-hex": "code", "no-candidate": "code"}

    def opening(self) -> tuple[str, str]:
        """Candidate and salt."""
        candidate, _blank, salt = self.cleaned_data["code"].strip().partition(" ")
        return candidate, salt.strip()


class DecisionForm(SunlitForm):
    """Why the tenderee decides so."""

    reasons = forms.CharField(
        label=gettext_lazy("Reasons"),
        help_text=gettext_lazy("They are published, and every tenderer is told."),
        max_length=deciding.LONGEST_REASONS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": gettext_lazy("Give the reasons."),
            "max_length": gettext_lazy("Reasons have at most 2,000 characters."),
        },
    )
