"""What the page on which a consortium agrees says, by its script's codes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from bidding.interfaces.guarantee_words import ISSUE_WORDS

WORDS = {
    **{
        code: ISSUE_WORDS[code]
        for code in (
            "fill-in", "too-long", "bad-code", "choose-file", "wrong-password", "unusable",
        )
    },
    "twice": gettext_lazy(
        "This member stands there already. Say everything about it in one place."
    ),
    "bad-share": gettext_lazy("Write a whole number from 1 to 99."),
    "not-hundred": gettext_lazy("The shares of all members must add up to 100 per cent."),
    "no-agreement": gettext_lazy(
        "This is no agreement of a consortium, or it was changed. Ask for the file anew, as it was"
        " saved."
    ),
    "other-lot": gettext_lazy(
        "This agreement is about another lot. Open that lot’s page to sign it."
    ),
    "bad-signature": gettext_lazy(
        "A signature in this file is not over what stands in it. Do not sign it; ask for the file"
        " anew."
    ),
    "signed-already": gettext_lazy("This certificate has signed the agreement already."),
    "not-a-member": gettext_lazy(
        "This certificate is of an organisation that is no member. Choose a member’s certificate."
    ),
    "not-the-lead": gettext_lazy(
        "This certificate is of another organisation than yours. The lead signs first, with its"
        " own; the others add theirs to the saved file."
    ),
    "unknown": gettext_lazy(
        "The agreement could not be signed. Nothing was saved, and what you typed stays. Try again;"
        " the official time is needed for it."
    ),
    "written": gettext_lazy(
        "The agreement is saved as consortium.json with your signature. Hand it to the next member,"
        " who adds its own below on this page."
    ),
    "added": gettext_lazy(
        "Saved as consortium.json with your signature. Hand it to a member that has not signed yet."
    ),
    "all-signed": gettext_lazy(
        "Every member has signed. The lead adds this consortium.json to the qualification of the"
        " bid."
    ),
}  # fmt: skip
