"""``keep``: an unattended trustee. It runs until it is told to stop."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import wire
from bidding.kit.commands import common
from bidding.kit.errors import Malformed
from bidding.kit.keeper import Keeper, News
from bidding.kit.locking import exclusive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the keeper's certificate, its store, and how often it looks."""
    common.add_platform_arguments(parser, lot=False)
    parser.add_argument(
        "--state", type=Path, required=True, metavar="FOLDER", help="the key store and its memory"
    )
    parser.add_argument(
        "--every",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="between two looks (default %(default)s)",
    )
    parser.add_argument(
        "--organisation", help="org:<id> to keep for, where the person acts for several"
    )
    parser.add_argument(
        "--lot",
        action="append",
        default=[],
        help="also this lot (repeatable), with --organisation; the platform names the others",
    )
    parser.add_argument("--once", action="store_true", help="take one turn and end")
    common.add_key_arguments(parser)
    common.add_passphrase_argument(parser)
    common.add_store_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Keep; each piece of news is a line of JSON on standard output."""
    if arguments.lot and not arguments.organisation:
        raise Malformed("--lot needs --organisation.")
    if arguments.p12 is not None and arguments.p12_passphrase_file is None:
        # Unattended: one passphrase file for the certificate and the store.
        arguments.p12_passphrase_file = arguments.passphrase_file
    keys = common.key_store_of(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with exclusive(arguments.state), common.client_of(arguments) as api:
        keeper = Keeper(
            api=api,
            store=arguments.state,
            keys=keys,
            tell=_tell,
            lots=tuple(wire.lot_id(lot) for lot in arguments.lot),
            organisation=arguments.organisation,
        )
        if arguments.once:
            return {"done": keeper.turn()}
        keeper.run(stop, every=arguments.every)
    return {"stopped": True}


def _tell(news: News) -> None:
    line = {"lot": news.lot, "code": news.code, "text": news.text, "alarm": news.alarm}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if news.alarm:
        common.tell(f"ALARM {news.lot}: {news.text} [{news.code}]")


COMMAND = common.Command(
    name="keep", help="be an unattended trustee", add_arguments=add_arguments, run=run
)
