"""``guarantee``: a guarantor signs a guarantee on its own computer; the tenderer seals the file."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from bidding.kit import guarantee as guarantees
from bidding.kit import vault
from bidding.kit.commands import common
from bidding.kit.errors import Malformed
from bidding.kit.guarantee import Guarantee, GuaranteeFile
from bidding.kit.parties import Party


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who promises what to whom, and where the file goes."""
    parser.add_argument("--origin", required=True, help="the platform, https://…")
    parser.add_argument("--lot", required=True, help="lot:<id>")
    parser.add_argument("--number", required=True, help="the guarantor's own number")
    for who, what in (
        ("guarantor", "who promises"), ("principal", "the tenderer"),
        ("beneficiary", "the tenderee"),
    ):  # fmt: skip
        parser.add_argument(
            f"--{who}", required=True, metavar="CODE=NAME",
            help=f"{what}: unified social credit code and name",
        )  # fmt: skip
    parser.add_argument("--amount", required=True, help="in CNY, such as 200000.00")
    parser.add_argument("--valid-from", required=True, metavar="DAY", help="2026-05-04")
    parser.add_argument("--valid-until", required=True, metavar="DAY", help="its last day")
    parser.add_argument("--terms", required=True, help="when and on what it is paid")
    parser.add_argument("--document", type=Path, help="the printed guarantee, sealed beside it")
    parser.add_argument("--out", type=Path, required=True, help="the file to be written")
    common.add_key_arguments(parser)
    common.add_time_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Write the signed guarantee; nothing is sent anywhere."""
    document = None
    if arguments.document is not None:
        document = hashlib.sha256(common.read(arguments.document)).digest()
    guarantee = Guarantee(
        origin=arguments.origin.rstrip("/"),
        at=common.time_of(arguments),
        lot=arguments.lot,
        number=arguments.number,
        guarantor=Party.typed(arguments.guarantor, "--guarantor"),
        principal=Party.typed(arguments.principal, "--principal"),
        beneficiary=Party.typed(arguments.beneficiary, "--beneficiary"),
        amount=_amount(arguments.amount),
        valid_from=_day(arguments.valid_from),
        valid_until=_day(arguments.valid_until),
        terms=arguments.terms,
        document=document,
    )
    # What this program writes it must also be able to read.
    Guarantee.parse(guarantee.encode())
    signer = common.signer_of(arguments)
    try:
        file = GuaranteeFile.sign(guarantee, signer)
    finally:
        signer.close()
    vault.write_private(arguments.out, file.encode())
    return {"file": arguments.out.name, "seal-as": guarantees.FILE_NAME, "number": guarantee.number}


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0 or amount != round(amount, 2):
        raise Malformed("--amount takes an amount such as 200000.00.")
    return amount


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{ascii(text)[:40]} is no day; write it as 2026-05-04.") from None


COMMAND = common.Command(
    name="guarantee", help="sign a guarantee for a tenderer", add_arguments=add_arguments, run=run
)
