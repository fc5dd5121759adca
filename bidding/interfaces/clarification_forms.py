"""What is asked of a chair who asks, and of a tenderer that answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bidding.domain import clarification_answers
from bidding.domain.clarifications import POINT, QUESTION
from bidding.interfaces.room_forms import RoomForm, said
from signatures.domain.errors import Malformed
from trading.interfaces.forms import SunlitForm

#: Minutes to answer that the page offers; a program may give others within the act's bounds.
MINUTES = (
    (30, _("30 minutes")),
    (60, _("1 hour")),
    (120, _("2 hours")),
    (240, _("4 hours")),
    (1440, _("24 hours")),
)
#: Documents that may be asked about: under each code the exhibit's id and its name.
Documents = Sequence[tuple[str, Iterable[tuple[str, str]]]]


class AskForm(RoomForm):
    """The chair asks about a document of a bid."""

    command = "ask-clarification"
    document = forms.ChoiceField(
        label=_("About which document"),
        error_messages={
            "required": _("Choose the document."),
            "invalid_choice": _("This document cannot be asked about. Choose another."),
        },
    )
    point = forms.CharField(
        label=_("Where in it"),
        help_text=_("Page, clause or line, in at most 200 characters."),
        max_length=POINT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Name the page or the clause."),
            "max_length": _("Say it in at most %(limit_value)d characters."),
        },
    )
    question = said(_("Your question"), _("Write your question."), QUESTION)
    minutes = forms.TypedChoiceField(
        label=_("Time to answer"),
        choices=MINUTES,
        coerce=int,
        initial=60,
        error_messages={
            "required": _("Choose the time to answer."),
            "invalid_choice": _("Choose one of these times."),
        },
    )

    def __init__(self, *args: Any, documents: Documents = (), **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["document"]
        field.choices = [("", _("Choose a document")), *documents]
        self.fields["question"].help_text = _(
            "The tenderer reads it as it stands. Ask only what is unclear or contradictory, or"
            " plainly miscalculated; hint at no answer, and name no code, no member, no tenderer."
        )


class AnswerForm(SunlitForm):
    """A tenderer's answer, and its word that the answer stays within the bid."""

    text = forms.CharField(
        label=_("Your answer"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write your answer.")},
    )
    within_bid = forms.BooleanField(
        label=_(
            "This answer only explains: it neither goes beyond our bid nor changes its substance."
        ),
        error_messages={
            "required": _(
                "An answer that goes beyond the bid is not taken. Confirm that yours does not."
            )
        },
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {"bad-answer": "text", "names-bidder": "text", "missing-glyph": "text"}

    def __init__(self, *args: Any, blind: bool = True, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["within_bid"].widget.attrs.pop("class", None)
        if blind:
            self.fields["text"].help_text = _(
                "The committee reads it without knowing whose bid it is: write neither your name"
                " nor a person’s."
            )

    def clean_text(self) -> str:
        try:
            return clarification_answers.checked_answer(self.cleaned_data["text"])
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
