"""Explain why a certificate is recognised or not; needs no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from django.core.management.base import BaseCommand, CommandError, CommandParser

from signatures.domain import clock, trust_store
from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.jcs import parse_timestamp
from signatures.domain.trustlist import ServiceKind


class Command(BaseCommand):
    help = "Explain why a certificate is recognised (exit 0) or not (exit 1)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("certificate", help="PEM or DER; further certificates are its chain")
        parser.add_argument("--at", help="the time of signature (YYYY-MM-DDTHH:MM:SS.ffffffZ)")
        parser.add_argument(
            "--timestamp", action="store_true", help="ask about a timestamp authority"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            certificate, *others = _certificates(Path(options["certificate"]))
            now = clock.now()
            explanation = trust_store.explain(
                certificate,
                at=parse_timestamp(options["at"]) if options["at"] else now,
                now=now,
                others=others,
                kind=ServiceKind.TSA if options["timestamp"] else ServiceKind.CA,
            )
        except SunlitError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(explanation.as_dict(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(explanation.sentences))
        if not explanation.recognised:
            raise SystemExit(1)


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        data = path.read_bytes()
        blocks = (
            [der for kind, _, der in pem.unarmor(data, multiple=True) if kind == "CERTIFICATE"]
            if pem.detect(data)
            else [data]
        )
        found = [x509.Certificate.load(each, strict=True) for each in blocks]
        for each in found:
            each.native  # noqa: B018  # parses all of it
    except OSError as error:
        raise Malformed(f"{path.name}: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed(f"{path.name} is no certificate in PEM or DER.") from error
    if not found:
        raise Malformed(f"{path.name} holds no certificate.")
    return found
