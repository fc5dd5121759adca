"""``verify``: check a sealed bid on this device, without sending anything."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import device
from bidding.kit.commands import common
from bidding.kit.device import Submission
from bidding.kit.policy import Policy
from signatures.domain import statements


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy and the state that ``seal`` wrote."""
    parser.add_argument("--policy", type=Path, required=True, help="the sealing policy")
    parser.add_argument("--state", type=Path, required=True, help="the submission's state")
    parser.add_argument(
        "--content",
        action="store_true",
        help="also make every body again from the files and compare it (asks for the passphrase)",
    )
    common.add_passphrase_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Check signature, heads and leaf hashes against the policy; with --content the files too."""
    policy = Policy.parse(common.read(arguments.policy))
    submission = Submission.load(arguments.state)
    certificate = statements.check_signature(submission.statement, submission.signature)
    bid = submission.bid
    bid.check(
        policy,
        [state.head for state in submission.envelopes],
        certificate=hashlib.sha256(certificate.dump()).digest(),
    )
    checked = 0
    if arguments.content:
        secrets = submission.secrets(common.passphrase_of(arguments))
        checked = sum(
            device.check_content(state, secrets[state.head.header.slot])
            for state in submission.envelopes
        )
    return {
        "bid": str(bid.bid),
        "version": bid.version,
        "signer": statements.common_name(certificate),
        "slots": [commitment.slot for commitment in bid.envelopes],
        "bytes_checked": checked,
    }


COMMAND = common.Command(
    name="verify", help="check a sealed bid on this device", add_arguments=add_arguments, run=run
)
