"""What a live room's page asks of people, and how it becomes a room's command.

A form's ``frame()`` gives the fields of the command's frame, as a socket would send them: with
JavaScript the page sends the same by its socket, without it the form is posted.
"""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from trading.interfaces.forms import SunlitForm

#: A statement or its signature in a frame, before base64.
MOST_BYTES = 20_000


class RoomForm(SunlitForm):
    """A command's form; ``command`` is its name in the room."""

    command = ""

    @property
    def once(self) -> str:
        """The key under which a posted form is done once, however often it is sent."""
        return str(self.data.get("once") or uuid4())

    def frame(self) -> dict[str, Any]:
        """The fields of the frame; call it when the form is valid."""
        return dict(self.cleaned_data)

    def frames(self) -> list[dict[str, Any]]:
        """The frames that a posted form stands for, in order; usually one."""
        return [self.frame()]


class SignedForm(RoomForm):
    """A statement from this page and its signature, made on the person's own device."""

    statement = forms.FileField(
        label=_("Statement"),
        widget=forms.FileInput,
        help_text=_("The file from step 1, unchanged."),
        error_messages={"required": _("Choose the statement that you fetched.")},
    )
    signature = forms.FileField(
        label=_("Signature"),
        widget=forms.FileInput,
        help_text=_("Detached CAdES, DER; usually named .p7s."),
        error_messages={"required": _("Choose the file with your signature.")},
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        for name in ("statement", "signature"):
            file = found.get(name)
            if file is not None and file.size > MOST_BYTES:
                self.add_error(
                    name, _("This file is larger than any statement or signature. Choose another.")
                )
        return found

    def frame(self) -> dict[str, Any]:
        return {
            name: base64.b64encode(self.cleaned_data[name].read()).decode()
            for name in ("statement", "signature")
        }


def said(label: Any, empty: Any, most: int) -> forms.CharField:
    """What somebody says, of at most ``most`` characters."""
    field = forms.CharField(
        label=label,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": empty},
    )
    field.validators.append(
        MaxLengthValidator(most, message=_("Say it in at most %(limit_value)d characters."))
    )
    return field
