"""``seal``: a tenderer seals its files, one envelope a slot, and signs the bid."""

from __future__ import annotations

import argparse
import mimetypes
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit.commands import common
from bidding.kit.device import new_bid
from bidding.kit.errors import Malformed
from bidding.kit.policy import Policy
from bidding.kit.sealing import Document, seal_bid

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
    common.add_key_arguments(parser)
    common.add_passphrase_argument(parser)
    common.add_time_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Write ``submission.json`` and ``recovery-kit.json`` into the folder."""
    policy = Policy.parse(common.read(arguments.policy))
    for name in (SUBMISSION, RECOVERY_KIT):
        if (arguments.out / name).exists():
            raise Malformed(f"{name} exists already in {arguments.out.name}; take a new folder.")
    documents: dict[int, list[Document]] = {}
    for text in arguments.file:
        slot, document = parse_file(text)
        documents.setdefault(slot, []).append(document)
    passphrase = common.passphrase_of(arguments)
    submission, kit = seal_bid(
        policy,
        documents,
        signer=common.signer_of(arguments),
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


def parse_file(text: str) -> tuple[int, Document]:
    """``SLOT=PATH`` as a slot and a document, its media type told by its name."""
    slot, separator, path = text.partition("=")
    if not separator or not slot.isdigit() or not path:
        raise Malformed(f"--file takes SLOT=PATH, not {ascii(text)[:80]}.")
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return int(slot), Document(path=Path(path), type=kind)


COMMAND = common.Command(
    name="seal", help="seal files into a signed bid", add_arguments=add_arguments, run=run
)
