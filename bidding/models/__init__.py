"""What the secret and the live remember."""

from bidding.models.bids import (
    Bid,
    BidConfirmation,
    BidVersion,
    Complaint,
    Envelope,
    Share,
    UploadTrace,
)
from bidding.models.clarification import Clarification
from bidding.models.committee import Committee, Expert, Seat
from bidding.models.consortia import Consortium
from bidding.models.evaluation import BidCode, Evaluation, Score, ScoreSheet
from bidding.models.examination import Examination
from bidding.models.floor import FloorApplication, FloorAsk
from bidding.models.guarantees import Guarantee, GuaranteeMessage
from bidding.models.outages import OutageExtension
from bidding.models.room import Room, RoomEvent, RoomPresence
from bidding.models.sealing import (
    Freeze,
    Gate,
    GateSignature,
    OwedTimes,
    Schedule,
    SealingPolicy,
    TrusteeKey,
)

__all__ = [
    "Bid",
    "BidCode",
    "BidConfirmation",
    "BidVersion",
    "Clarification",
    "Committee",
    "Complaint",
    "Consortium",
    "Envelope",
    "Evaluation",
    "Examination",
    "Expert",
    "FloorApplication",
    "FloorAsk",
    "Freeze",
    "Gate",
    "GateSignature",
    "Guarantee",
    "GuaranteeMessage",
    "OutageExtension",
    "OwedTimes",
    "Room",
    "RoomEvent",
    "RoomPresence",
    "Schedule",
    "Score",
    "ScoreSheet",
    "SealingPolicy",
    "Seat",
    "Share",
    "TrusteeKey",
    "UploadTrace",
]
