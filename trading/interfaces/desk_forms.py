"""Forms of the operator's desk: searches, decisions with their reasons, days of the calendar."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from trading.domain.organisations import MAX_REASON
from trading.enums import DeliveryState, MemberRole
from trading.interfaces.forms import SunlitForm

_REASON = {
    "required": _("Give the reason; it stands in the ledger beside the decision."),
    "max_length": _("A reason has at most %(limit_value)d characters."),
}


def reason_field(label: object, hint: object = "") -> forms.CharField:
    """Why somebody at the desk does something; required here, kept in the ledger."""
    return forms.CharField(
        label=label,
        help_text=hint or _("It stands in the ledger for ever; name no third person."),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=_REASON,
    )


class OrganisationSieve(SunlitForm):
    """What the list of organisations is narrowed to."""

    WAITING, VERIFIED, REFUSED = "waiting", "verified", "refused"

    q = forms.CharField(
        label=_("Name or unified social credit code"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={"max_length": _("Search for at most 100 characters.")},
    )
    state = forms.ChoiceField(
        label=_("Registration"),
        required=False,
        choices=[
            ("", _("All")),
            (WAITING, _("Waiting for a decision")),
            (VERIFIED, _("Verified")),
            (REFUSED, _("Refused")),
        ],
    )


class PersonSieve(SunlitForm):
    """What the list of people is narrowed to."""

    q = forms.CharField(
        label=_("Name, user name or organisation"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={"max_length": _("Search for at most 100 characters.")},
    )


class RefusalForm(SunlitForm):
    """Why a registration is not verified; its people read it."""

    reason = reason_field(
        _("Why it is not verified"), _("Its people are told this text. Say what they must mend.")
    )


class GrantForm(SunlitForm):
    """Somebody's new role in an organisation."""

    username = forms.CharField(
        label=_("User name"),
        help_text=_("As it stands in the list of people."),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the person's user name.")},
    )
    role = forms.ChoiceField(label=_("Role"), choices=MemberRole.choices)
    reason = reason_field(_("Why the role is given"))


class EndForm(SunlitForm):
    """Why a role ends."""

    reason = reason_field(_("Why the role ends"))


class DayForm(SunlitForm):
    """A decision on one day to come."""

    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("Choose the day."),
            "invalid": _("This is no day; write it as 2026-05-04."),
        },
    )
    working = forms.TypedChoiceField(
        label=_("It is"),
        choices=[("", _("Choose")), ("no", _("a day of rest")), ("yes", _("a working day"))],
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Say whether it is a day of rest or a working day.")},
    )
    name = forms.CharField(
        label=_("Holiday or notice"),
        help_text=_("The ground of the decision, as people will read it beside the day."),
        max_length=80,
        error_messages={
            "required": _("Name the holiday or the notice."),
            "max_length": _("A name has at most %(limit_value)d characters."),
        },
    )


class OutboxSieve(SunlitForm):
    """What the outbox is narrowed to."""

    state = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *DeliveryState.choices]
    )
