"""``status``: what the platform has of one's own bids, with receipts checked again."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import client
from bidding.kit.commands import common, lines
from bidding.kit.commands.seal import SUBMISSION
from bidding.kit.device import Submission


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform and the certificate; with a folder, one bid only."""
    common.add_platform_arguments(parser)
    parser.add_argument(
        "--folder",
        type=Path,
        help="the folder that seal wrote: that bid only, and new receipts and proofs go there",
    )
    common.add_policy_argument(parser)
    common.add_key_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """List own bids, or the one in the folder."""
    submission = None
    if arguments.folder is not None:
        submission = Submission.load(arguments.folder / SUBMISSION)
    policy = common.policy_of(arguments)
    with common.client_of(arguments) as api:
        found = client.status(
            api, arguments.lot, submission=submission, policy=policy, folder=arguments.folder
        )
    return {"bids": [lines.submitted(each) for each in found]}


COMMAND = common.Command(
    name="status", help="what the platform has of your bids", add_arguments=add_arguments, run=run
)
