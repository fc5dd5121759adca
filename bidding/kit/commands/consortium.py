"""``consortium``: the lead writes the agreement and signs it; every other member adds its own."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.kit import consortium as consortia
from bidding.kit import vault
from bidding.kit.commands import common
from bidding.kit.consortium import Consortium, ConsortiumFile, Member
from bidding.kit.errors import Malformed
from bidding.kit.parties import Party


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Either a new agreement, or one to which a signature is added."""
    parser.add_argument("--add-to", type=Path, metavar="FILE", help="sign this agreement too")
    parser.add_argument("--origin", help="the platform, https://…")
    parser.add_argument("--lot", help="lot:<id>")
    parser.add_argument(
        "--member",
        action="append",
        metavar="SHARE:WORK:CODE=NAME",
        help="a member, the lead first: its part in per cent, its work, who it is",
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to be written")
    common.add_key_arguments(parser)
    common.add_time_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Write the agreement with one more signature; nothing is sent anywhere."""
    new = (arguments.origin, arguments.lot, arguments.member)
    if (arguments.add_to is None) != all(new) or (arguments.add_to is not None and any(new)):
        raise Malformed("Give --add-to alone, or --origin, --lot and every --member.")
    if arguments.add_to is not None:
        file = ConsortiumFile.parse(common.read(arguments.add_to))
        agreed = Consortium.parse(file.statement)
    else:
        agreed = Consortium(
            origin=arguments.origin.rstrip("/"),
            at=common.time_of(arguments),
            lot=arguments.lot,
            members=tuple(_member(text) for text in arguments.member),
        )
        # What this program writes it must also be able to read.
        Consortium.parse(agreed.encode())
        file = ConsortiumFile(statement=agreed.encode())
    signer = common.signer_of(arguments)
    try:
        signed = file.sign(signer)
    finally:
        signer.close()
    vault.write_private(arguments.out, signed.encode())
    return {
        "file": arguments.out.name,
        "seal-as": consortia.FILE_NAME,
        "lot": agreed.lot,
        "members": [one.as_json() for one in agreed.members],
        "signatures": len(signed.signatures),
    }


def _member(text: str) -> Member:
    share, _colon, rest = text.partition(":")
    work, colon, who = rest.partition(":")
    if not colon or not share.isdigit():
        raise Malformed(f"--member takes SHARE:WORK:CODE=NAME, not {ascii(text)[:80]}.")
    return Member(party=Party.typed(who, "--member"), share=int(share), work=work)


COMMAND = common.Command(
    name="consortium",
    help="write or sign the agreement of a consortium",
    add_arguments=add_arguments,
    run=run,
)
