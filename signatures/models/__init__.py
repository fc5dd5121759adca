"""What the ground remembers."""

from signatures.models.availability import Outage, Presence
from signatures.models.base import Entity
from signatures.models.clock import ClockOffset, Heartbeat
from signatures.models.idempotency import Idempotency
from signatures.models.ledger import (
    Checkpoint,
    Cosignature,
    LedgerEntry,
    LedgerHead,
    LedgerNode,
    LedgerOpening,
)
from signatures.models.signing import SigningDocument, SigningField, SigningSession
from signatures.models.trust import AcceptedTrustList, ListSigner, RefusedTrustList
from signatures.models.user import User, UserCertificate

__all__ = [
    "AcceptedTrustList",
    "Checkpoint",
    "ClockOffset",
    "Cosignature",
    "Entity",
    "Heartbeat",
    "Idempotency",
    "LedgerEntry",
    "LedgerHead",
    "LedgerNode",
    "LedgerOpening",
    "ListSigner",
    "Outage",
    "Presence",
    "RefusedTrustList",
    "SigningDocument",
    "SigningField",
    "SigningSession",
    "User",
    "UserCertificate",
]
