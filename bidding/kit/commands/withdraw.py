"""``withdraw``: take a bid back before the deadline."""

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
    """The platform, the certificate, and the bid's folder."""
    common.add_platform_arguments(parser)
    parser.add_argument("--folder", type=Path, required=True, help="the folder that seal wrote")
    common.add_key_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Withdraw the bid, all its versions; the receipt is written into the folder."""
    bid = Submission.load(arguments.folder / SUBMISSION).bid
    with common.client_of(arguments) as api:
        found = client.withdraw(
            api, arguments.lot, bid=bid.bid, policy=bid.policy, folder=arguments.folder
        )
    return lines.submitted(found)


COMMAND = common.Command(
    name="withdraw", help="take a bid back", add_arguments=add_arguments, run=run
)
