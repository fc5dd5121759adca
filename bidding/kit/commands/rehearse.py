"""``rehearse``: the whole path on a dummy bid, and what would have failed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from bidding.kit import rehearsal, wire
from bidding.kit.commands import common
from bidding.kit.rehearsal import FAILED, Rehearsal, Step

#: How a step is called before its sentence.
_WORDS = {rehearsal.HELD: "held", FAILED: "WOULD HAVE FAILED", rehearsal.SKIPPED: "not tried"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the certificate, the size of the dummy."""
    common.add_platform_arguments(parser)
    parser.add_argument(
        "--size",
        type=int,
        default=rehearsal.DUMMY,
        metavar="BYTES",
        help="of the dummy file in each slot; take your bid's, to see how long it takes",
    )
    common.add_key_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Rehearse, a line a step as it goes."""

    def show(step: Step) -> None:
        common.tell(f"{step.name}: {_WORDS[step.state]}. {step.message}")

    with common.client_of(arguments, sign_in=False) as api:
        lot = wire.lot_id(arguments.lot)
        steps = Rehearsal(api=api, lot=lot, size=arguments.size, show=show).run()
    return {
        "failed": sum(step.state == FAILED for step in steps),
        "steps": [
            {
                "name": step.name,
                "state": step.state,
                "code": step.code,
                "message": step.message,
            }
            for step in steps
        ],
    }


COMMAND = common.Command(
    name="rehearse",
    help="try the whole path on a dummy bid",
    add_arguments=add_arguments,
    run=run,
    exit_code=lambda result: 1 if result["failed"] else 0,
)
