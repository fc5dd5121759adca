"""How bids will be scored, as a table that a tenderee fills in: criteria, price methods, weights.

The form writes the parameters of the method ``comprehensive``, which are hashed with the tender
document, and reads them back; what it cannot show it leaves alone and says so. A framework has no
points for the price: priority of the price ranks by the unit price alone, priority of quality by
the criteria alone (M110 25), so nothing else is asked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trading.domain import evaluations, framework
from trading.interfaces.forms import SunlitForm
from trading.interfaces.preparing_forms import require_lines
from trading.models import Lot

WHOLE = Decimal(100)
MAX_CRITERIA = 30

#: Which prices are left out of the mean: name -> ``trim`` of ``benchmark_average``, and its words.
TRIMS: dict[str, tuple[list[list[int | None]], Any]] = {
    "outer": (
        [[5, 0, 0], [None, 1, 1]],
        gettext_lazy("highest and lowest, where there are more than 5 bids"),
    ),
    "high": (
        [[5, 0, 0], [None, 0, 1]], gettext_lazy("the highest, where there are more than 5 bids"),
    ),
    "none": ([[None, 0, 0]], gettext_lazy("none")),
}


class PointsField(forms.DecimalField):
    """Points, per cent or a factor, with at most two decimals."""

    def __init__(self, *, most: int = 100, **kwargs: Any) -> None:
        super().__init__(
            max_digits=7,
            decimal_places=2,
            min_value=Decimal(0),
            max_value=Decimal(most),
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={
                "required": gettext_lazy("State a number."),
                "invalid": gettext_lazy("Write a number such as 40 or 2.5."),
                "min_value": gettext_lazy("Not below %(limit_value)s."),
                "max_value": gettext_lazy("At most %(limit_value)s."),
                "max_digits": gettext_lazy("This number is too long."),
                "max_whole_digits": gettext_lazy("This number is too long."),
                "max_decimal_places": gettext_lazy("At most two decimals."),
            },
            **kwargs,
        )


class CriterionForm(SunlitForm):
    """One line of the table of criteria."""

    title = forms.CharField(
        label=gettext_lazy("Criterion"),
        max_length=100,
        error_messages={
            "required": gettext_lazy("Name the criterion."),
            "max_length": gettext_lazy("At most %(limit_value)d characters."),
        },
    )
    title_en = forms.CharField(
        label=gettext_lazy("In English"),
        required=False,
        max_length=100,
        error_messages={"max_length": gettext_lazy("At most %(limit_value)d characters.")},
    )
    full = PointsField(label=gettext_lazy("Full marks"))
    objective = forms.BooleanField(label=gettext_lazy("Objective"), required=False)
    # The id under which experts score it; it stays when a line is renamed.
    key = forms.SlugField(required=False, max_length=20, widget=forms.HiddenInput)

    def clean_full(self) -> Decimal:
        full: Decimal = self.cleaned_data["full"]
        if full <= 0:
            raise forms.ValidationError(_("Full marks are above zero."))
        return full


class _Criteria(forms.BaseFormSet):
    def clean(self) -> None:
        require_lines(self)
        if any(self.errors):
            return
        total = sum((form.cleaned_data["full"] for form in self.forms), Decimal(0))
        if total != WHOLE:
            raise forms.ValidationError(
                _("The full marks of all criteria add up to 100; these add up to %(total)s.")
                % {"total": plain(total)}
            )
        titles = [form.cleaned_data["title"].strip() for form in self.forms]
        for form, title in zip(self.forms, titles, strict=True):
            if titles.count(title) > 1:
                form.add_error("title", _("Two criteria have this name."))


CriteriaFormSet = forms.formset_factory(
    CriterionForm, formset=_Criteria, extra=0, min_num=1,
    max_num=MAX_CRITERIA, validate_max=True, absolute_max=MAX_CRITERIA + 10,
)


class PartsForm(SunlitForm):
    """How the points are shared out, and how prices become points."""

    technical = PointsField(
        label=gettext_lazy("Technical part, points"),
        help_text=gettext_lazy("What full technical marks are worth."),
    )
    benchmark = PointsField(
        label=gettext_lazy("Nearness to the benchmark, points"),
        help_text=gettext_lazy("0 leaves this method out."),
    )
    discount = PointsField(
        label=gettext_lazy("Discount of the benchmark, per cent"),
        help_text=gettext_lazy("The benchmark is the mean of the prices less this."),
        most=50,
    )
    n_high = PointsField(label=gettext_lazy("Points lost for each 1 % above"), most=20)
    n_low = PointsField(label=gettext_lazy("Points lost for each 1 % below"), most=20)
    trim = forms.ChoiceField(
        label=gettext_lazy("Prices left out of the mean"),
        choices=[(name, words) for name, (_rows, words) in TRIMS.items()],
    )
    lowest = PointsField(
        label=gettext_lazy("Share of the lowest price, points"),
        help_text=gettext_lazy("The lowest price gets all, others in proportion. 0 leaves it out."),
    )
    state_funds = forms.BooleanField(
        label=gettext_lazy("State funds dominate: the first candidate wins"), required=False
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if self.errors:
            return found
        if found["technical"] <= 0:
            self.add_error("technical", _("The technical part has points."))
        elif found["benchmark"] + found["lowest"] <= 0:
            self.add_error("benchmark", _("The price has points: give them to one method or both."))
        else:
            total = found["technical"] + found["benchmark"] + found["lowest"]
            if total != WHOLE:
                self.add_error(
                    "technical",
                    _("All parts together are 100 points; these are %(total)s.")
                    % {"total": plain(total)},
                )
        return found


#: What the page asks for: everything, or of a framework what its terms leave to be stated.
EVERYTHING, TERMS, PRICE, QUALITY = "everything", "terms", framework.PRICE, framework.QUALITY


def asks(lot: Lot) -> str:
    """What is to be stated for this lot; of a framework its terms come first."""
    if not framework.is_framework(lot):
        return EVERYTHING
    terms = framework.terms_of(lot)
    return TERMS if terms is None else terms.priority


def plain(number: Decimal) -> str:
    """``2.50`` as 2.5, ``40.00`` as 40."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def by_price() -> dict[str, Any]:
    """The parameters of a framework that ranks by the unit price alone."""
    return {"method": framework.BY_PRICE}


def by_quality(criteria: Any) -> dict[str, Any]:
    """Those of one that ranks by the criteria alone, from a valid table."""
    lines = _lines(form.cleaned_data for form in criteria.forms)
    technical = {"weight": plain(WHOLE), "criteria": lines}
    return {"method": "comprehensive", "technical": technical, "price": []}


def parameters(criteria: Any, parts: PartsForm) -> dict[str, Any]:
    """The method's parameters from valid forms."""
    asked = parts.cleaned_data
    price: list[dict[str, Any]] = []
    if asked["benchmark"] > 0:
        price.append(
            {
                "method": "benchmark_average",
                "parameters": {
                    "full": plain(asked["benchmark"]),
                    "discount": plain(asked["discount"] / 100),
                    "n_high": plain(asked["n_high"]),
                    "n_low": plain(asked["n_low"]),
                    "trim": TRIMS[asked["trim"]][0],
                    "places": 2,
                },
            }
        )
    if asked["lowest"] > 0:
        price.append(
            {
                "method": "lowest_price_share",
                "parameters": {"weight": plain(asked["lowest"] / 100), "places": 2},
            }
        )
    return {
        "method": "comprehensive",
        "technical": {
            "weight": plain(asked["technical"]),
            "criteria": _lines(form.cleaned_data for form in criteria.forms),
        },
        "price": price,
        "state_funds": asked["state_funds"],
    }


def _lines(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    taken: set[str] = set()
    for row in rows:
        number = 1
        key = row.get("key") or ""
        while not key or key in taken:
            key, number = f"c{number}", number + 1
        taken.add(key)
        line = {"id": key, "title": row["title"].strip(), "full": plain(row["full"])}
        if row["title_en"].strip():
            line["title_en"] = row["title_en"].strip()
        if row["objective"]:
            line["objective"] = True
        lines.append(line)
    return lines


#: What a first table holds: something to change is easier than nothing.
USUAL_PARTS = {
    "technical": "60", "benchmark": "30", "discount": "2", "n_high": "1", "n_low": "0.5",
    "trim": "outer", "lowest": "10", "state_funds": True,
}


def initial(stated: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]] | None:
    """Lines and parts as the form shows these parameters; None where it cannot show them all."""
    stated = {name: one for name, one in stated.items() if name not in evaluations.BESIDE}
    if not stated.get("method"):
        return [{}, {}, {}], dict(USUAL_PARTS)
    if set(stated) - {"method", "technical", "price", "state_funds"}:
        return None
    technical = stated.get("technical", {})
    if stated["method"] != "comprehensive" or set(technical) != {"weight", "criteria"}:
        return None
    lines = []
    for one in technical["criteria"]:
        if set(one) - {"id", "title", "title_en", "full", "objective"}:
            return None
        lines.append(
            {
                "key": one["id"],
                "title": one.get("title", one["id"]),
                "title_en": one.get("title_en", ""),
                "full": str(one["full"]),
                "objective": one.get("objective", False),
            }
        )
    parts = dict(USUAL_PARTS) | {
        "technical": str(technical["weight"]),
        "benchmark": "0",
        "lowest": "0",
        "state_funds": stated.get("state_funds", False),
    }
    known = {"benchmark_average": _of_benchmark, "lowest_price_share": _of_lowest}
    for one in stated.get("price", []):
        reader = known.pop(one["method"], None)
        found = reader(one["parameters"]) if reader is not None else None
        if found is None:
            return None
        parts |= found
    return lines, parts


def _of_benchmark(values: Mapping[str, Any]) -> dict[str, Any] | None:
    trims = [name for name, (rows, _words) in TRIMS.items() if rows == values.get("trim")]
    if not trims or values.get("places", 2) != 2:
        return None
    return {
        "benchmark": str(values["full"]),
        "discount": plain(Decimal(str(values["discount"])) * 100),
        "n_high": str(values["n_high"]),
        "n_low": str(values["n_low"]),
        "trim": trims[0],
    }


def _of_lowest(values: Mapping[str, Any]) -> dict[str, Any] | None:
    if values.get("places", 2) != 2:
        return None
    return {"lowest": plain(Decimal(str(values["weight"])) * 100)}
