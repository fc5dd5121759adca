"""The calendar at the desk: a year as data, and decisions on days to come."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import dateformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.errors import SunlitError
from trading.domain import calendar
from trading.domain.calendar_acts import DecideDay, UndoDay
from trading.interfaces.desk_forms import DayForm
from trading.models import CalendarDay
from trading.views.doors import operators_only
from trading.views.operator import desk


@dataclass(frozen=True)
class Cell:
    """One day of a month: its number, its look and what a reader is told of it."""

    number: int
    look: str
    said: str


@dataclass(frozen=True)
class Month:
    """A month in weeks that begin on Monday; days of other months are empty."""

    name: str
    weeks: list[list[Cell | None]]


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def year(request: HttpRequest) -> HttpResponse:
    """One year; a POST decides a day, or takes a decision on one back."""
    today = calendar.local_day(clock.now())
    shown = _year(request.GET.get("year", ""), today)
    form, refusal, status = DayForm(), None, 200
    if request.method == "POST":
        form = DayForm(request.POST)
        refusal, status = _decide(request, form)
        if status == 303:
            day = form.cleaned_data["day"]
            address = f"{reverse('operator-calendar')}?year={day.year}"
            return HttpResponseRedirect(address, status=303)
    rows = {row.day: row for row in CalendarDay.objects.filter(day__year=shown).order_by("day")}
    context = {
        "year": shown,
        "years": [shown - 1, shown + 1],
        "months": [_month(shown, number, rows, today) for number in range(1, 13)],
        "weekdays": [_("Mo"), _("Tu"), _("We"), _("Th"), _("Fr"), _("Sa"), _("Su")],
        "days": [(row, row.source != calendar.PACKAGE, row.day > today) for row in rows.values()],
        "form": form,
        "refusal": refusal,
    }
    return desk.show(request, "calendar", "operator-calendar", context, status=status)


def _decide(request: HttpRequest, form: DayForm) -> tuple[SunlitError | None, int]:
    """Carry the form out; 303 as the status says that it is done."""
    undo = request.POST.get("do") == "undo"
    if undo:
        form.fields["working"].required = form.fields["name"].required = False
    if not form.is_valid():
        return None, 400
    day = form.cleaned_data["day"]
    if undo:
        act: DecideDay | UndoDay = UndoDay(day=day)
        said = _("The decision on %(day)s is taken back.") % {"day": day.isoformat()}
    else:
        act = DecideDay(
            day=day, working=form.cleaned_data["working"], ground=form.cleaned_data["name"]
        )
        said = _("%(day)s is decided; periods counted from now on go by it.") % {
            "day": day.isoformat()
        }
    refusal = desk.carry_out(request, act, said=said)
    return refusal, 303 if refusal is None else desk.status_of(refusal)


def _year(asked: str, today: date) -> int:
    """The year asked for, near the present; the present one where it cannot be understood."""
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    return min(max(number, today.year - 5), today.year + 5)


def _month(shown: int, number: int, rows: dict[date, CalendarDay], today: date) -> Month:
    weeks = months.Calendar().monthdatescalendar(shown, number)
    return Month(
        name=dateformat.format(date(shown, number, 1), "F"),
        weeks=[
            [_cell(day, rows.get(day), today) if day.month == number else None for day in week]
            for week in weeks
        ],
    )


def _cell(day: date, row: CalendarDay | None, today: date) -> Cell:
    look, said = ("rest", _("day of rest")) if day.weekday() >= 5 else ("", "")
    if row is not None:
        look = "worked" if row.working else "off"
        said = _("working day") if row.working else _("day of rest")
    if day == today:
        look, said = f"{look} day-now".strip(), f"{said} {_('today')}".strip()
    return Cell(number=day.day, look=look, said=said)
