"""Forms of the floor's pages: what was typed stays, and each mistake is named at its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trading.domain import procedure
from trading.enums import LotState


class SunlitForm(forms.Form):
    """Every control wears the same class; browsers do not get in before our own messages."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            own = field.widget.attrs.get("class", "")
            field.widget.attrs["class"] = f"input {own}".strip()


class SignInForm(SunlitForm):
    """A user name and a password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter your user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )


class SignatureForm(SunlitForm):
    """The file that holds the signature over a statement."""

    signature = forms.FileField(
        widget=forms.FileInput,
        label=_("The signature"),
        help_text=_("A detached CAdES signature in DER, usually named .p7s, at most 100 KB."),
        max_length=255,
        error_messages={
            "required": _("Choose the file that holds the signature."),
            "missing": _("Choose the file that holds the signature."),
            "empty": _("The signature's file is empty. Choose another."),
        },
    )

    def clean_signature(self) -> Any:
        file = self.cleaned_data["signature"]
        if file.size > 100_000:
            raise forms.ValidationError(
                _("A signature has at most 100 KB; this file is larger. Choose another.")
            )
        return file


class CertificateForm(SignatureForm):
    """A signed statement: its text, and the file that holds the signature."""

    field_order = ("statement", "signature")

    statement = forms.CharField(
        label=_("The statement that was signed"),
        help_text=_("One line of JSON, exactly as it was signed."),
        max_length=4000,
        widget=forms.Textarea(
            attrs={"rows": 4, "class": "input-code", "spellcheck": "false", "autocomplete": "off"}
        ),
        error_messages={"required": _("Paste the statement that was signed.")},
    )


class SieveForm(SunlitForm):
    """What the list of projects is narrowed to; whatever cannot be understood narrows nothing."""

    q = forms.CharField(
        label=_("Title, code or organisation"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={"max_length": _("Search for at most 100 characters.")},
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    stage = forms.ChoiceField(label=_("Stage"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = [procedure.load(name) for name in procedure.names()]
        every = [("", pgettext_lazy("filter", "All"))]
        stages = {
            stage.name: each.title("stages", stage.name)
            for each in rules
            for stage in each.stages
            if stage.state == LotState.ACTIVE
        }
        states = [(state.value, state.label) for state in LotState if state is not LotState.ACTIVE]
        self.fields["category"].choices = every + [  # type: ignore[attr-defined]
            (name, group[0].category_for_people())
            for name, group in procedure.categories().items()
        ]
        self.fields["stage"].choices = every + list(stages.items()) + states  # type: ignore[attr-defined]


class VerifyForm(SunlitForm):
    """Any file whose seals, signatures or proofs somebody wants to have checked."""

    def __init__(self, *args: Any, limit: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit

    file = forms.FileField(
        widget=forms.FileInput,
        label=_("File to verify"),
        max_length=255,
        error_messages={
            "required": _("Choose the file that you want to have verified."),
            "missing": _("Choose the file that you want to have verified."),
            "empty": _("The file is empty, so there is nothing to verify. Choose another."),
            "max_length": _("The file's name is longer than 255 characters. Rename it."),
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > self.limit:
            raise forms.ValidationError(
                _("“%(name)s” is larger than %(limit)d MB. Verify it on your own computer."),
                params={"name": file.name, "limit": self.limit // 1024**2},
            )
        return file


class CertificateFileForm(SunlitForm):
    """A certificate of which somebody wants to know whether it is recognised, and why."""

    certificate = forms.FileField(
        widget=forms.FileInput,
        label=_("Certificate"),
        help_text=_("PEM or DER, usually named .cer, .crt or .pem. Never a file with a key."),
        max_length=255,
        error_messages={
            "required": _("Choose the certificate's file."),
            "missing": _("Choose the certificate's file."),
            "empty": _("The file is empty. Choose another."),
        },
    )

    def clean_certificate(self) -> Any:
        file = self.cleaned_data["certificate"]
        if file.size > 100_000:
            raise forms.ValidationError(
                _("A certificate has at most 100 KB; this file is larger. Choose another.")
            )
        return file
