"""``keygen``: a trustee makes its slot keys and signs the public halves."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import vault
from bidding.kit.commands import common
from bidding.kit.errors import Malformed
from signatures.domain import statements


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For whom and for what the keys are."""
    parser.add_argument("--origin", required=True, help="the platform, https://…")
    parser.add_argument("--project", required=True, help="project:<id>")
    parser.add_argument("--lot", required=True, help="lot:<id>")
    parser.add_argument("--trustee", required=True, help="this trustee, org:<id>")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--rehearsal", action="store_true")
    parser.add_argument(
        "--store",
        type=Path,
        required=True,
        help="key store to be written: the encrypted keys, or which are on the token",
    )
    parser.add_argument("--offer", type=Path, required=True, help="statement to be written")
    common.add_key_arguments(parser)
    common.add_store_arguments(parser)
    common.add_passphrase_argument(parser)
    common.add_time_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Make the keys where they are to live, and write the store, the statement, and its signature
    beside it (``.p7s``)."""
    signature_path = arguments.offer.with_name(f"{arguments.offer.name}.p7s")
    for path in (arguments.store, arguments.offer, signature_path):
        if path.exists():
            raise Malformed(f"{path.name} exists already; nothing is overwritten.")
    signer = common.signer_of(arguments)
    keys = common.key_store_of(arguments).make(
        arguments.store,
        origin=arguments.origin,
        project=arguments.project,
        lot=arguments.lot,
        trustee=arguments.trustee,
        slots=arguments.slots,
        rehearsal=arguments.rehearsal,
    )
    offer = keys.offer(at=common.time_of(arguments))
    signature = statements.sign(offer, signer)
    vault.write_private(arguments.offer, offer)
    vault.write_private(signature_path, signature)
    return {
        "trustee": keys.trustee,
        "lot": keys.lot,
        "keys": {str(slot): key.hex() for slot, key in keys.public.items()},
    }


COMMAND = common.Command(
    name="keygen", help="make and sign a trustee's slot keys", add_arguments=add_arguments, run=run
)
