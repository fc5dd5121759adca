"""The fields of a bid's page. They are filled in and checked on the tenderer's device and never
posted: the page's script seals what stands in them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trading.interfaces import terms
from trading.interfaces.forms import SunlitForm
from trading.models import Lot


def _plain(**attributes: str) -> dict[str, Any]:
    return {"autocomplete": "off", "spellcheck": "false", **attributes}


class SheetForm(SunlitForm):
    """What is read out at the opening: ``sheet.json``."""

    duration_days = forms.CharField(
        help_text=_("A whole number from 1 to 9,999."),
        widget=forms.TextInput(attrs=_plain(inputmode="numeric")),
    )
    quality = forms.CharField(
        help_text=_("In the words of the tender document, at most 200 characters."),
        widget=forms.TextInput(attrs=_plain()),
    )
    manager = forms.CharField(
        help_text=_("The name, at most 200 characters."),
        widget=forms.TextInput(attrs=_plain()),
    )

    def __init__(self, *args: Any, lot: Lot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = terms.label(lot, name)


class PriceForm(SunlitForm):
    """The price: ``price.json``."""

    price = forms.CharField(
        label=_("Total price in CNY"),
        help_text=_("In yuan with at most two places, for example 14,250,600.00."),
        widget=forms.TextInput(attrs=_plain(inputmode="decimal")),
    )


class KeyForm(SunlitForm):
    """A certificate's file and its password; both stay on the device."""

    certificate = forms.FileField(
        label=_("Your certificate file"),
        help_text=_("PKCS#12, usually named .p12 or .pfx. It never leaves this device."),
        widget=forms.FileInput(attrs={"accept": ".p12,.pfx,application/x-pkcs12"}),
    )
    password = forms.CharField(
        label=_("Its password"), widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )


class SealForm(KeyForm):
    """Signing and sealing: the certificate, and the passphrase of the recovery kit."""

    passphrase = forms.CharField(
        label=_("A passphrase for your recovery kit"),
        help_text=_(
            "At least 8 characters, made up by you. The kit is a file with your own key share: it"
            " stands in for a trustee who is absent at the opening, and this passphrase opens it."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
