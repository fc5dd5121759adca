"""``submit``: register a sealed bid, upload it, and keep the receipts. Call it again to go on."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import client
from bidding.kit.commands import common, lines
from bidding.kit.commands.seal import SUBMISSION
from bidding.kit.device import Submission
from bidding.kit.locking import exclusive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the certificate, and the folder that ``seal`` wrote."""
    common.add_platform_arguments(parser)
    parser.add_argument("--folder", type=Path, required=True, help="the folder that seal wrote")
    common.add_policy_argument(parser)
    parser.add_argument(
        "--wait",
        type=float,
        default=90.0,
        metavar="SECONDS",
        help="how long to wait for the ledger's proofs (default %(default)s)",
    )
    common.add_key_arguments(parser)
    common.add_passphrase_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Hand the bid in; receipts and proofs are written into the folder."""
    folder: Path = arguments.folder
    path = folder / SUBMISSION
    with exclusive(folder):
        submission = Submission.load(path)
        policy = common.policy_of(arguments)
        secrets = submission.secrets(common.passphrase_of(arguments))
        with common.client_of(arguments) as api:
            found = client.submit(
                api,
                submission,
                lot=arguments.lot,
                secrets=secrets,
                policy=policy,
                folder=folder,
                show=lines.Meter(),
                saved=lambda changed: changed.save(path, replace=True),
                wait_for_proofs=arguments.wait,
            )
    return lines.submitted(found)


COMMAND = common.Command(
    name="submit", help="hand in a sealed bid; resumes", add_arguments=add_arguments, run=run
)
