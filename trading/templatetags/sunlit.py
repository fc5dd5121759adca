"""How times, amounts and digests are written on pages: one way everywhere.

Times are shown in the platform's zone with the machine-readable moment beside them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from signatures.domain import jcs
from trading.domain import paper_words, suspensions
from trading.interfaces import act_labels, citations, sign_ins
from trading.interfaces import money as amounts
from trading.models import Lot

register = template.Library()

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def _moment(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        value = jcs.parse_timestamp(value)
    return None if value is None else timezone.localtime(value)


def _time(value: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def moment(value: datetime | str | None) -> SafeString | str:
    """``2026-11-20 14:32:07``, in the platform's zone."""
    local = _moment(value)
    return "" if local is None else _time(local, f"{local:%Y-%m-%d %H:%M:%S}")


@register.filter
def minute(value: datetime | str | None) -> SafeString | str:
    """``2026-11-20 14:32``: for deadlines, which stand on whole minutes."""
    local = _moment(value)
    return "" if local is None else _time(local, f"{local:%Y-%m-%d %H:%M}")


def _due(value: datetime | str | None) -> tuple[datetime, datetime, str] | None:
    """A deadline, its day and hour: days end at 24:00 (Civil Code 203), not at the next's 0:00."""
    local = _moment(value)
    if local is None:
        return None
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return local, local - timedelta(days=1), "24:00"
    return local, local, f"{local:%H:%M}"


@register.filter
def due_day(value: datetime | str | None) -> SafeString | str:
    """The day of a deadline: ``20 Nov``, ``11月20日``."""
    due = _due(value)
    if due is None:
        return ""
    return _time(due[0], dateformat.format(due[1], pgettext("date format", "j M")))


@register.filter
def due_hour(value: datetime | str | None) -> str:
    """The hour of a deadline: ``09:30``, or ``24:00`` at a day's end."""
    due = _due(value)
    return "" if due is None else due[2]


@register.filter
def due_minute(value: datetime | str | None) -> SafeString | str:
    """A deadline in full: ``2026-11-20 24:00``."""
    due = _due(value)
    return "" if due is None else _time(due[0], f"{due[1]:%Y-%m-%d} {due[2]}")


@register.filter
def due_short(value: datetime | str | None) -> SafeString | str:
    """A deadline without its year: ``11-20 24:00``."""
    due = _due(value)
    return "" if due is None else _time(due[0], f"{due[1]:%m-%d} {due[2]}")


@register.filter
def called(lot: Lot, name: str) -> str:
    """What the lot's procedure calls something: ``{{ lot|called:"winner" }}``."""
    return paper_words.word(lot, name)


@register.filter
def cited(value: str | None) -> str:
    """``TBL 24`` as readers of the language cite it: 招标投标法 24."""
    return citations.cited(value or "")


@register.filter
def law(value: Lot, where: str) -> str:
    """The article that the lot's own procedure gives: ``{{ lot|law:"grounds.own-tender" }}``."""
    return citations.law(value, where)


@register.filter
def act_label(value: str) -> str:
    """What an act is called; one without a name for people goes by its own."""
    return act_labels.act_label(value)


@register.filter
def day_minute(value: datetime | str | None) -> SafeString | str:
    """``11-20 14:32``: inside a list whose year is plain."""
    local = _moment(value)
    return "" if local is None else _time(local, f"{local:%m-%d %H:%M}")


@register.filter
def hour(value: datetime | str | None) -> SafeString | str:
    """``14:32``."""
    local = _moment(value)
    return "" if local is None else _time(local, f"{local:%H:%M}")


@register.filter
def day(value: datetime | str | None) -> SafeString | str:
    """The day without its year: ``20 Nov``, ``11月20日``."""
    local = _moment(value)
    if local is None:
        return ""
    # Translators: a date without its year, in Django's date format letters.
    return _time(local, dateformat.format(local, pgettext("date format", "j M")))


@register.filter
def full_day(value: datetime | str | None) -> SafeString | str:
    """The day with year and weekday: ``Friday 20 November 2026``, ``2026年11月20日，星期五``."""
    local = _moment(value)
    if local is None:
        return ""
    # Translators: a date with year and weekday, in Django's date format letters.
    return _time(local, dateformat.format(local, pgettext("date format", "l j F Y")))


@register.filter
def money(value: Decimal | str | None) -> str:
    """``81,274,300.50`` with separators and two places."""
    return "" if value in (None, "") else amounts.grouped(Decimal(str(value)))


@register.filter
def capitals(value: Decimal | str | None) -> str:
    """An amount in Chinese capitals (大写), as legal records write it."""
    return "" if value in (None, "") else amounts.capitals(Decimal(str(value)))


@register.filter
def short(value: str | bytes | None) -> str:
    """The two ends of a digest: ``9834876d…e07ee8f0``."""
    text = bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value or "")
    return text if len(text) <= 20 else f"{text[:8]}…{text[-8:]}"


@register.filter
def grouped(value: str | bytes | None) -> str:
    """A digest in groups of eight, so that two people can compare it aloud."""
    text = bytes(value).hex() if isinstance(value, (bytes, memoryview)) else str(value or "")
    return " ".join(text[start : start + 8] for start in range(0, len(text), 8))


@register.filter
def tongue(value: Any) -> str:
    """The language of what a user wrote, for its ``lang`` attribute: it is never translated."""
    return "zh-Hans" if _CHINESE.search(str(value)) else "en"


@register.inclusion_tag("ui/own_certificate.html", takes_context=True)
def own_certificate(context: dict[str, Any]) -> dict[str, Any]:
    """In a signing dialog, beside its file and password: an invented person's own of both.

    Nothing in production, and nothing for people whose certificate the platform does not hold.
    """
    return {"own": sign_ins.of(context.get("user"))}


@register.filter
def halt_reason(value: str) -> str:
    """Why a lot stands still or was ended, for people."""
    return suspensions.reason_told(value)
