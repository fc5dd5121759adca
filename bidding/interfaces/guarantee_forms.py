"""Forms about a guarantee: its release, a claim, the guarantor's answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bidding.domain import guarantee_messages
from bidding.models import Guarantee, GuaranteeMessage
from trading.interfaces.forms import SunlitForm
from trading.interfaces.preparing_forms import AmountField

_LONG = gettext_lazy("Write at most %(limit_value)d characters; these are %(show_value)d.")


def _words(label: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=guarantee_messages.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why."), "max_length": _LONG},
    )


class WordForm(SunlitForm):
    """A word about a guarantee, to be signed. ``purpose`` is its statement's."""

    purpose = ""
    PLACES: dict[str, str] = {"bad-text": "text", "reasons-missing": "text"}

    def __init__(self, *args: Any, row: Guarantee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row

    def said(self) -> dict[str, Any]:
        """What the statement says besides which guarantee it is about."""
        return {"text": self.cleaned_data["text"].replace("\r\n", "\n").strip()}


class ReleaseForm(WordForm):
    """Give the guarantee back."""

    purpose = guarantee_messages.RELEASE

    text = _words(gettext_lazy("A word to the guarantor (may be left out)"))


class ClaimForm(WordForm):
    """Claim payment."""

    purpose = guarantee_messages.CLAIM
    PLACES = {**WordForm.PLACES, "claims-too-much": "amount", "bad-amount": "amount"}

    amount = AmountField(label=gettext_lazy("Amount in CNY"))
    text = _words(gettext_lazy("Why it is claimed"), required=True)

    def __init__(self, *args: Any, row: Guarantee, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.fields["amount"].initial = f"{row.amount:.2f}"

    def said(self) -> dict[str, Any]:
        return {**super().said(), "amount": f"{self.cleaned_data['amount']:.2f}"}


class AnswerForm(WordForm):
    """The guarantor has paid, or says why it does not."""

    purpose = guarantee_messages.ANSWER
    PLACES = {**WordForm.PLACES, "bad-date": "on", "pays-otherwise": "paid"}

    paid = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[
            ("yes", gettext_lazy("We have paid what was claimed")),
            ("no", gettext_lazy("We do not pay")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether you have paid.")},
    )
    on = forms.DateField(
        label=gettext_lazy("Paid on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("This is no date; write it as 2026-05-04.")},
    )
    text = _words(gettext_lazy("Why you do not pay, or a word to the beneficiary"))

    def __init__(
        self, *args: Any, row: Guarantee, claim: GuaranteeMessage | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.fields["paid"].widget.attrs.pop("class", None)
        self.claim = claim

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("paid") == "yes" and found.get("on") is None and "on" not in self.errors:
            self.add_error("on", _("Enter the day of the payment."))
        if found.get("paid") == "no" and not found.get("text", "").strip():
            self.add_error("text", _("Say why you do not pay."))
        return found

    def said(self) -> dict[str, Any]:
        pays, claim = self.cleaned_data["paid"] == "yes", self.claim
        amount = claim.amount if claim is not None else None
        return {
            **super().said(),
            "claim": "" if claim is None else claim.statement,
            "paid": pays,
            "amount": f"{amount:.2f}" if pays and amount is not None else None,
            "on": self.cleaned_data["on"].isoformat() if pays else None,
        }
