"""What the secret and the live remember."""

from bidding.models.bids import Bid, BidVersion, Complaint, Envelope, Share, UploadTrace
from bidding.models.room import Room, RoomEvent, RoomPresence
from bidding.models.sealing import (
    Freeze,
    Gate,
    GateSignature,
    Schedule,
    SealingPolicy,
    TrusteeKey,
)

__all__ = [
    "Bid",
    "BidVersion",
    "Complaint",
    "Envelope",
    "Freeze",
    "Gate",
    "GateSignature",
    "Room",
    "RoomEvent",
    "RoomPresence",
    "Schedule",
    "SealingPolicy",
    "Share",
    "TrusteeKey",
    "UploadTrace",
]
