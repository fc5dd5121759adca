"""``verify``: check a sealed bid, or a receipt and its proof, without sending anything."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import device, receipts
from bidding.kit.commands import common
from bidding.kit.device import Submission
from bidding.kit.errors import Malformed
from bidding.kit.policy import Policy
from bidding.kit.receipts import CheckedReceipt
from signatures.domain import jcs, statements


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy, and the state that ``seal`` wrote or the files that ``submit`` kept."""
    parser.add_argument("--policy", type=Path, help="the sealing policy")
    parser.add_argument("--state", type=Path, help="the submission's state")
    parser.add_argument(
        "--content",
        action="store_true",
        help="also make every body again from the files and compare it (asks for the passphrase)",
    )
    parser.add_argument("--receipt", type=Path, help="a receipt instead of a sealed bid")
    parser.add_argument("--proof", type=Path, help="the receipt's proof")
    parser.add_argument("--origin", help="the platform, where no policy says it")
    parser.add_argument("--log-key", help="the log's verifier key, where no policy says it")
    parser.add_argument("--witness-key", action="append", default=[], help="(repeatable)")
    common.add_passphrase_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Check whichever was given."""
    if arguments.receipt is not None:
        return _receipt(arguments)
    if arguments.policy is None or arguments.state is None:
        raise Malformed("Give --policy and --state for a sealed bid, or --receipt.")
    return _bid(arguments)


def _bid(arguments: argparse.Namespace) -> Mapping[str, Any]:
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


def _receipt(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Check a receipt's signatures; with --state that it is for that bid; with --proof its leaf."""
    policy = None if arguments.policy is None else Policy.parse(common.read(arguments.policy))
    origin = arguments.origin or (None if policy is None else policy.origin)
    if origin is None:
        raise Malformed("Give --origin or --policy: whose receipt is this?")
    receipt = receipts.check_receipt(common.read(arguments.receipt), origin=origin)
    if arguments.state is not None:
        receipt.require(Submission.load(arguments.state).statement)
    return {
        "receipt": receipt.id,
        "act": receipt.act,
        "leaf": receipt.index,
        "seal": receipt.signer,
        "digests": receipt.digests,
        **(_proof(arguments, policy, receipt) if arguments.proof is not None else {}),
    }


def _proof(
    arguments: argparse.Namespace, policy: Policy | None, receipt: CheckedReceipt
) -> dict[str, Any]:
    log = arguments.log_key or (None if policy is None else policy.log)
    if log is None:
        raise Malformed("Give --log-key or --policy: whose log is this?")
    witnesses = arguments.witness_key or ([] if policy is None else list(policy.witnesses))
    proof = receipts.check_proof(
        common.read(arguments.proof), receipt, log=log, witnesses=witnesses
    )
    return {
        "proven_under": proof.checkpoint.size,
        "root": proof.checkpoint.root.hex(),
        "cosigned_by": [{"witness": name, "at": jcs.timestamp(at)} for name, at in proof.cosigners],
    }


COMMAND = common.Command(
    name="verify",
    help="check a sealed bid, a receipt or a proof on this device",
    add_arguments=add_arguments,
    run=run,
)
