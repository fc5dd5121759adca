"""Guarantees in words: what each check asked, and one line of it for hall and record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bidding.domain import guarantee_checks as checks
from bidding.models import Guarantee
from signatures.paper.document import Words
from trading.interfaces.money import grouped
from trading.interfaces.spoken import spoken

#: Check -> what holds where it holds.
CHECKED = {
    checks.SIGNATURE: gettext_lazy("The signature holds and its certificate is recognised"),
    checks.GUARANTOR: gettext_lazy("The guarantor is recognised here and signed itself"),
    checks.TENDER: gettext_lazy("It was given for this lot"),
    checks.TENDERER: gettext_lazy("It was given for whom the bid is from"),
    checks.BENEFICIARY: gettext_lazy("Its beneficiary is who put the lot out"),
    checks.AMOUNT: gettext_lazy("It is for no less than what is asked"),
    checks.BEGINS: gettext_lazy("It holds on the day of the deadline"),
    checks.LASTS: gettext_lazy("It holds for as long as is asked"),
    checks.DOCUMENT: gettext_lazy("The printed guarantee beside it is the one that was signed"),
}
#: What is named where it does not: on the page, and in the opening's record.
FAILED = {
    checks.SIGNATURE: Words("签名或者证书", "signature or certificate"),
    checks.GUARANTOR: Words("保证人", "guarantor"),
    checks.TENDER: Words("适用标的", "lot"),
    checks.TENDERER: Words("被保证人", "for whom it was given"),
    checks.BENEFICIARY: Words("受益人", "beneficiary"),
    checks.AMOUNT: Words("金额", "amount"),
    checks.BEGINS: Words("起始日", "first day"),
    checks.LASTS: Words("有效期", "last day"),
    checks.DOCUMENT: Words("随附文件", "printed guarantee"),
}
#: What the page on which a guarantor signs says, by its script's codes.
ISSUE_WORDS = {
    "fill-in": gettext_lazy("Fill this in."),
    "too-long": gettext_lazy("This is too long."),
    "bad-code": gettext_lazy(
        "This is no unified social credit code: compare it with the licence, character by"
        " character."
    ),
    "bad-amount": gettext_lazy("Write an amount above zero, such as 200000.00."),
    "bad-day": gettext_lazy("Enter the day as 2026-05-04."),
    "ends-first": gettext_lazy("The last day does not lie before the first."),
    "too-large": gettext_lazy("The file is larger than 64 MB. Choose another."),
    "choose-file": gettext_lazy("Choose your certificate file."),
    "wrong-password": gettext_lazy("The password does not open this file."),
    "unusable": gettext_lazy("This is no usable certificate file (.p12 or .pfx)."),
    "unknown": gettext_lazy(
        "The guarantee could not be signed. Nothing was saved, and what you typed stays. Try again;"
        " the official time is needed for it."
    ),
    "saved": gettext_lazy(
        "The signed guarantee is saved as guarantee.json on this device. Hand it to the tenderer,"
        " with the printed guarantee where you chose one: both are sealed with the bid."
    ),
}


def found(row: Guarantee) -> dict[str, Any]:
    """What the opening found, of the row that it left."""
    return {
        "amount": str(row.amount),
        "guarantor": row.guarantor_name,
        "failed": [one["check"] for one in row.findings if one["holds"] is not True],
    }


def line(told: Mapping[str, Any]) -> str:
    """What the hall says of a bid's guarantee: amount, guarantor, what does not hold."""
    said = _("CNY %(amount)s, %(guarantor)s") % {
        "amount": grouped(Decimal(told["amount"])), "guarantor": told["guarantor"],
    }
    if not told["failed"]:
        return _("%(guarantee)s; every check holds") % {"guarantee": said}
    names = pgettext("list", ", ").join(spoken(FAILED[one]) for one in told["failed"])
    return _("%(guarantee)s; does not hold: %(names)s") % {"guarantee": said, "names": names}


def printed(told: Mapping[str, Any]) -> Words:
    """The same in the record, in both languages."""
    amount, guarantor = grouped(Decimal(told["amount"])), told["guarantor"]
    if not told["failed"]:
        return Words(
            f"{amount} 元，{guarantor}，各项核验均符合",
            f"CNY {amount}, {guarantor}; every check holds",
        )
    names = [FAILED[one] for one in told["failed"]]
    return Words(
        f"{amount} 元，{guarantor}，不符合：{'、'.join(one.zh for one in names)}",
        f"CNY {amount}, {guarantor}; does not hold: {', '.join(one.en for one in names)}",
    )
