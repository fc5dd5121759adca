"""What the floor remembers."""

from trading.models.calendar import CalendarDay
from trading.models.document import Document, Download
from trading.models.exhibit import Exhibit, ImmutableExhibit
from trading.models.lot import Assignment, Lot
from trading.models.message import Delivery, Message
from trading.models.organisation import Membership, Organisation
from trading.models.project import CodeSeries, Project

__all__ = [
    "Assignment",
    "CalendarDay",
    "CodeSeries",
    "Delivery",
    "Document",
    "Download",
    "Exhibit",
    "ImmutableExhibit",
    "Lot",
    "Membership",
    "Message",
    "Organisation",
    "Project",
]
