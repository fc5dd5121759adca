"""What the evaluation room's page asks of a member."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bidding.domain.evaluation_acts import MOST
from bidding.domain.scoring import Criterion
from bidding.interfaces.clarification_forms import AskForm
from bidding.interfaces.more_time_page import AskTimeForm
from bidding.interfaces.room_forms import RoomForm, SignedForm, said

#: Before a criterion's id in the name of its field, so that no id is another field's name.
POINTS = "points-"


class JoinForm(RoomForm):
    """A member signs in."""

    command = "join"


class ElectForm(RoomForm):
    """A member votes for the chair; ``members`` are (URN, name)."""

    command = "elect-chair"
    member = forms.ChoiceField(
        label=_("Chair"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a member."),
            "invalid_choice": _("Nobody of that name is on this committee."),
        },
    )

    def __init__(self, *args: Any, members: Iterable[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["member"].choices = list(members)  # type: ignore[attr-defined]


class ScoreForm(RoomForm):
    """One bid's points on the member's own sheet: a field for each criterion, none required."""

    command = "score"
    bid = forms.CharField(max_length=8, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, criteria: Iterable[Criterion] = (),
        points: Mapping[str, str] | None = None, **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.points = dict(points or {})
        for each in criteria:
            self.fields[POINTS + each.id] = _points(each, self.points.get(each.id, ""))

    def frames(self) -> list[dict[str, Any]]:
        """A frame for every criterion whose points were changed."""
        code = self.cleaned_data["bid"]
        given = {
            name.removeprefix(POINTS): value
            for name, value in self.cleaned_data.items()
            if name.startswith(POINTS) and value is not None
        }
        return [
            {"bid": code, "criterion": name, "points": f"{value:.2f}"}
            for name, value in given.items()
            if self.points.get(name) != f"{value:.2f}"
        ]


def _points(criterion: Criterion, value: str) -> forms.DecimalField:
    full = criterion.full
    bounds = {"full": f"{full:f}".removesuffix(".00")}
    outside = _("Points are from 0 to %(full)s, with at most two decimals.") % bounds
    return forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_value=full,
        max_digits=7,
        decimal_places=2,
        initial=value,
        widget=forms.TextInput(
            attrs={"class": "points", "inputmode": "decimal", "autocomplete": "off",
                   "enterkeyhint": "next", "data-own": "", "data-full": str(full)}
        ),
        error_messages=dict.fromkeys(
            ("invalid", "max_value", "min_value", "max_digits", "max_decimal_places",
             "max_whole_digits"), outside
        ),
    )  # fmt: skip


class RejectForm(RoomForm):
    """A member moves that a bid be rejected."""

    command = "reject"
    bid = forms.CharField(max_length=8, widget=forms.HiddenInput)
    reason = said(
        _("Why it is to be rejected"), _("Name the requirement that the bid does not meet."), MOST
    )


class FreezeSheetForm(SignedForm):
    """A member freezes their own sheet."""

    command = "freeze-sheet"


class FreezeScoresForm(RoomForm):
    """A member fixes the technical result."""

    command = "freeze-scores"


class ComputeForm(RoomForm):
    """A member has the ranking computed."""

    command = "compute-scores"


class DissentForm(RoomForm):
    """A member puts a different opinion on the record."""

    command = "dissent"
    text = said(_("Your opinion and its reasons"), _("Write your opinion and its reasons."), MOST)


class AppraiseForm(RoomForm):
    """The chair states what speaks for and against a candidate that is not ranked."""

    command = "appraise"
    bid = forms.CharField(max_length=8, widget=forms.HiddenInput)
    merits = said(_("Merits"), _("Write what speaks for this candidate."), MOST)
    risks = said(
        _("Risks and what to watch"), _("Write what speaks against it, or that nothing does."), MOST
    )


class WriteReportForm(RoomForm):
    """The chair ends the conferring."""

    command = "write-report"


FORMS: dict[str, type[RoomForm]] = {
    each.command: each
    for each in (
        JoinForm, ElectForm, ScoreForm, RejectForm, FreezeSheetForm, FreezeScoresForm,
        ComputeForm, AskForm, AskTimeForm, AppraiseForm, DissentForm,
        WriteReportForm,
    )
}  # fmt: skip
