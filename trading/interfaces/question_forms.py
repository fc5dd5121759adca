"""Forms of questions and answers about the tender documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from signatures.domain.errors import Malformed
from trading.domain import questions
from trading.interfaces.forms import SunlitForm
from trading.models import Document, Organisation


class _TextForm(SunlitForm):
    """A text of the length that questions and answers have."""

    def clean_text(self) -> str:
        try:
            return questions.checked_text(self.cleaned_data["text"])
        except Malformed as error:
            raise forms.ValidationError(error.message) from None


class QuestionForm(_TextForm):
    """A question about one document, for one of the asker's tenderers."""

    document = forms.ChoiceField(
        label=_("About which document"),
        error_messages={
            "required": _("Choose the document."),
            "invalid_choice": _("This document is not on offer here. Choose one that is."),
        },
    )
    organisation = forms.ChoiceField(
        label=_("For which tenderer"),
        error_messages={
            "required": _("Choose for which tenderer you ask."),
            "invalid_choice": _("You do not act for this tenderer here. Choose one of your own."),
        },
    )
    text = forms.CharField(
        label=_("Your question"),
        help_text=_(
            "Name page and clause. Write nothing that tells who you are: everybody who fetched the"
            " documents will read it."
        ),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write your question.")},
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {
        "bad-length": "text",
        "names-asker": "text",
        "unknown-document": "document",
        "not-a-tenderer": "organisation",
    }

    def __init__(
        self,
        *args: Any,
        documents: Sequence[Document],
        tenderers: Sequence[Organisation],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choose("document", [(str(one.pk), one.title) for one in documents])
        self._choose("organisation", [(str(one.pk), one.name) for one in tenderers])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        """What cannot be chosen is not asked for."""
        field: Any = self.fields[name]
        field.choices = choices
        if len(choices) == 1:
            field.widget = forms.HiddenInput()
            field.initial = choices[0][0]


class AnswerForm(_TextForm):
    """An answer, and whether it changes what is to be bid."""

    text = forms.CharField(
        label=_("The answer"),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write the answer.")},
    )
    affects = forms.ChoiceField(
        label=_("Does the answer change what is to be bid?"),
        choices=[("no", _("No, it only explains")), ("yes", _("Yes, bids depend on it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether the answer changes what is to be bid.")},
    )

    PLACES = {"bad-length": "text", "too-late-to-affect": "affects"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["affects"].widget.attrs.pop("class", None)
