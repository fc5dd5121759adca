"""Where a message about a lot leads: to the page that it speaks of, else to the lot's own."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from trading.domain import registry
from trading.models import Message

#: The page by the beginning of the message's template.
PAGES = {
    "question-": "questions",
    "documents-amended": "editions",
    "documents-clarified": "editions",
    "candidates-": "result",
    "award-": "result",
    "contract-": "contract",
    "invitation-": "invitations",
    "site-visit-": "site-visits",
    "panel-": "decision",
    "ballot-": "decision",
    "decision-": "decision",
    "performance-": "performance",
    "security-": "performance",
    "objection-": "objections",
    "challenge-": "objections",
    "complaint-": "complaints",
    "written-report-": "contract",
}

#: The command whose page the message speaks of, where an app above has it.
WAYS = {
    "clarification-": "bidding.answer-clarification",
    "more-time-": "bidding.extend-evaluation",
    "bid-to-confirm": "bidding.confirm-bid",
}


def of(message: Message) -> tuple[str, str] | None:
    """Address and words of the link; None for a message that is about no lot."""
    lot = message.lot
    if lot is None:
        return None
    words = {
        "questions": _("Go to questions and answers"),
        "editions": _("Go to the editions of the tender document"),
        "result": _("Go to candidates and award"),
        "contract": _("Go to the contract"),
        "invitations": _("Go to the invitations"),
        "site-visits": _("Go to the visits"),
        "decision": _("Go to the decision"),
        "performance": _("Go to performance and securities"),
        "objections": _("Go to the objections"),
        "complaints": _("Go to the complaints"),
    }
    for beginning, command in WAYS.items():
        address = registry.way(command, lot) if message.template.startswith(beginning) else ""
        if address:
            words = {
                "clarification-": _("Go to the committee's questions"),
                "more-time-": _("Extend the time to evaluate"),
                "bid-to-confirm": _("Go to your bid"),
            }
            return address, words[beginning]
    for beginning, page in PAGES.items():
        if message.template.startswith(beginning):
            return reverse(page, args=[lot.project.code, lot.number]), words[page]
    return reverse("lot", args=[lot.project.code, lot.number]), _("Go to the project")
