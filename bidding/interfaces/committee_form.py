"""The form that opens the draw of a committee."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bidding.domain import committee
from bidding.domain.committee_due import Due
from bidding.domain.committee_pool import ANY, Pool
from trading.domain import drawing_opening
from trading.interfaces.forms import SunlitForm
from trading.models import Organisation

#: A field of seats begins with this, the stratum's name follows.
SEATS = "seats-"
#: Most alternates of one speciality, as the programming interface takes them.
MOST_ALTERNATES = 50
#: Most seats of one speciality; no law asks for more.
MOST_SEATS = 99
MINUTE = 60


def _number(label: object, hint: object, least: int, most: int, **more: Any) -> forms.IntegerField:
    words = gettext_lazy("Give a whole number from %(least)d to %(most)d.")
    said = str(words) % {"least": least, "most": most}
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "input-short"}
        ),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), said),
        **more,
    )


class DrawForm(SunlitForm):
    """Seats by speciality where they are not fixed yet, reserve, parties, times; why, where the
    draw repeats one. ``pool`` says how many are free, ``parties`` who may contribute, by URN."""

    def __init__(
        self,
        *args: Any,
        due: Due,
        pool: Pool,
        least: int,
        parties: list[Organisation],
        chosen: tuple[str, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.due = due
        self.strata = [] if due.quota is not None else [one.name for one in pool.strata]
        found: dict[str, forms.Field] = {}
        for one in pool.strata if self.strata else ():
            found[SEATS + one.name] = _number(
                _("Any speciality") if one.name == ANY else one.name,
                _("%(experts)d free, of %(employers)d employers")
                % {"experts": one.experts, "employers": one.employers},
                0,
                MOST_SEATS,
                required=False,
                initial=least + 1 - least % 2 if one.name == ANY else None,
            )
        found["alternates"] = _number(
            _("Reserve, for each speciality"),
            _("At least %(least)d. Who is drawn as reserve is called when somebody steps down.")
            % {"least": committee.ALTERNATES},
            committee.ALTERNATES,
            MOST_ALTERNATES,
            initial=committee.ALTERNATES,
        )
        found["parties"] = forms.MultipleChoiceField(
            label=_("Who contributes to the draw beside the tenderee and the platform"),
            help_text=_(
                "Three opposed interests at least; nobody can foresee the result unless all of"
                " them work together."
            ),
            required=False,
            choices=[(one.urn, one.name) for one in parties],
            initial=[one.urn for one in parties if one.urn in chosen],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _("Choose among those that stand here.")},
        )
        most = drawing_opening.LONGEST // MINUTE
        for name, label in (
            ("commit", _("Minutes to commit")),
            ("reveal", _("Minutes to reveal")),
        ):
            found[name] = _number(
                label,
                _("1 to %(most)d; it runs from the timestamp of the step before.")
                % {"most": most},
                1,
                most,
                initial=MINUTE,
            )
        if due.signed:
            found["reason"] = forms.CharField(
                label=_("Why it is drawn again"),
                help_text=_("You sign it; everybody reads it beside the draw."),
                max_length=drawing_opening.MAXIMUM_REASON,
                widget=forms.Textarea(attrs={"rows": 4}),
                error_messages={
                    "required": _("Say why it is drawn again."),
                    "max_length": _("Write at most %(limit_value)d characters."),
                },
            )
        self.fields = found
        for name, field in self.fields.items():
            if name != "parties":
                own = field.widget.attrs.get("class", "")
                field.widget.attrs["class"] = f"input {own}".strip()
        seats = SEATS + ANY if self.strata else "alternates"
        #: Where a refusal of the act belongs, by its code.
        self.PLACES = {
            "bad-committee": seats,
            "bad-quota": seats,
            "pool-too-small": seats,
            "too-few-alternates": "alternates",
            "too-few-interests": "parties",
            "unknown-party": "parties",
            "not-verified": "parties",
            "party-missing": "parties",
            "party-at-fault": "parties",
            "bad-draw": "parties",
            "bad-duration": "commit",
            **({"bad-reason": "reason"} if due.signed else {}),
        }

    @property
    def seats(self) -> list[Any]:
        """The fields of the seats, one for each speciality."""
        return [self[SEATS + name] for name in self.strata]

    @property
    def times(self) -> list[Any]:
        """How long each phase lasts."""
        return [self["commit"], self["reveal"]]

    @property
    def quota(self) -> dict[str, int]:
        """What the valid form draws: seats by stratum."""
        if self.due.quota is not None:
            return dict(self.due.quota)
        given = {name: self.cleaned_data.get(SEATS + name) for name in self.strata}
        return {name: number for name, number in given.items() if number}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if self.strata and not self.quota and not any(one.errors for one in self.seats):
            self.add_error(SEATS + ANY, _("Say how many sit on the committee."))
        return found
