"""Forms of objections, challenges and complaints: what is filed, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trading.domain.grievance_drafts import Draft
from trading.domain.grievance_words import DECIDE, SUSPEND, TAKE_UP, WITHDRAWN, Words
from trading.enums import GrievanceOutcome
from trading.interfaces.forms import SunlitForm

Choices = Sequence[tuple[str, Any]]


def _said(label: Any, empty: Any, *, rows: int = 6, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=bool(empty),
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": empty or ""},
    )


def _day(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("This is no day; write it as 2026-05-04.")},
    )


class FileForm(SunlitForm):
    """What an objection, a challenge or a complaint says."""

    about = forms.ChoiceField(
        label=_("What it is about"),
        error_messages={
            "required": _("Choose what it is about."),
            "invalid_choice": _("This cannot be chosen now. Choose one of the list."),
        },
    )
    organisation = forms.ChoiceField(
        label=_("For which organisation"),
        error_messages={
            "required": _("Choose the organisation."),
            "invalid_choice": _("You do not act for this organisation."),
        },
    )
    objection = forms.ChoiceField(
        label=_("Which objection came before it"),
        required=False,
        error_messages={"invalid_choice": _("Choose one of your own objections.")},
    )
    known = _day(
        _("Since when you know of it"),
        _("The days to file count from the day on which you learnt, or had to learn, of it."),
    )
    interest = forms.CharField(
        label=_("How it concerns you"),
        help_text=_("Only needed from who does not take part as a tenderer."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    facts = _said(
        _("Facts and grounds"),
        _("Write down the facts, and the rules on which you rest it."),
        rows=8,
        help_text=_("At most 10,000 characters."),
    )
    requests = _said(
        _("What you ask for"), _("Write down what you ask for."), rows=3,
        help_text=_("At most 2,000 characters."),
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {
        "bad-about": "about",
        "wrong-stage": "about",
        "too-late": "about",
        "filed-already": "about",
        "wrong-organisation": "organisation",
        "own-tender": "organisation",
        "not-verified": "organisation",
        "objection-first": "objection",
        "unknown-objection": "objection",
        "beyond-the-objection": "objection",
        "answer-awaited": "objection",
        "objection-withdrawn": "objection",
        "bad-known": "known",
        "bad-interest": "interest",
        "bad-facts": "facts",
        "bad-requests": "requests",
    }

    def __init__(
        self, *args: Any, complains: bool, abouts: Choices, organisations: Choices,
        objections: Choices, known: bool, interest: bool, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.complains = complains
        self._choose("about", abouts)
        self._choose("organisation", organisations)
        self._choose("objection", [("", _("None")), *objections])
        if len(organisations) == 1:
            self.fields["organisation"].initial = organisations[0][0]
            self.fields["organisation"].widget = forms.HiddenInput()
        if not complains:
            del self.fields["objection"]
        if not known:
            del self.fields["known"]
        if not interest:
            del self.fields["interest"]

    def _choose(self, name: str, choices: Choices) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def draft(self) -> Draft:
        """What a valid form wants to file."""
        asked = self.cleaned_data
        known = asked.get("known")
        return Draft(
            about=asked["about"],
            organisation=asked["organisation"],
            facts=plain(asked["facts"]),
            requests=plain(asked["requests"]),
            complains=self.complains,
            interest=plain(asked.get("interest", "")),
            known=known.isoformat() if known else "",
            objection=asked.get("objection", ""),
        )


class StepForm(SunlitForm):
    """What somebody says at one step."""

    outcome = forms.ChoiceField(
        label=_("What you decide"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what you decide."),
            "invalid_choice": _("Choose what you decide."),
        },
    )
    text = _said(_("Reasons"), _("Write down the reasons."), help_text=_(
        "Read by who filed it, by who answers and by supervision. At most 10,000 characters."
    ))
    ordered = _said(
        _("What is ordered"), "", rows=3, help_text=_("Needed where the complaint is upheld.")
    )
    notice = _said(
        _("What everybody reads"),
        _("Write what everybody will read."),
        rows=2,
        help_text=_("Without the name of who filed it; at most 500 characters."),
    )
    until = _day(
        _("Suspended until the end of (may be left out)"),
        _("Left out: as long as the law allows, or until the decision is due."),
    )

    PLACES = {
        "bad-outcome": "outcome",
        "bad-text": "text",
        "bad-ordered": "ordered",
        "bad-notice": "notice",
        "names-filer": "notice",
        "bad-until": "until",
        "too-long": "until",
    }
    #: Which fields a step has beside its text.
    OWN = {
        TAKE_UP: ("outcome",),
        SUSPEND: ("notice", "until"),
        DECIDE: ("outcome", "ordered", "notice"),
    }
    OUTCOMES = {
        TAKE_UP: (GrievanceOutcome.TAKEN_UP, GrievanceOutcome.NOT_TAKEN_UP),
        DECIDE: (GrievanceOutcome.UPHELD, GrievanceOutcome.DISMISSED),
    }

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = next((fields for step, fields in self.OWN.items() if step == kind), ())
        for name in ("outcome", "ordered", "notice", "until"):
            if name not in own:
                del self.fields[name]
        if "outcome" in own:
            field: Any = self.fields["outcome"]
            field.widget.attrs.pop("class", None)
            outcomes = next(rows for step, rows in self.OUTCOMES.items() if step == kind)
            field.choices = [(one.value, one.label) for one in outcomes]
        text: Any = self.fields["text"]
        if kind == WITHDRAWN:
            text.required, text.label = False, _("Why you withdraw it (may be left out)")
            text.widget.attrs["rows"] = 2
        elif kind not in self.OWN:
            text.label = _("The answer")
            text.error_messages["required"] = _("Write the answer.")

    def words(self) -> Words:
        """What a valid form says."""
        asked = self.cleaned_data
        until = asked.get("until")
        return Words(
            text=plain(asked["text"]),
            outcome=asked.get("outcome", ""),
            ordered=plain(asked.get("ordered", "")),
            notice=plain(asked.get("notice", "")),
            until=until.isoformat() if until else "",
        )


def plain(text: str) -> str:
    """The text with plain line ends and no blanks around it, as it is signed."""
    return text.replace("\r\n", "\n").strip()
