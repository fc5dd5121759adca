"""``release``: a trustee releases its shares of a lot, or a tenderer its own in an absence."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import client, wire
from bidding.kit.commands import common, lines
from bidding.kit.errors import Malformed
from bidding.kit.locking import exclusive
from bidding.kit.recovery import RecoveryKit
from bidding.kit.releasing import Round
from bidding.kit.trustee import SlotKeys
from bidding.kit.watch import Watch

NOT_ALL = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the certificate, the share, and the state that is kept between calls."""
    common.add_platform_arguments(parser)
    share = parser.add_argument_group("share")
    share.add_argument("--store", type=Path, help="a trustee's key store")
    share.add_argument("--recovery-kit", type=Path, help="a tenderer's own recovery kit")
    parser.add_argument(
        "--state",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where this client remembers the ledger; keep it from one call to the next",
    )
    parser.add_argument("--slot", type=int, action="append", help="only this slot (repeatable)")
    parser.add_argument(
        "--window",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="try again for so long; once by default",
    )
    parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS")
    common.add_key_arguments(parser)
    common.add_passphrase_argument(parser)
    common.add_store_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Release what every check allows; print every reason otherwise."""
    holder = _holder(arguments)
    lot = wire.lot_id(arguments.lot)
    told: set[tuple[str, str]] = set()

    def show(found: Round) -> None:
        for reason in (*found.reasons, *(each for item in found.items for each in item.reasons)):
            if (reason.code, reason.message) not in told:
                told.add((reason.code, reason.message))
                common.tell(f"Not released: {reason.message} [{reason.code}]")

    with exclusive(arguments.state), common.client_of(arguments) as api:
        watch = Watch.open(arguments.state / f"{lot}.json", f"lot:{lot}")
        found = client.release(
            api,
            lot,
            holder,
            watch,
            slots=arguments.slot,
            window=arguments.window,
            every=arguments.every,
            show=show,
        )
    return lines.round_of(found)


def _holder(arguments: argparse.Namespace) -> SlotKeys | RecoveryKit:
    if (arguments.store is None) == (arguments.recovery_kit is None):
        raise Malformed("Give either --store or --recovery-kit.")
    if arguments.store is not None:
        if not arguments.store.exists():
            raise Malformed(f"There is no key store {arguments.store.name}.")
        return common.key_store_of(arguments).load(arguments.store)
    return RecoveryKit.load(arguments.recovery_kit, common.passphrase_of(arguments))


COMMAND = common.Command(
    name="release",
    help="release shares of a lot, when every check holds",
    add_arguments=add_arguments,
    run=run,
    exit_code=lambda result: 0 if result["done"] else NOT_ALL,
)
