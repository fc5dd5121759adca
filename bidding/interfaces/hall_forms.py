"""What the opening hall's page asks of people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bidding.domain.hall_acts import LONGEST
from bidding.interfaces.room_forms import RoomForm, SignedForm, said


class StartForm(RoomForm):
    """The host begins."""

    command = "start"


class CloseForm(RoomForm):
    """The host closes the opening."""

    command = "close"


class ReadOutForm(RoomForm):
    """The host reads one bid's sheet out."""

    command = "read-out"
    bid = forms.UUIDField(widget=forms.HiddenInput)

    def frame(self) -> dict[str, Any]:
        return {"bid": str(self.cleaned_data["bid"])}


class ObjectForm(RoomForm):
    """A tenderer objects on the spot."""

    command = "object"
    text = said(_("Your objection"), _("Write what you object to."), LONGEST)


class AnswerForm(RoomForm):
    """The host answers an objection."""

    command = "answer"
    objection = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    text = said(_("Your answer"), _("Write the answer."), LONGEST)


class AttendForm(SignedForm):
    """Signing in at the opening."""

    command = "attend"


class ConfirmForm(SignedForm):
    """Confirming what was read out."""

    command = "confirm"


FORMS: dict[str, type[RoomForm]] = {
    each.command: each
    for each in (
        StartForm, ReadOutForm, ObjectForm, AnswerForm, CloseForm, AttendForm, ConfirmForm,
    )
}
