"""What the floor's page and the page of its applicants ask of people."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bidding.domain import auction_rules
from bidding.interfaces.room_forms import RoomForm
from bidding.models.floor import MAX_REASON, MAX_REFERENCE
from trading.interfaces.forms import SunlitForm

_WRONG = _("Write an amount in CNY such as 1,020,000 or 1020000.00.")


class AmountField(forms.CharField):
    """An amount in CNY as people write it, with or without commas between thousands."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, widget=widget, **more)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
        try:
            amount = Decimal(plain)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not auction_rules.is_amount(amount):
            raise forms.ValidationError(_WRONG)
        return auction_rules.shown(amount)


class AskForm(RoomForm):
    """A bidder asks a price."""

    command = "ask"
    price = AmountField(
        label=_("Your price in CNY"), error_messages={"required": _("Enter the price you ask.")}
    )


class ReserveForm(RoomForm):
    """The seller opens the reserve."""

    command = "open-reserve"
    reserve = AmountField(
        label=_("The reserve in CNY"),
        error_messages={"required": _("Enter the reserve that was committed to.")},
    )
    salt = forms.CharField(
        label=_("Its salt"),
        help_text=_("64 hexadecimal digits, kept since the commitment was made."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter the salt that was kept with the reserve.")},
    )


FORMS: dict[str, type[RoomForm]] = {each.command: each for each in (AskForm, ReserveForm)}


# --- the page of applicants ----------------------------------------------------------------------


class DepositForm(SunlitForm):
    """A deposit that has come."""

    PLACES = {
        "deposit-too-low": "amount", "paid-in-the-future": "paid_at", "paid-too-late": "paid_at",
        "bad-reference": "reference", "missing-glyph": "reference",
    }  # fmt: skip
    amount = AmountField(
        label=_("Amount in CNY"), error_messages={"required": _("Enter the amount that came.")}
    )
    paid_at = forms.DateTimeField(
        label=_("Paid at, by the bank"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
        error_messages={
            "required": _("Enter when it was paid."),
            "invalid": _("Write day and time such as 2026-04-07 16:30."),
        },
    )
    reference = forms.CharField(
        label=_("The bank's reference"),
        max_length=MAX_REFERENCE,
        error_messages={"required": _("Enter the bank's reference.")},
    )


class RefuseForm(SunlitForm):
    """Why an applicant is not qualified."""

    PLACES = {"bad-reason": "reason", "missing-glyph": "reason"}
    reason = forms.CharField(
        label=_("Why it is not qualified"),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why; the applicant reads it.")},
    )
