"""What exhibits are called on pages; an unknown kind goes by its own name."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABELS: dict[str, Promise] = {
    "notice": _("Notice"),
    "tender-document": _("Document"),
    "attachment": _("Attachment"),
    "prequalification": _("Prequalification document"),
    "prequalification-application": _("Document of an application"),
    "prequalification-sheet": _("Finding on an application"),
    "prequalification-report": _("Report of the examination"),
    "bill-of-quantities": _("Bill of quantities"),
    "bill-workbook": _("Bill of quantities as a workbook"),
    "bill-print": _("Bill of quantities, printed"),
    "clarification": _("Clarification"),
    "plan-decision": _("Decision on the plan"),
    "plan-file": _("File that shows the plan’s ground"),
    "publication-exceptions": _("Reasons for what a notice does not keep"),
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
    "challenge": _("Challenge"),
    "objection-answer": _("Answer to an objection"),
    "complaint": _("Complaint"),
    "complaint-taken-up": _("Complaint taken up or not"),
    "complaint-suspension": _("Suspension for a complaint"),
    "complaint-decision": _("Decision on a complaint"),
    "grievance-withdrawal": _("Objection or complaint withdrawn"),
    "award": _("Award"),
    "award-decision": _("Decision on the award"),
    "award-ballots": _("Ballots of the award panel"),
    "contract": _("Contract"),
    "contract-notice": _("Published contract"),
    "contract-filing": _("Filed contract"),
    "framework-order": _("Order under the framework"),
    "framework-summary": _("Summary of orders"),
    "written-report": _("Written report"),
    "performance": _("Report on performance"),
    "performance-entry": _("Entry on performance"),
    "performance-file": _("File of an entry on performance"),
    "acceptance": _("Acceptance"),
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
    "floor-record": _("Record of the floor"),
    "inspection-notice": _("Notice of inspection"),
    "inspection-result": _("Result of an inspection"),
}


def kind_label(kind: str) -> str:
    """The kind for people, in their language."""
    label = _LABELS.get(kind)
    return str(label) if label is not None else kind.replace("-", " ")
