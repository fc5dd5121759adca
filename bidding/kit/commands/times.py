"""``schedule`` and ``gate``: when a lot closes and opens, and that a result lets a slot open."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import client, wire
from bidding.kit.commands import common
from bidding.kit.locking import exclusive
from bidding.kit.watch import Watch
from signatures.domain import jcs


def add_schedule_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the certificate, the times."""
    common.add_platform_arguments(parser)
    parser.add_argument("--deadline", required=True, metavar="TIME", help="2026-03-20T01:00:00Z")
    parser.add_argument(
        "--gate",
        action="append",
        metavar="SLOT=TIME",
        help="when a timed slot opens; at the deadline if not said",
    )
    common.add_key_arguments(parser)


def schedule(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Publish the next schedule of the lot's policy."""
    deadline = common.moment_of(arguments.deadline)
    given = common.slot_pairs(arguments.gate, "--gate")
    with common.client_of(arguments) as api:
        policy = client.standing_policy(api, arguments.lot)
        gates = {rule.slot: deadline for rule in policy.slots if rule.after is None}
        gates |= {slot: common.moment_of(text) for slot, text in given.items()}
        found = client.publish_schedule(api, arguments.lot, policy, deadline=deadline, gates=gates)
    return {
        "policy": policy.digest.hex(),
        "seq": found.seq,
        "deadline": jcs.timestamp(found.deadline),
        "gates": {str(slot): jcs.timestamp(at) for slot, at in found.gates.items()},
    }


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the certificate, the slot, the bids that are admitted."""
    common.add_platform_arguments(parser)
    parser.add_argument("--slot", type=int, required=True)
    parser.add_argument(
        "--bid",
        type=uuid.UUID,
        action="append",
        help="a bid that may be opened (repeatable); all by default",
    )
    parser.add_argument(
        "--state",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where this client remembers the ledger",
    )
    common.add_key_arguments(parser)


def gate(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Sign the gate over the result that stands in the ledger."""
    lot = wire.lot_id(arguments.lot)
    with exclusive(arguments.state), common.client_of(arguments) as api:
        watch = Watch.open(arguments.state / f"{lot}.json", f"lot:{lot}")
        found = client.publish_gate(api, lot, arguments.slot, watch, bids=arguments.bid)
    return {
        "slot": found.slot,
        "bids": [str(bid) for bid in found.bids],
        "freeze": found.freeze.hex(),
        "result": None if found.result is None else found.result.hex(),
    }


SCHEDULE = common.Command(
    name="schedule",
    help="publish when a lot closes and opens",
    add_arguments=add_schedule_arguments,
    run=schedule,
)
GATE = common.Command(
    name="gate",
    help="sign that a slot may open after a result",
    add_arguments=add_gate_arguments,
    run=gate,
)
