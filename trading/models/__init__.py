"""What the floor remembers."""

from trading.models.award import Award
from trading.models.calendar import CalendarDay
from trading.models.contract import Contract
from trading.models.document import Document, Download
from trading.models.draw import Draw, DrawContribution
from trading.models.exhibit import Exhibit, ImmutableExhibit
from trading.models.inspection import Finding, Inspection, InspectionPlan
from trading.models.lot import Assignment, Lot
from trading.models.message import Delivery, Message
from trading.models.organisation import Membership, Organisation
from trading.models.preparation import Preparation
from trading.models.project import CodeSeries, Project
from trading.models.question import Question

__all__ = [
    "Assignment",
    "Award",
    "CalendarDay",
    "CodeSeries",
    "Contract",
    "Delivery",
    "Document",
    "Download",
    "Draw",
    "DrawContribution",
    "Exhibit",
    "Finding",
    "ImmutableExhibit",
    "Inspection",
    "InspectionPlan",
    "Lot",
    "Membership",
    "Message",
    "Organisation",
    "Preparation",
    "Project",
    "Question",
]
