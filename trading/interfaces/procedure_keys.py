"""The keys of a procedure's rows in people's words: what each is called, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trading.domain.procedure import Procedure
from trading.enums import LotRole, LotState
from trading.interfaces import procedure_words as words
from trading.interfaces.act_labels import act_label
from trading.interfaces.citations import cited

_KEYS: dict[str, Promise] = {
    "name": gettext_lazy("Short name"),
    "version": gettext_lazy("Version"),
    "effective": gettext_lazy("Effective"),
    "category": gettext_lazy("Category, by its short name"),
    "code_prefix": gettext_lazy("Project codes begin with"),
    "state": gettext_lazy("The lot is then"),
    "act": gettext_lazy("Recorded as"),
    "roles": gettext_lazy("Who"),
    "from": gettext_lazy("At these stages"),
    "to": gettext_lazy("Leads to"),
    "at": gettext_lazy("By itself at"),
    "not_before": gettext_lazy("Not before"),
    "not_after": gettext_lazy("Not after"),
    "marks": gettext_lazy("Fixes the date"),
    "guards": gettext_lazy("On condition that"),
    "article": gettext_lazy("Article"),
    "least": gettext_lazy("At least"),
    "most": gettext_lazy("At most"),
    "unit": gettext_lazy("Counted in"),
    "odd": gettext_lazy("An odd number"),
    "confirmed": gettext_lazy("Confirmed"),
    "mandatory": gettext_lazy("Mandatory"),
    "chosen": gettext_lazy("Chosen by the tenderee"),
    "rule": gettext_lazy("By the rule of days"),
    "same": gettext_lazy("The same as"),
    "after": gettext_lazy("Expected after"),
    "count": gettext_lazy("Expected after so many"),
    "time": gettext_lazy("Hour"),
    "value": gettext_lazy("Applies"),
}
_LANGUAGES: dict[str, Promise] = {
    "zh-hans": gettext_lazy("in Chinese"),
    "en": gettext_lazy("in English"),
}
#: Keys that another word fits better in one section.
_KEYS_OF: dict[tuple[str, str], Promise] = {
    ("days", "from"): gettext_lazy("Counted from"),
    ("days", "to"): gettext_lazy("Counted to"),
}
#: Keys that are numbers; their row says of what.
_COUNTS = frozenset({"least", "most", "count"})


def label(section: str, key: str) -> str:
    """What a key is called; an unknown one goes by its own name."""
    stem, _dot, language = key.partition(".")
    if language:
        word = _("Category") if stem == "category" else _("Name")
        if language == get_language():
            return word
        return words.with_note(word, str(_LANGUAGES[language]))
    found = _KEYS_OF.get((section, key)) or _KEYS.get(key)
    return str(found) if found is not None else key


def said(rules: Procedure, section: str, row: str, key: str, value: Any) -> tuple[str, ...]:
    """What a key says, for people; nothing where it says nothing."""
    if value is None or value in ("", ()) or (key, value) == ("count", 0):
        return ()
    if key in _COUNTS:
        return (_count(rules, section, row, value),)
    if key == "guards":
        return tuple(map(words.condition, value))
    if key == "from" and isinstance(value, frozenset):
        return _stages(rules, value)
    say = _VALUES.get((section, key)) or _VALUES.get(("", key))
    if say is not None:
        return (say(rules, value),)
    if isinstance(value, bool):
        return (yes(value),)
    return (value.isoformat() if isinstance(value, date) else str(value),)


def _count(rules: Procedure, section: str, row: str, value: int) -> str:
    """A number with what it counts."""
    counted = getattr(rules, section)[row].unit
    return (words.amount if section == "figures" else words.days)(value, counted)


def _stages(rules: Procedure, names: frozenset[str]) -> tuple[str, ...]:
    order = [stage.name for stage in rules.stages] + list(rules.exits)
    known = sorted(names, key=lambda name: order.index(name) if name in order else -1)
    return tuple(words.place(rules, name) for name in known)


def yes(value: bool) -> str:
    """A yes or a no."""
    return _("yes") if value else _("no")


def state(value: str) -> str:
    """The state of a lot."""
    return str(LotState(value).label)


def _figure_unit(rules: Procedure, value: str) -> str:
    units: Mapping[str, str] = {
        words.PERCENT: _("per cent"), words.THIRDS: _("thirds"), "count": _("a number"),
        words.MINUTES: _("minutes"),
    }  # fmt: skip
    return units.get(value, value)


def _hour(rules: Procedure, value: time) -> str:
    return words.hour(value)


_VALUES: dict[tuple[str, str], Callable[[Procedure, Any], str]] = {
    ("", "state"): lambda rules, value: state(value),
    ("", "act"): lambda rules, value: act_label(value),
    ("", "roles"): lambda rules, value: LotRole.named(value),
    ("", "at"): words.moment,
    ("", "not_before"): words.moment,
    ("", "not_after"): words.moment,
    ("", "marks"): words.moment,
    ("", "article"): lambda rules, value: cited(value),
    ("", "time"): _hour,
    ("", "same"): words.moment,
    ("", "after"): words.moment,
    ("", "unit"): lambda rules, value: words.unit(value),
    ("", "rule"): lambda rules, value: rules.title("days", value),
    ("figures", "unit"): _figure_unit,
    ("commands", "to"): words.target,
    ("days", "from"): words.moment,
    ("days", "to"): words.moment,
}
