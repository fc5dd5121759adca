"""``seal``: a tenderer seals its files, one envelope a slot, and signs the bid."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit.commands import check as checks
from bidding.kit.commands import common
from bidding.kit.device import new_bid
from bidding.kit.errors import Malformed
from bidding.kit.policy import Policy
from bidding.kit.sealing import check_documents, seal_bid

SUBMISSION = "submission.json"
RECOVERY_KIT = "recovery-kit.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The policy, the files, and where the results go."""
    parser.add_argument("--policy", type=Path, required=True, help="the sealing policy")
    parser.add_argument(
        "--file",
        action="append",
        required=True,
        metavar="SLOT=PATH",
        help="a file for a slot (1 opening sheet, 2 qualification, 3 technical, 4 price)",
    )
    parser.add_argument("--bid", type=uuid.UUID, help="id of the bid; a new one if absent")
    parser.add_argument("--version", type=int, default=1, help="counts up with each replacement")
    parser.add_argument("--out", type=Path, required=True, help="folder for state and kit")
    parser.add_argument(
        "--leave-warnings", action="store_true", help="seal in spite of what is warned of"
    )
    checks.add_own_argument(parser)
    common.add_key_arguments(parser)
    common.add_passphrase_argument(parser)
    common.add_time_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Write ``submission.json`` and ``recovery-kit.json`` into the folder."""
    policy = Policy.parse(common.read(arguments.policy))
    for name in (SUBMISSION, RECOVERY_KIT):
        if (arguments.out / name).exists():
            raise Malformed(f"{name} exists already in {arguments.out.name}; take a new folder.")
    documents = checks.documents_of(arguments.file)
    passphrase = common.passphrase_of(arguments)
    signer = common.signer_of(arguments)
    check_documents(policy, documents)
    checks.hold(
        documents,
        own=checks.own_of(signer, arguments.own),
        leave=arguments.leave_warnings or policy.rehearsal,
    )
    submission, kit = seal_bid(
        policy,
        documents,
        signer=signer,
        bid=arguments.bid or new_bid(),
        version=arguments.version,
        at=common.time_of(arguments),
        passphrase=passphrase,
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    kit.save(arguments.out / RECOVERY_KIT, passphrase)
    submission.save(arguments.out / SUBMISSION)
    return {
        "bid": str(kit.bid),
        "version": kit.version,
        "rehearsal": policy.rehearsal,
        "envelopes": [each.as_json() for each in submission.bid.envelopes],
    }


COMMAND = common.Command(
    name="seal", help="seal files into a signed bid", add_arguments=add_arguments, run=run
)
