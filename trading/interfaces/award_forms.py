"""Forms of the award and the contract. Each says early what its act would refuse, at its field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain.errors import Malformed, Refused
from trading.domain import contracts, framework, paper_words, procedure
from trading.domain.award import LONGEST_REASONS
from trading.domain.candidates import Ranked
from trading.domain.contracts import Terms
from trading.interfaces import terms
from trading.interfaces.citations import cited
from trading.interfaces.forms import SunlitForm
from trading.interfaces.money import grouped
from trading.models import Award, Lot

_LIMIT = gettext_lazy("Write at most %(limit_value)d characters; these are %(show_value)d.")


class AwardForm(SunlitForm):
    """Who wins, and why."""

    winner = forms.ChoiceField(
        label=gettext_lazy("Who wins"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose one of the candidates."),
            "invalid_choice": gettext_lazy("Choose one of the candidates that stand here."),
        },
    )
    reasons = forms.CharField(
        label=gettext_lazy("Reasons"),
        help_text=gettext_lazy(
            "They are printed in the award notice. Needed where another than the first wins."
        ),
        required=False,
        max_length=LONGEST_REASONS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": _LIMIT},
    )

    #: Where a refusal of the act belongs, by its code.
    PLACES = {
        "not-the-first": "winner",
        "no-candidate": "winner",
        "reasons-missing": "reasons",
        "too-long": "reasons",
    }

    def __init__(
        self, *args: Any, rows: Iterable[Ranked], ranked: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["winner"]
        field.widget.attrs.pop("class", None)
        field.choices = [
            (
                str(one.organisation.pk),
                (_("%(rank)d. %(name)s, CNY %(price)s") if ranked else _("%(name)s, CNY %(price)s"))
                % {
                    "rank": one.rank,
                    "name": one.organisation.name,
                    "price": grouped(one.price),
                },
            )
            for one in rows
        ]
        if len(field.choices) == 1:
            field.initial = field.choices[0][0]


class ContractForm(SunlitForm):
    """What the contract says, beside what the winning bid says; the one must repeat the other."""

    price = forms.CharField(
        label=gettext_lazy("Price (CNY)"),
        max_length=24,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Enter the price."),
            "max_length": gettext_lazy("A price has at most 24 characters."),
        },
    )
    security = forms.CharField(
        label=gettext_lazy("Performance security (CNY)"),
        required=False,
        max_length=24,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("An amount has at most 24 characters.")},
    )

    def __init__(self, *args: Any, lot: Lot, award: Award, **kwargs: Any) -> None:
        initial = {"price": f"{award.price:.2f}"}
        initial |= {f"term_{name}": text for name, text in award.terms.items()}
        super().__init__(*args, initial=initial, **kwargs)
        self.lot, self.award = lot, award
        security = self.fields.pop("security")
        for name in sorted(award.terms):
            field = forms.CharField(
                label=terms.label(lot, name),
                max_length=500,
                error_messages={"required": _("Enter it as the bid has it."), "max_length": _LIMIT},
            )
            field.widget.attrs["class"] = "input"
            self.fields[f"term_{name}"] = field
        price = paper_words.word(lot, "contract-price")
        self.fields["price"].label = _("%(price)s (CNY)") % {"price": price}
        # An agreement has a unit price, of which no share could be a security; nor does a
        # procedure ask for one that says nothing of how much.
        if not framework.is_framework(lot) and contracts.SECURITY in procedure.of(lot).figures:
            self.fields["security"] = security

    @property
    def lines(self) -> list[tuple[forms.BoundField, str]]:
        """Each field with what the winning bid says there; nothing for what a bid does not hold."""
        bids = {"price": grouped(self.award.price)}
        bids |= {f"term_{name}": text for name, text in self.award.terms.items()}
        return [(field, bids.get(field.name, "")) for field in self]

    @staticmethod
    def _amount(text: str) -> str:
        """An amount as people write it: separators and blanks do not count."""
        return text.replace(",", "").replace("，", "").replace(" ", "")

    def _checked(self, name: str) -> str:
        text = self._amount(self.cleaned_data[name])
        if text:
            try:
                contracts.amount(text)
            except Malformed as error:
                raise forms.ValidationError(error.message) from None
        return text

    def clean_price(self) -> str:
        return self._checked("price")

    def clean_security(self) -> str:
        return self._checked("security")

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return found
        given = Terms.read(**self.values())
        for one in contracts.departures(self.award, given):
            name = "price" if one.name == contracts.PRICE else f"term_{one.name}"
            self.add_error(
                name,
                _("The winning bid says “%(bid)s”; the contract must say the same (%(rule)s).")
                % {"bid": one.bid, "rule": cited(contracts.rule(self.lot))},
            )
        try:
            contracts.check_security(self.lot, self.award, given)
        except Refused as error:
            self.add_error("security", f"{error.message} ({error.rule})")
        return found

    def values(self) -> dict[str, Any]:
        """What was written, as the act wants it."""
        data = self.cleaned_data
        written = {name: data[f"term_{name}"] for name in self.award.terms}
        return {"price": data["price"], "terms": written, "security": data.get("security") or None}


class NoteForm(SunlitForm):
    """What there is to say of the performance."""

    note = forms.CharField(
        label=gettext_lazy("How the contract is being performed"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": gettext_lazy("Say how the contract is being performed."),
            "max_length": _LIMIT,
        },
    )
