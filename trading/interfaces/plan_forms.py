"""Forms of a lot's plan: what it is, on which ground, and what supervision decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain.errors import Malformed
from signatures.sandbox import filetype
from trading.domain.catalogue_file import Catalogue
from trading.interfaces.forms import SunlitForm
from trading.models.plan import MAX_AUTHORITY, MAX_NUMBER, MAX_REASON

#: What the file of an approval may be, by its extension.
SHOWN_BY = ("pdf", "ofd", "docx", "png", "jpg", "jpeg")
_LONG = gettext_lazy("Write at most %(limit_value)d characters; these are %(show_value)d.")


class PlanForm(SunlitForm):
    """What the catalogue judges a lot by; the ground only where the procedure has grounds."""

    object = forms.ChoiceField(
        label=gettext_lazy("What is bought or sold"),
        error_messages={"required": gettext_lazy("Say what is bought or sold.")},
    )
    funds = forms.ChoiceField(
        label=gettext_lazy("With which funds"),
        error_messages={"required": gettext_lazy("Say with which funds.")},
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("Ground of this procedure"),
        help_text=gettext_lazy("The statute gives these and no others."),
        required=False,
    )
    number = forms.CharField(
        label=gettext_lazy("Number of the approval (may be left out)"),
        help_text=gettext_lazy("Of an approval that was given elsewhere, as it stands on it."),
        required=False,
        max_length=MAX_NUMBER,
        error_messages={"max_length": _LONG},  # type: ignore[dict-item]
    )
    authority = forms.CharField(
        label=gettext_lazy("Who gave it"),
        required=False,
        max_length=MAX_AUTHORITY,
        error_messages={"max_length": _LONG},  # type: ignore[dict-item]
    )
    date = forms.DateField(
        label=gettext_lazy("When"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("This is no date; write it as 2026-05-04.")},
    )
    file = forms.FileField(
        label=gettext_lazy("File that shows it"),
        help_text=gettext_lazy("The approval, the experts’ opinion; PDF, OFD, Word or picture."),
        required=False,
        widget=forms.FileInput,
        max_length=255,
        error_messages={
            "empty": gettext_lazy("The file is empty. Choose another."),
            "max_length": gettext_lazy("The file's name is longer than 255 characters. Rename it."),
        },
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {
        "bad-object": "object", "bad-funds": "funds", "bad-ground": "ground",
        "bad-approval": "number", "approval-incomplete": "number", "bad-approval-date": "date",
        "bad-title": "file",
    }  # fmt: skip

    def __init__(self, *args: Any, known: Catalogue, procedure: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checked: Any = None
        chosen = {
            "object": [("", _("Choose")), *((one, known.title("objects", one)) for one in
                                            known.objects)],
            "funds": [(one, known.title("funds", one)) for one in known.funds],
            "ground": [("", _("none"))]
            + [(one.name, known.title("grounds", one.name)) for one in known.grounds_of(procedure)],
        }
        for name, found in chosen.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
        if not known.restricted(procedure):
            for name in ("ground", "number", "authority", "date", "file"):
                del self.fields[name]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        try:
            self.checked = filetype.check_upload(
                file.name or "", file, SHOWN_BY, settings.DOCUMENT_MAX_BYTES
            )
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
        return file

    def reference(self) -> dict[str, str]:
        """Number, authority and date of the approval, as they were typed."""
        day = self.cleaned_data.get("date")
        said = {
            "number": self.cleaned_data.get("number", ""),
            "authority": self.cleaned_data.get("authority", ""),
            "date": day.isoformat() if day is not None else "",
        }
        return said if any(said.values()) else {}


class DecisionForm(SunlitForm):
    """What supervision decides on a plan."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].widget.attrs.pop("class", None)

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=(
            ("approve", gettext_lazy("Approve the plan")),
            ("return", gettext_lazy("Send it back")),
        ),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Approve the plan, or send it back."),
            "invalid_choice": gettext_lazy("Approve the plan, or send it back."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed where it is sent back; the tenderee is told it."),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _LONG},  # type: ignore[dict-item]
    )

    PLACES = {"bad-length": "reason"}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("decision") == "return" and not said.get("reason", "").strip():
            self.add_error("reason", _("Say why it is sent back."))
        return said

    @property
    def approves(self) -> bool:
        return bool(self.cleaned_data["decision"] == "approve")
