"""Verify a file: PDF, receipt, ledger proof, statement, draw, package. Keeps nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from signatures.domain import clock, verify
from signatures.domain.assessment import Verdict
from signatures.domain.checkpoint import NoteVerifier
from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.jcs import parse_timestamp
from signatures.domain.keys import describe
from signatures.domain.policy import HTTP, Policy

EXIT = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INDETERMINATE: 3}


class Command(BaseCommand):
    help = "Verify a file: exit 0 valid, 1 invalid, 3 indeterminate."
    requires_system_checks: list[str] = []  # Django's attribute

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file, or the folder of a package")
        parser.add_argument("--json", action="store_true", help="print the whole result as JSON")
        parser.add_argument(
            "--offline",
            action="store_true",
            help="ask no network; unknown revocation then is a warning",
        )
        parser.add_argument(
            "--trust",
            action="append",
            nargs="+",
            default=[],
            metavar="CERT.pem",
            help="believe these authorities, and none but these",
        )
        parser.add_argument("--signature", metavar="FILE", help="the detached signature")
        parser.add_argument(
            "--log-key",
            action="append",
            default=[],
            metavar="VKEY",
            help="a ledger's or witness's verifier key",
        )
        parser.add_argument("--at", help="judge as of this time (YYYY-MM-DDTHH:MM:SS.ffffffZ)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            question = _question(options)
        except (SunlitError, OSError) as error:
            reason = str(error) if isinstance(error, SunlitError) else describe(error)
            result = verify.Result(Verdict.INDETERMINATE, (reason,))
        else:
            result = verify.verify(question)
        if options["json"]:
            self.stdout.write(json.dumps(result.as_dict(), ensure_ascii=False))
        else:
            for line in _lines(result):
                self.stdout.write(line)
        code = EXIT[result.verdict]
        if code:
            raise SystemExit(code)


def _question(options: dict[str, Any]) -> verify.Question:
    signature = options["signature"]
    return verify.Question(
        path=Path(options["file"]),
        at=parse_timestamp(options["at"]) if options["at"] else _now(),
        policy=_policy(
            [path for group in options["trust"] for path in group], offline=options["offline"]
        ),
        signature=Path(signature).read_bytes() if signature else None,
        log_keys=tuple(NoteVerifier.parse(each) for each in options["log_key"]) or _log_keys(),
    )


def _policy(trusted: list[str], *, offline: bool) -> Policy:
    if not trusted:
        policy = verify.recognised(online=not offline)
    else:
        anchors = tuple(each for path in trusted for each in _certificates(Path(path)))
        policy = Policy(
            signers=anchors, timestamp_authorities=anchors, fetcher=None if offline else HTTP
        )
    return replace(policy, fetcher=None, revocation="soft") if offline else policy


def _certificates(path: Path) -> list[x509.Certificate]:
    """The certificates in a PEM or DER file; :class:`Malformed` names the file."""
    try:
        data = path.read_bytes()
        if pem.detect(data):
            found = [
                x509.Certificate.load(der, strict=True)
                for kind, _, der in pem.unarmor(data, multiple=True)
                if kind == "CERTIFICATE"
            ]
        else:
            found = [x509.Certificate.load(data, strict=True)]
        for each in found:
            each.native  # noqa: B018  # parses all of it
    except OSError as error:
        raise Malformed(f"{path.name}: {error.strerror or describe(error)}.") from error
    except Exception as error:
        raise Malformed(f"{path.name} is no certificate in PEM or DER.") from error
    if not found:
        raise Malformed(f"{path.name} holds no certificate.")
    return found


def _now() -> datetime:
    """The official time; without a database this machine's."""
    try:
        return clock.now()
    except (DatabaseError, TypeError):
        return clock.process_time()


def _log_keys() -> tuple[NoteVerifier, ...]:
    """The keys of this platform's own ledger and witnesses, where it has any."""
    from signatures.domain import checkpoints, platform

    try:
        return (platform.log_verifier(), *checkpoints.witnesses())
    except (SunlitError, DatabaseError, OSError):
        return ()


def _lines(result: verify.Result) -> list[str]:
    lines = [str(result.verdict), *(f"  {reason}" for reason in result.reasons)]
    for each in result.signatures:
        who = each.get("signer") or ", ".join(each.get("names", ()))
        lines.append(f"{each['kind']}: {each['verdict']}: {who}")
        for name in ("organisation", "credit_code", "authority", "listing", "revocation"):
            lines.append(f"  {name}: {_shown(each.get(name))}")
        for name in ("claimed_time", "proven_time", "coverage", "level", "algorithm"):
            lines.append(f"  {name}: {_shown(each.get(name))}")
        lines += [f"  not covered: {item}" for item in each.get("not_covered", ())]
        lines += [f"  warning: {item}" for item in each.get("warnings", ())]
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(item) for item in value.values())
    return "unknown" if value is None else str(value)
