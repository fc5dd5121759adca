"""Forms of the contract's performance: an entry, an answer, a security, its return."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain.errors import Malformed
from trading.domain import contracts, performance
from trading.enums import EntryKind, SecurityKind
from trading.interfaces.forms import SunlitForm
from trading.models import Organisation

#: The largest file that an entry may carry, in bytes.
LARGEST = 8 * 1024 * 1024
_NO_DATE = {"invalid": gettext_lazy("This is no date; write it as 2026-05-04.")}


def _day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={**_NO_DATE, "required": gettext_lazy("Enter the day.")},
        **options,
    )


def _amount(text: str) -> str:
    plain = text.replace(",", "").replace("，", "").replace(" ", "")
    if plain:
        try:
            contracts.amount(plain)
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
    return plain


class EntryForm(SunlitForm):
    """What happened, when, with an amount and a file where there are any."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is about"), choices=EntryKind.choices)
    on = _day(gettext_lazy("When it happened"))
    text = forms.CharField(
        label=gettext_lazy("What happened"),
        max_length=performance.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say what happened.")},
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount in CNY (may be left out)"),
        help_text=gettext_lazy("A payment has an amount."),
        required=False,
        max_length=24,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    passed = forms.ChoiceField(
        label=gettext_lazy("Result of an acceptance"),
        choices=[
            ("", gettext_lazy("This is no acceptance")),
            ("yes", gettext_lazy("Accepted")),
            ("no", gettext_lazy("Not accepted")),
        ],
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("A file (may be left out)"),
        help_text=gettext_lazy("At most 8 MB. Choose it again when you sign."),
        required=False,
        max_length=200,
        widget=forms.FileInput,
    )
    PLACES = {"bad-date": "on", "bad-amount": "amount", "bad-result": "passed", "bad-text": "text",
              "accepted-already": "kind", "acceptance-waits": "kind", "other-file": "file"}

    def clean_amount(self) -> str:
        return _amount(self.cleaned_data["amount"])

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 8 MB. Choose another."))
        return file

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                performance.Entry.read(self.said())
            except Malformed as error:
                self.add_error(self.PLACES.get(error.code or "", "text"), error.message)
        return found

    def data_of_file(self) -> bytes | None:
        """The file's bytes; None where there is none."""
        file = self.cleaned_data["file"]
        if file is None:
            return None
        file.seek(0)
        data: bytes = file.read()
        return data

    def said(self) -> dict[str, Any]:
        """What the statement says of it."""
        data, file = self.cleaned_data, self.data_of_file()
        passed = {"yes": True, "no": False}.get(data["passed"])
        named = None
        if file is not None:
            named = {
                "name": data["file"].name,
                "sha256": hashlib.sha256(file).hexdigest(),
                "size": len(file),
            }
        return {
            "kind": data["kind"],
            "on": data["on"].isoformat(),
            "text": data["text"].replace("\r\n", "\n").strip(),
            "amount": data["amount"] or None,
            "passed": passed,
            "file": named,
        }


class AnswerForm(SunlitForm):
    """Confirm the other side's entry, or say why not."""

    confirmed = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[
            ("yes", gettext_lazy("We confirm it")),
            ("no", gettext_lazy("We dispute it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Confirm or dispute it.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Why you dispute it"),
        required=False,
        max_length=performance.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed"].widget.attrs.pop("class", None)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("confirmed") == "no" and not found.get("text", "").strip():
            self.add_error("text", _("Say why you dispute it."))
        return found

    def said(self) -> dict[str, Any]:
        """What the statement says of it."""
        data = self.cleaned_data
        text = data["text"].replace("\r\n", "\n").strip()
        return {"confirmed": data["confirmed"] == "yes", "text": text}


class SecurityForm(SunlitForm):
    """A security that a tenderer gave."""

    organisation = forms.ChoiceField(
        label=gettext_lazy("Who gave it"),
        error_messages={"required": gettext_lazy("Choose who gave it.")},
    )
    kind = forms.ChoiceField(label=gettext_lazy("What it is for"), choices=SecurityKind.choices)
    amount = forms.CharField(
        label=gettext_lazy("Amount in CNY"),
        max_length=24,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the amount.")},
    )
    received_on = _day(gettext_lazy("Received on"))
    withdrawn_on = _day(gettext_lazy("Bid withdrawn on (may be left out)"), required=False)
    PLACES = {"security-too-high": "amount", "bad-amount": "amount", "bad-date": "received_on",
              "recorded-already": "organisation", "no-tenderer": "organisation",
              "not-the-winner": "organisation"}

    def __init__(self, *args: Any, givers: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.choices = [("", _("Choose")), *((str(one.pk), one.name) for one in givers)]

    def clean_amount(self) -> str:
        return _amount(self.cleaned_data["amount"])


class ReturnForm(SunlitForm):
    """When a security went back."""

    returned_on = _day(gettext_lazy("Returned on"))
    PLACES = {"bad-date": "returned_on"}
