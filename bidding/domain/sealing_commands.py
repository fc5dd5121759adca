"""What procedure files may name of sealing, and what the clock does about it."""

from __future__ import annotations

from bidding.domain import (
    complaints,
    confirmations,
    faults,
    filing,
    freezing,
    gates,
    outages,
    policies,
    schedules,
    shares,
    submission,
    times_alarm,
    times_owed,
    trustees,
    uploads,
    withdrawals,
)
from trading.domain import registry

ACTS = (
    trustees.PublishTrusteeKey,
    policies.PublishPolicy,
    schedules.PublishSchedule,
    submission.RegisterStatement,
    uploads.ReceivePart,
    uploads.AbandonVersion,
    withdrawals.WithdrawBid,
    confirmations.ConfirmBid,
    freezing.FreezeBids,
    gates.OpenGate,
    gates.SignGate,
    shares.ReceiveShare,
    complaints.ReceiveComplaint,
    complaints.JudgeComplaint,
    filing.FileOpened,
    faults.RevokeBid,
    faults.BidUnopened,
)


def register() -> None:
    """Make the acts nameable; called once, when the app is ready."""
    for act in ACTS:
        registry.register_command(act.name, act)
    registry.register_due("bidding.gates", gates.due)
    times_owed.register()
    times_alarm.register()
    outages.register()
    confirmations.register()
