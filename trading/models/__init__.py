"""What the floor remembers."""

from trading.models.award import Award
from trading.models.calendar import CalendarDay
from trading.models.contract import Contract
from trading.models.credit import CreditDecision
from trading.models.deciding import AwardDecision, Ballot, BallotRound, PanelSeat
from trading.models.document import Document, Download
from trading.models.draw import Draw, DrawContribution
from trading.models.exhibit import Exhibit, ImmutableExhibit
from trading.models.framework import FrameworkOrder
from trading.models.grievance import Grievance, GrievanceStep
from trading.models.inspection import Finding, Inspection, InspectionPlan
from trading.models.invitation import Invitation
from trading.models.lot import Assignment, Lot
from trading.models.message import Delivery, Message
from trading.models.organisation import Membership, Organisation
from trading.models.performance import PerformanceEntry, Security
from trading.models.plan import Plan
from trading.models.preparation import Preparation
from trading.models.prequalification import Prequalification, Qualification
from trading.models.project import CodeSeries, Project
from trading.models.question import Question
from trading.models.visit import SiteVisit

__all__ = [
    "Assignment",
    "Award",
    "AwardDecision",
    "Ballot",
    "BallotRound",
    "CalendarDay",
    "CodeSeries",
    "Contract",
    "CreditDecision",
    "Delivery",
    "Document",
    "Download",
    "Draw",
    "DrawContribution",
    "Exhibit",
    "Finding",
    "FrameworkOrder",
    "Grievance",
    "GrievanceStep",
    "ImmutableExhibit",
    "Inspection",
    "InspectionPlan",
    "Invitation",
    "Lot",
    "Membership",
    "Message",
    "Organisation",
    "PanelSeat",
    "PerformanceEntry",
    "Plan",
    "Preparation",
    "Prequalification",
    "Project",
    "Qualification",
    "Question",
    "Security",
    "SiteVisit",
]
