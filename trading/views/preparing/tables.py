"""Tables that people fill in line by line, without needing a script to add or take away one."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy

#: What a table says whose count of lines did not arrive: nobody typed that.
MESSAGES = {
    "missing_management_form": gettext_lazy(
        "The table did not arrive whole. Load the page anew and try again."
    ),
    "too_many_forms": gettext_lazy("The table has more lines than are allowed: at most %(num)d."),
}


def lines(sent: QueryDict, prefix: str) -> QueryDict:
    """A table's lines as they were sent; ``do`` = ``add`` or ``remove-<n>`` changes their number.

    Lines move up where one was taken away, so that their numbers have no gap.
    """
    do = sent.get("do", "")
    data = sent.copy()
    total = _number(sent.get(f"{prefix}-TOTAL_FORMS"))
    if do == "add":
        data[f"{prefix}-TOTAL_FORMS"] = str(total + 1)
    elif do.startswith("remove-") and total > 1:
        gone = _number(do.removeprefix("remove-"))
        kept = [index for index in range(total) if index != gone]
        for name in list(data):
            if name.startswith(f"{prefix}-") and name.split("-")[1].isdigit():
                del data[name]
        for new, old in enumerate(kept):
            start = f"{prefix}-{old}-"
            for name in sent:
                if name.startswith(start):
                    data[f"{prefix}-{new}-{name.removeprefix(start)}"] = str(sent[name])
        data[f"{prefix}-TOTAL_FORMS"] = str(len(kept))
    return data


def _number(text: str | None) -> int:
    """A count as a browser sends it; what is no count, or no sensible one, is 0."""
    return int(text) if text and len(text) <= 3 and text.isascii() and text.isdigit() else 0


def typed(forms: Any) -> list[dict[str, Any]]:
    """What stands in each line, as it was typed."""
    return [
        {name: each[name].value() for name in each.fields} for each in forms.forms
    ]
