"""What exhibits and acts are called on pages; an unknown one goes by its own name."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABELS: dict[str, Promise] = {
    "notice": _("Notice"),
    "tender-document": _("Document"),
    "attachment": _("Attachment"),
    "clarification": _("Clarification"),
    "policy": _("Sealing policy"),
    "schedule": _("Schedule"),
    "gate": _("Gate"),
    "freeze": _("Freeze"),
    "bid": _("Bid"),
    "withdrawal": _("Withdrawal"),
    "opening-record": _("Opening record"),
    "draw": _("Draw"),
    "committee": _("Committee"),
    "evaluation-report": _("Evaluation report"),
    "candidates": _("Candidates"),
    "objection": _("Objection"),
    "award": _("Award"),
    "contract": _("Contract"),
    "written-report": _("Written report"),
    "performance": _("Report on performance"),
    "inspection": _("Inspection"),
    "finding": _("Finding"),
    "package": _("Archive package"),
    "trace": _("Trace of an upload"),
    "bid-manifest": _("Manifest of a bid"),
    "bid-document": _("Document of a bid"),
    "bid-price": _("Price of a bid"),
    "opening-sheet": _("Opening sheet"),
    "technical-document": _("Technical document, blind"),
    "technical-result": _("Result of the technical evaluation"),
    "evaluation-scores": _("Scores of the evaluation"),
    "evaluation-clarification": _("Clarification of a bid"),
    "inspection-notice": _("Notice of inspection"),
    "inspection-result": _("Result of an inspection"),
}


_ACTS: dict[str, Promise] = {
    "trading.amend-lot": _("Lot amended"),
    "trading.attach-file": _("Attachment added"),
    "trading.detach-file": _("Attachment taken away"),
    "trading.draft-notice": _("Notice drafted"),
    "trading.plan-dates": _("Dates planned"),
    "trading.state-evaluation": _("Method of evaluation stated"),
    "bidding.abandon-version": _("Version of a bid given up"),
    "bidding.complete-version": _("Bid complete"),
    "bidding.register-statement": _("Bid's statement registered"),
    "bidding.withdraw-bid": _("Bid withdrawn"),
    "bidding.ask-clarification": _("Clarification asked for"),
    "bidding.answer-clarification": _("Clarification given"),
    "bidding.ask-more-time": _("More time asked for"),
    "bidding.extend-evaluation": _("Time of the evaluation extended"),
    "bidding.lapse-clarification": _("No clarification was given"),
    "ledger.cover": _("Cover entry"),
    "signatures.accept-trust-list": _("Trust list taken in"),
    "signatures.conclude-document": _("Signed document taken in"),
    "signatures.embed-signature": _("Document signed"),
    "signatures.move-clock": _("Demonstration's clock moved"),
    "signatures.open-document": _("Document opened for signing"),
    "signatures.open-session": _("Signing session begun"),
    "signatures.pin-list-signer": _("List signer pinned"),
    "signatures.prepare-signature": _("Signature prepared"),
    "signatures.refuse-trust-list": _("Trust list refused"),
    "signatures.seal-document": _("Document sealed"),
    "signatures.start-clock": _("Demonstration's clock started"),
    "signatures.unpin-list-signer": _("List signer withdrawn"),
    "trading.award": _("Award notified"),
    "trading.answer-question": _("Question answered"),
    "trading.ask-question": _("Question asked"),
    "trading.bind-certificate": _("Certificate bound"),
    "trading.decide-day": _("Day of the calendar decided"),
    "trading.end-membership": _("Membership ended"),
    "trading.file-exhibit": _("Exhibit filed"),
    "trading.file-written-report": _("Written report filed"),
    "trading.grant-membership": _("Membership granted"),
    "trading.move-lot": _("Lot moved"),
    "trading.offer-contract": _("Contract offered for signature"),
    "trading.publish-candidates": _("Candidates published"),
    "trading.publish-documents": _("Tender documents put on offer"),
    "trading.publish-notice": _("Notice published"),
    "trading.record-download": _("Document fetched"),
    "trading.read-message": _("Message opened"),
    "trading.refuse-organisation": _("Registration refused"),
    "trading.register-organisation": _("Organisation registered"),
    "trading.register-person": _("Person registered"),
    "trading.register-project": _("Project registered"),
    "trading.report-performance": _("Performance reported"),
    "trading.retry-delivery": _("Delivery tried again"),
    "trading.retry-task": _("Task tried again"),
    "trading.resume": _("Resumed"),
    "trading.sign-contract": _("Contract signed"),
    "trading.sign-in": _("Signed in"),
    "trading.suspend": _("Suspended"),
    "trading.terminate": _("Terminated"),
    "trading.undo-day": _("Decision on a day taken back"),
    "trading.verify-organisation": _("Organisation verified"),
    "trading.withdraw-certificate": _("Certificate withdrawn"),
}


def act_label(name: str) -> str:
    """The act for people, in their language."""
    label = _ACTS.get(name)
    return str(label) if label is not None else name


def kind_label(kind: str) -> str:
    """The kind for people, in their language."""
    label = _LABELS.get(kind)
    return str(label) if label is not None else kind.replace("-", " ")
