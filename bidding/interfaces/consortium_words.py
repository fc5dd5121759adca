"""Consortia in words: one line of an agreement for hall and record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bidding.domain import consortia
from bidding.domain import consortium_checks as checks
from bidding.models import Consortium
from signatures.paper.document import Words
from trading.interfaces.spoken import spoken

#: What is named where a check does not hold: on the page, and in the opening's record.
FAILED = {
    checks.TENDER: Words("适用标的", "lot"),
    checks.LEAD: Words("牵头人与递交单位不一致", "the lead is not who bids"),
    checks.SIGNED: Words("成员签名", "a member's signature"),
    checks.STANDING: Words(
        "成员因信用处理决定限制参加", "a member is kept out by a credit decision"
    ),
    checks.ONCE: Words("成员另以其他方式参加", "a member bids in another way too"),
}


def of(state: Mapping[str, Any], bid: str) -> dict[str, Any] | None:
    """What the hall knows of the bid's consortium: its members, and which checks do not hold."""
    told = state.get("consortia", {}).get(bid)
    if told is None:
        return None
    again = any(bid in each for each in state.get("twice", ()))
    failed = [*told["failed"], *([checks.ONCE] if again else [])]
    return {"members": told["members"], "failed": failed}


def found(row: Consortium) -> dict[str, Any]:
    """The same of the row that the opening left."""
    failed = [one["check"] for one in row.findings if one["holds"] is not True]
    again = [checks.ONCE] if consortia.twice(row) else []
    return {"members": [one["name"] for one in row.members], "failed": [*failed, *again]}


def line(told: Mapping[str, Any]) -> str:
    """The members, and what does not hold."""
    comma = pgettext("list", ", ")
    members = comma.join(told["members"])
    if not told["failed"]:
        return _("%(members)s; every check holds") % {"members": members}
    names = comma.join(spoken(FAILED[one]) for one in told["failed"])
    return _("%(members)s; does not hold: %(names)s") % {"members": members, "names": names}


def printed(told: Mapping[str, Any]) -> Words:
    """The same in the record, in both languages."""
    zh, en = "、".join(told["members"]), ", ".join(told["members"])
    if not told["failed"]:
        return Words(f"{zh}，各项核验均符合", f"{en}; every check holds")
    names = [FAILED[one] for one in told["failed"]]
    return Words(
        f"{zh}，不符合：{'、'.join(one.zh for one in names)}",
        f"{en}; does not hold: {', '.join(one.en for one in names)}",
    )
