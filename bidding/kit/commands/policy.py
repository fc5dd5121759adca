"""``policy``: the tenderee builds, signs and publishes a lot's sealing policy."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509

from bidding.kit import client, vault, wire
from bidding.kit.api import ApiClient
from bidding.kit.commands import common
from bidding.kit.errors import Malformed
from bidding.kit.wire import Sealing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The platform, the certificate, and the terms of the policy."""
    common.add_platform_arguments(parser)
    parser.add_argument("-k", type=int, default=3, help="shares that open (default %(default)s)")
    parser.add_argument("--min-bids", type=int, default=3, help="(default %(default)s)")
    parser.add_argument(
        "--trustee",
        action="append",
        help="org:<id>, in order (repeatable); all that are assigned by default",
    )
    parser.add_argument(
        "--after",
        action="append",
        metavar="SLOT=ACT:ROLE,…",
        help="a slot that opens after an act, its gate signed by these roles",
    )
    parser.add_argument(
        "--signer",
        action="append",
        metavar="ROLE=WHO",
        help="who may sign for a role: a certificate file, org:<id> of a trustee (the certificate"
        " that signed its keys), or me",
    )
    parser.add_argument("--schedule-signed-by", action="append", metavar="ROLE")
    parser.add_argument("--out", type=Path, help="also write the policy into this file")
    parser.add_argument("--dry-run", action="store_true", help="show it and publish nothing")
    common.add_key_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Publish the policy; one that stands already is shown as it is."""
    with common.client_of(arguments) as api:
        sealing = wire.sealing(api, arguments.lot)
        signers = _signers(api, sealing, arguments.signer or ["tenderee=me"])
        terms: dict[str, Any] = {
            "k": arguments.k,
            "min_bids": arguments.min_bids,
            "signers": signers,
            "schedule_signed_by": arguments.schedule_signed_by or ["tenderee"],
            "after": {
                slot: _after(text)
                for slot, text in common.slot_pairs(arguments.after, "--after").items()
            },
            "trustees": arguments.trustee,
        }
        if arguments.dry_run:
            policy = client.build_policy(api, sealing, **terms)
        else:
            policy = client.publish_policy(api, arguments.lot, **terms)
    if arguments.out is not None:
        vault.write_private(arguments.out, policy.encode())
    return {
        "policy": policy.digest.hex(),
        "published": not arguments.dry_run,
        "k": policy.k,
        "n": policy.n,
        "min_bids": policy.min_bids,
        "trustees": [each.id for each in policy.trustees],
        "slots": [rule.slot for rule in policy.slots],
    }


def _after(text: str) -> tuple[str, tuple[str, ...]]:
    act, separator, roles = text.partition(":")
    if not separator or not act or not roles:
        raise Malformed(f"--after takes SLOT=ACT:ROLE,…, not …{ascii(text)[:80]}.")
    return act, tuple(roles.split(","))


def _signers(api: ApiClient, sealing: Sealing, texts: list[str]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for text in texts:
        role, separator, who = text.partition("=")
        if not separator or not role or not who:
            raise Malformed(f"--signer takes ROLE=WHO, not {ascii(text)[:80]}.")
        found.setdefault(role, []).append(_certificate(api, sealing, who))
    return found


def _certificate(api: ApiClient, sealing: Sealing, who: str) -> bytes:
    """The SHA-256 of the certificate that ``who`` stands for."""
    if who == "me":
        if api.signer is None:
            raise Malformed("There is no certificate to sign with.", code="no-certificate")
        return api.signer.certificate_digest
    if who.startswith("org:"):
        return client.certificate_of(api, sealing, who)
    data = common.read(Path(who))
    try:
        der = pem.unarmor(data)[2] if pem.detect(data) else data
        return hashlib.sha256(x509.Certificate.load(der, strict=True).dump()).digest()
    except ValueError:
        raise Malformed(f"The file {Path(who).name} holds no certificate.") from None


COMMAND = common.Command(
    name="policy", help="publish a lot's sealing policy", add_arguments=add_arguments, run=run
)
