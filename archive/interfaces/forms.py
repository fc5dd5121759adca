"""Forms of the archive's pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from trading.interfaces.forms import SunlitForm


class PackageSieve(SunlitForm):
    """Words by which packages are found."""

    q = forms.CharField(
        label=_("Archive code, project or lot"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={"max_length": _("Search for at most 100 characters.")},
    )


class HoldForm(SunlitForm):
    """Why everything of a lot is kept, whatever its term."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("An objection, a lawsuit, an inquiry: 1 to 200 characters."),
        max_length=200,
        error_messages={
            "required": _("Say why it is held."),
            "max_length": _("Give the reason in 1 to 200 characters."),
        },
    )
