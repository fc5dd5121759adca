"""Forms by which a tenderee prepares a tender: the project, a lot, its words, dates and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.domain.errors import Malformed
from signatures.sandbox import filetype
from trading.domain import paper_words, procedure, security_asked
from trading.domain.exceptions import Warned
from trading.domain.notices import MAX_DETAIL
from trading.domain.procedure import Procedure
from trading.domain.suspensions import MAX_REASON
from trading.interfaces import citations, prepared_bill
from trading.interfaces.forms import SunlitForm
from trading.models import Lot, Organisation

_LONG = gettext_lazy("Write at most %(limit_value)d characters; these are %(show_value)d.")
_MOST_AMOUNT = Decimal("999999999999999.99")

#: What an attachment of a tender document may be, by its extension.
ATTACHABLE = ("pdf", "ofd", "docx", "xlsx", "zip", "png", "jpg", "jpeg", "txt", "csv")


class AmountField(forms.DecimalField):
    """An amount of money; thousands may be parted by commas, as people write them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_digits=17,
            decimal_places=2,
            min_value=Decimal("0.01"),
            max_value=_MOST_AMOUNT,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={
                "required": gettext_lazy("State the amount."),
                "invalid": gettext_lazy("Write an amount such as 12000000.00."),
                "min_value": gettext_lazy("An amount is above zero."),
                "max_value": gettext_lazy("An amount is below 10^15."),
                "max_digits": gettext_lazy("An amount is below 10^15."),
                "max_whole_digits": gettext_lazy("An amount is below 10^15."),
                "max_decimal_places": gettext_lazy("An amount has at most two decimals."),
            },
            **kwargs,
        )

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = value.replace(",", "").replace("，", "").strip()
        return super().to_python(value)


def title_field(label: Promise, required: Promise, hint: Promise | str = "") -> forms.CharField:
    """A title of 1 to 200 characters."""
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=hint,  # type: ignore[arg-type]
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": required, "max_length": _LONG},  # type: ignore[dict-item]
    )


class ProjectForm(SunlitForm):
    """A new project; the choices are the parties that the person may register one for."""

    title = title_field(
        gettext_lazy("The project's title"),
        gettext_lazy("Give the project a title."),
        gettext_lazy("As the approval of the project names it."),
    )
    procedure = forms.ChoiceField(
        label=gettext_lazy("Category and procedure"),
        help_text=gettext_lazy("It decides stages, dates and limits."),
        error_messages={"required": gettext_lazy("Choose the procedure.")},
    )
    tenderee = forms.ChoiceField(
        label=gettext_lazy("Tenderee"),
        error_messages={
            "required": gettext_lazy("Choose the tenderee."),
            "invalid_choice": gettext_lazy("Choose one of the verified tenderees."),
        },
    )
    agency = forms.ChoiceField(
        label=gettext_lazy("Tendering agency"),
        help_text=gettext_lazy("It may do all that the tenderee may do while preparing."),
        required=False,
        error_messages={
            "required": gettext_lazy("Choose your agency."),
            "invalid_choice": gettext_lazy("Choose one of the verified agencies."),
        },
    )

    def __init__(
        self,
        *args: Any,
        tenderees: Iterable[Organisation],
        agencies: Iterable[Organisation],
        needs_agency: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[Any]] = {
            "procedure": [
                (
                    group[0].category_for_people(),
                    [(each.name, each.name_for_people()) for each in group],
                )
                for group in procedure.categories().values()
            ],
            "tenderee": [(str(one.pk), one.name) for one in tenderees],
            "agency": [(str(one.pk), one.name) for one in agencies],
        }
        if len(choices["tenderee"]) != 1:
            choices["tenderee"].insert(0, ("", _("Choose")))
        self.fields["agency"].required = needs_agency
        if not needs_agency:
            choices["agency"].insert(0, ("", _("none")))
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
        if len(choices["agency"]) == 1 and not needs_agency:
            del self.fields["agency"]


class LotForm(SunlitForm):
    """One lot: what it is called and what it is estimated to cost."""

    title = title_field(
        gettext_lazy("The lot's title"), gettext_lazy("Give the lot a title.")
    )
    estimate = AmountField(
        label=gettext_lazy("Estimate in CNY"),
        required=False,
        help_text=gettext_lazy("It may be left out for now; the notice needs it."),
    )


class _Lots(forms.BaseFormSet):
    def clean(self) -> None:
        require_lines(self)


def require_lines(table: forms.BaseFormSet) -> None:
    """At least one line arrived; what is wrong in a line is said there."""
    if not table.forms:
        raise forms.ValidationError(_("The table needs at least one line."))


LotFormSet = forms.formset_factory(
    LotForm, formset=_Lots, extra=0, min_num=1, max_num=20, validate_max=True, absolute_max=40
)


class NoticeForm(SunlitForm):
    """What the notice says in words. Dates and parties are put in by the platform."""

    title = title_field(
        gettext_lazy("The notice's title"), gettext_lazy("Give the notice a title.")
    )

    def __init__(self, *args: Any, lot: Lot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (hint, missing) in _DETAILS.items():
            self.fields[name] = forms.CharField(
                label=_("Contact") if name == "contact" else paper_words.word(lot, name),
                help_text=hint,
                max_length=MAX_DETAIL,
                widget=forms.Textarea(attrs={"rows": 4, "class": "input"}),
                error_messages={"required": missing, "max_length": _LONG},
            )

    def details(self) -> dict[str, str]:
        """The words by their names."""
        return {name: self.cleaned_data[name].replace("\r\n", "\n") for name in _DETAILS}


_DETAILS = {
    "scope": (
        gettext_lazy("What it is about, how much of it, and in which time."),
        gettext_lazy("Say what is tendered."),
    ),
    "place": (
        gettext_lazy("Where it lies, or is carried out."),
        gettext_lazy("Say where it lies or is carried out."),
    ),
    "requirements": (
        gettext_lazy("Licences, experience, people. Nothing that shuts out by region or owner."),
        gettext_lazy("Say what a tenderer must have."),
    ),
    "contact": (
        gettext_lazy("Who answers questions, and how they are reached."),
        gettext_lazy("Say who answers questions."),
    ),
}


class BidSecurityForm(SunlitForm):
    """What the documents ask as bid security; both fields empty ask for none."""

    amount = AmountField(
        label=gettext_lazy("Amount in CNY"),
        required=False,
        help_text=gettext_lazy("Leave both fields empty where no bid security is asked."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("It holds for so many days from the deadline"),
        help_text=gettext_lazy("As long as bids themselves hold."),
        required=False,
        min_value=1,
        max_value=security_asked.MOST_DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": gettext_lazy("State a whole number."),
            "min_value": gettext_lazy("Not below %(limit_value)s."),
            "max_value": gettext_lazy("At most %(limit_value)s."),
        },
    )
    PLACES = {"security-too-high": "amount", "bad-amount": "amount", "bad-days": "days"}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (found["amount"] is None) != (found["days"] is None):
            missing = "amount" if found["amount"] is None else "days"
            self.add_error(missing, _("State this too, or leave both fields empty."))
        return found

    def asked(self) -> dict[str, Any] | None:
        """What the act is given; None where none is asked."""
        amount, days = self.cleaned_data["amount"], self.cleaned_data["days"]
        return None if amount is None else {"amount": f"{amount:.2f}", "days": days}


class DatesForm(SunlitForm):
    """The dates that the procedure lets the tenderee choose, and when it means to publish."""

    def __init__(self, *args: Any, rules: Procedure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["start"] = _moment(
            _("You mean to publish the notice"),
            _("Only for this calculation: what counts is the moment at which you publish."),
        )
        self.chosen = rules.chosen
        for name in self.chosen:
            rule = rules.days.get(rules.dates[name].rule or "")
            self.fields[name] = _moment(
                rules.title("dates", name), rules.title("days", rule.name) if rule else ""
            )

    def dates(self) -> dict[str, datetime]:
        """The chosen dates by their names."""
        return {name: self.cleaned_data[name] for name in self.chosen}


def _moment(label: str, hint: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=hint,
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "input"}
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={
            "required": gettext_lazy("Choose day and time."),
            "invalid": gettext_lazy("This is no date; write it as 2026-05-04 09:30."),
        },
    )


class FileForm(SunlitForm):
    """A file that goes out with the tender document."""

    title = forms.CharField(
        label=gettext_lazy("What it is"),
        help_text=gettext_lazy("Such as bill of quantities, drawings, draft contract."),
        max_length=190,
        error_messages={
            "required": gettext_lazy("Say what the file is."), "max_length": _LONG,
        },
    )
    file = forms.FileField(
        label=gettext_lazy("The file"),
        widget=forms.FileInput,
        max_length=255,
        error_messages={
            "required": gettext_lazy("Choose the file."),
            "missing": gettext_lazy("Choose the file."),
            "empty": gettext_lazy("The file is empty. Choose another."),
            "max_length": gettext_lazy("The file's name is longer than 255 characters. Rename it."),
        },
    )

    def __init__(
        self, *args: Any, published: Sequence[Mapping[str, Any]] = (), **kwargs: Any
    ) -> None:
        """``published`` are the attachments that hold, whose place the file may take."""
        super().__init__(*args, **kwargs)
        if published:
            none = ("", _("Nothing; it comes beside the others"))
            self.fields["replaces"] = forms.ChoiceField(
                label=gettext_lazy("Instead of"),
                required=False,
                choices=[none, *((one["id"], one["title"]) for one in published)],
                error_messages={
                    "invalid_choice": gettext_lazy("Choose among the files that stand here.")
                },
            )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.checked = filetype.check_upload(
                file.name or "", file, ATTACHABLE, settings.DOCUMENT_MAX_BYTES
            )
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
        return file


class BillForm(SunlitForm):
    """The workbook that holds a bill of quantities."""

    file = forms.FileField(
        label=gettext_lazy("The workbook"),
        help_text=gettext_lazy("XLSX, at most 5 MB, after the template."),
        widget=forms.FileInput,
        max_length=255,
        error_messages={
            "required": gettext_lazy("Choose the workbook."),
            "missing": gettext_lazy("Choose the workbook."),
            "empty": gettext_lazy("The file is empty. Choose another."),
            "max_length": gettext_lazy("The file's name is longer than 255 characters. Rename it."),
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.checked = prepared_bill.check(file.name or "", file)
        except Malformed as error:
            raise forms.ValidationError(error.message) from None
        return file


class PublicationForm(SunlitForm):
    """What is published under which title; the seal was made in the page."""

    title = title_field(
        gettext_lazy("Title under which it is published"),
        gettext_lazy("Give the document a title."),
    )

    def __init__(self, *args: Any, warned: Iterable[Warned] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warned = tuple(warned)
        for one in self.warned:
            self.fields[one.name] = forms.CharField(
                label=_("Why it goes out all the same"),
                help_text=f"{one.message} ({citations.cited(one.article)})",
                max_length=MAX_REASON,
                widget=forms.Textarea(attrs={"rows": 2, "class": "input"}),
                error_messages={
                    "required": _("This rule warns. Say why the notice goes out all the same."),
                    "max_length": _LONG,  # type: ignore[dict-item]
                },
            )

    def reasons(self) -> dict[str, str]:
        """The reason for each warning, by its name."""
        return {one.name: self.cleaned_data[one.name] for one in self.warned}


class HaltForm(SunlitForm):
    """Why a lot stands still, goes on or ends."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("All tenderers are told it, and everybody reads it on the page."),
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Give the reason."), "max_length": _LONG},
    )
