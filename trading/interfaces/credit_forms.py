"""Forms by which supervision enters and lifts credit decisions."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from signatures.domain import jcs
from signatures.domain.errors import Malformed
from trading.domain import organisations
from trading.interfaces.forms import SunlitForm
from trading.models import Organisation
from trading.models.credit import MAX_AUTHORITY, MAX_NUMBER, MAX_WORDS

_LONG = _("Write at most %(limit_value)d characters.")


class LiftForm(SunlitForm):
    """The published decision: its number, who gave it, what it says."""

    number = forms.CharField(
        label=_("Number of the decision"),
        max_length=MAX_NUMBER,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the decision's number."), "max_length": _LONG},
    )
    authority = forms.CharField(
        label=_("Authority that gave it"),
        max_length=MAX_AUTHORITY,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Name the authority."), "max_length": _LONG},
    )
    words = forms.CharField(
        label=_("What is decided"),
        help_text=_("Everybody reads it, and it stands in the ledger for ever; name no person."),
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what is decided."), "max_length": _LONG},
    )

    PLACES = {"bad-number": "number", "bad-authority": "authority", "bad-words": "words"}


class EnterForm(LiftForm):
    """Whom a decision keeps out, and until the end of which day."""

    code = forms.CharField(
        label=_("Unified social credit code"),
        help_text=_("Of the organisation that is kept out."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter the organisation's unified social credit code."),
            "max_length": _LONG,
        },
    )
    last = forms.DateField(
        label=_("Last day"),
        help_text=_("Kept out from now until the end of this day, Beijing time."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("Choose the last day."),
            "invalid": _("This is no day; write it as 2026-05-04."),
        },
    )
    field_order = ("code", "number", "authority", "words", "last")

    PLACES = {
        **LiftForm.PLACES,
        "no-such-organisation": "code",
        "not-a-tenderer": "code",
        "own-organisation": "code",
        "decision-entered": "number",
        "until-past": "last",
        "until-too-far": "last",
    }

    def clean_code(self) -> Organisation:
        try:
            code = organisations.checked_code(self.cleaned_data["code"])
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
        row = Organisation.objects.filter(credit_code=code).first()
        if row is None:
            raise forms.ValidationError(
                _("No organisation with this code is registered here."), code="unknown"
            )
        return row

    @property
    def seen(self) -> str:
        """What the valid form says, as a digest: what is confirmed is what was shown."""
        said: dict[str, Any] = {
            **self.cleaned_data,
            "code": self.cleaned_data["code"].urn,
            "last": self.cleaned_data["last"].isoformat(),
        }
        return hashlib.sha256(jcs.dumps(said)).hexdigest()
