"""Forms of a framework: its terms, an order, a supplier that is dropped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from signatures.domain.errors import Malformed
from trading.domain import contracts, framework, framework_orders
from trading.domain.framework import Terms
from trading.domain.framework_award import LONGEST_REASON
from trading.interfaces.forms import SunlitForm
from trading.interfaces.money import grouped
from trading.models import Award, Contract

_LIMIT = gettext_lazy("Write at most %(limit_value)d characters; these are %(show_value)d.")
_NUMBER = {
    "required": gettext_lazy("State a number."),
    "invalid": gettext_lazy("State a whole number."),
    "min_value": gettext_lazy("Not below %(limit_value)s."),
    "max_value": gettext_lazy("At most %(limit_value)s."),
}


def _number(label: Any, most: int, *, required: bool = True, help_text: Any = "") -> Any:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=required,
        min_value=1,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=_NUMBER,
    )


def _choice(label: Any, choices: Any) -> Any:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of these.")},
    )


PRIORITIES = (
    (framework.PRICE, gettext_lazy("Priority of the price")),
    (framework.QUALITY, gettext_lazy("Priority of quality")),
)
KINDS = (
    (framework.GOODS, gettext_lazy("Goods")),
    (framework.SERVICES, gettext_lazy("Services")),
)
MANNERS = (
    (framework.DIRECT, gettext_lazy("Directly: the purchaser chooses and says why")),
    (framework.TURNS, gettext_lazy("In turn: each supplier once a round")),
)


class TermsForm(SunlitForm):
    """The terms that are hashed and published with the documents."""

    priority = _choice(gettext_lazy("Suppliers are taken in by"), PRIORITIES)
    eliminated = _number(gettext_lazy("Eliminated at least, per cent of those that conform"), 99)
    most = _number(
        gettext_lazy("Suppliers taken in at most"), 999, required=False,
        help_text=gettext_lazy("Leave it empty where there is no cap."),
    )
    kind = _choice(gettext_lazy("What is procured"), KINDS)
    months = _number(gettext_lazy("Months that the agreements run"), 120)
    orders = _choice(gettext_lazy("How orders are given"), MANNERS)

    PLACES = {
        "eliminates-too-few": "eliminated", "runs-too-long": "months", "takes-too-few": "most",
    }

    def __init__(self, *args: Any, stated: Terms | None = None, **kwargs: Any) -> None:
        initial = {} if stated is None else stated.as_json()
        super().__init__(*args, initial=initial, **kwargs)
        for name in ("priority", "kind", "orders"):
            self.fields[name].widget.attrs.pop("class", None)

    def terms(self) -> dict[str, Any]:
        """What the act is given."""
        data = self.cleaned_data
        return {name: value for name, value in data.items() if value is not None}


class OrderForm(SunlitForm):
    """One order under an agreement."""

    agreement = _choice(gettext_lazy("Supplier"), ())
    purchaser = forms.CharField(
        label=gettext_lazy("Purchaser"),
        max_length=framework_orders.LONGEST_NAME,
        error_messages={"required": gettext_lazy("Name the purchaser."), "max_length": _LIMIT},
    )
    subject = forms.CharField(
        label=pgettext_lazy("order", "What is ordered"),
        max_length=framework_orders.LONGEST_SUBJECT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Say what is ordered."), "max_length": _LIMIT},
    )
    quantity = forms.CharField(
        label=gettext_lazy("Quantity"),
        max_length=16,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("State the quantity."), "max_length": _LIMIT},
    )
    unit_price = forms.CharField(
        label=gettext_lazy("Unit price (CNY)"),
        help_text=gettext_lazy("At most the price of the agreement."),
        max_length=24,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the price."), "max_length": _LIMIT},
    )
    reasons = forms.CharField(
        label=gettext_lazy("Why this supplier"),
        max_length=framework_orders.LONGEST_REASONS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Say why this supplier was chosen."), "max_length": _LIMIT,
        },
    )

    PLACES = {
        "not-its-turn": "agreement",
        "unknown-agreement": "agreement",
        "dearer-than-agreed": "unit_price",
        "bad-amount": "unit_price",
        "bad-quantity": "quantity",
        "reasons-missing": "reasons",
    }

    def __init__(
        self, *args: Any, rows: Iterable[Contract], manner: str, purchaser: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, initial={"purchaser": purchaser}, **kwargs)
        field: Any = self.fields["agreement"]
        field.widget.attrs.pop("class", None)
        field.choices = [
            (
                str(one.pk),
                _("%(name)s, CNY %(price)s")
                % {"name": one.award.winner.name, "price": grouped(one.price)},
            )
            for one in rows
        ]
        if len(field.choices) == 1:
            field.initial = field.choices[0][0]
        # In turn nobody chooses, and there is nothing to give reasons for.
        self.fields["reasons"].required = manner == framework.DIRECT
        if manner == framework.TURNS:
            self.fields.pop("reasons")

    def clean_unit_price(self) -> str:
        text = self.cleaned_data["unit_price"].replace(",", "").replace("，", "").replace(" ", "")
        try:
            contracts.amount(text)
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
        return text

    def clean_quantity(self) -> str:
        text: str = self.cleaned_data["quantity"].replace(",", "").replace(" ", "")
        try:
            framework_orders.quantity_of(text)
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
        return text

    def values(self) -> dict[str, Any]:
        """What was written, as the act wants it."""
        data = {"reasons": "", **self.cleaned_data}
        return {**data, "agreement": UUID(data["agreement"])}


class DropForm(SunlitForm):
    """Which supplier has not signed in time, and what is recorded of it."""

    award = _choice(gettext_lazy("Supplier"), ())
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Give the reason."), "max_length": _LIMIT},
    )

    PLACES = {"signed-already": "award", "dropped-already": "award", "reasons-missing": "reason"}

    def __init__(self, *args: Any, rows: Iterable[Award], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["award"]
        field.widget.attrs.pop("class", None)
        field.choices = [(str(one.pk), one.winner.name) for one in rows]

    def values(self) -> dict[str, Any]:
        """What was written, as the act wants it."""
        data = self.cleaned_data
        return {"award": UUID(data["award"]), "reason": data["reason"]}

