"""People with real lab certificates, a platform of this test's own, and a clock to be moved."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client

from signatures.domain import clock, guard, platform, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.checkpoint import COSIGNATURE, NoteSigner
from signatures.domain.keys import Signer, load_pkcs12
from signatures.domain.trust_acts import PinListSigner, take_in
from signatures.lab.issued import Issued
from signatures.models import ClockOffset, User, UserCertificate
from tests.factories.floor import START
from tests.signatures.labs import shared
from trading.domain import ticking, tokens
from trading.models import Organisation

FOUNDER = Actor.process("founder")
WITNESS = NoteSigner("witness", Ed25519PrivateKey.generate(), COSIGNATURE)


def move_clock(at: datetime) -> None:
    """Let the official time be ``at`` (to the second) from now on."""
    behind = int((at - clock.look().real).total_seconds())
    with guard.writes("test arrangement"):
        ClockOffset.objects.update_or_create(pk=1, defaults={"seconds": behind})


def tick() -> list[str]:
    """One round of the clock; the commands that it did."""
    return [one.command for one in ticking.tick() if one.held is None]


@cache
def issued(name: str, region: str, key_type: str = "ec") -> Issued:
    return shared().region(region).issue(
        name, organisation=name, credit_code="91370100MA0000018T", key_type=key_type
    )


@cache
def signer(name: str, region: str, key_type: str = "ec") -> Signer:
    return load_pkcs12(issued(name, region, key_type).pkcs12("pw"), "pw")


def bind(user: User, key: Signer) -> None:
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=user,
            fingerprint=key.certificate_digest.hex(),
            der=key.certificate.dump(),
            bound_at=START - timedelta(days=1),
        )


def found(folder: Path) -> None:
    """Keys, seal and trust lists of a platform in this test's own folder."""
    settings.DATA = folder
    settings.STORE = folder / "store"
    settings.KEYS = folder / "keys"
    settings.LAB = shared().folder
    settings.WITNESSES = [WITNESS.verifier.vkey]
    for name in (platform.LOG_KEY, platform.RECEIPT_KEY, platform.OPENING_KEY):
        platform.make(name)
    seal = shared().region("east").issue(
        "公共资源交易中心", organisation="公共资源交易中心", credit_code="91370100MA0000018T",
        usage="platform",
    )
    platform.install_seal(seal.pkcs12("pw"), "pw")
    move_clock(START)
    platform.certify_receipt_key(clock.now())
    for name in ("east", "west"):
        region = shared().region(name)
        pin = PinListSigner(
            territory=region.territory, certificate=region.list_signer.asn1.dump()
        )
        dispatch(pin, actor=FOUNDER)
        take_in(region.trust_list(clock.now()), territory=region.territory, actor=FOUNDER)


def renew_lists() -> None:
    """Take the lists of this moment in, as the clock process does every day."""
    for name in ("east", "west"):
        region = shared().region(name)
        take_in(region.trust_list(clock.now()), territory=region.territory, actor=FOUNDER)


@dataclass
class Person:
    """Somebody with a certificate, signed in over HTTP."""

    user: User
    organisation: Organisation
    key: Signer
    client: Client = field(default_factory=Client)
    _token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        if not self._token:
            self._token = tokens.issue(self.user).text
        return {"Authorization": f"Bearer {self._token}"}

    def sign(self, data: bytes) -> dict[str, str]:
        return wire(data, statements.sign(data, self.key))

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or secrets.token_hex(8)}
        return self.client.post(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers
        )

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers)

    def tus(self, method: str, url: str, data: bytes = b"", **headers: str) -> Any:
        sent = {
            **self.headers,
            "Tus-Resumable": "1.0.0",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.client.generic(
            method, url, data, content_type="application/offset+octet-stream", headers=sent
        )

    def patch(self, url: str, offset: int, data: bytes, **headers: str) -> Any:
        return self.tus("PATCH", url, data, Upload_Offset=str(offset), **headers)


def wire(data: bytes, signature: bytes) -> dict[str, str]:
    return {
        "statement": b64encode(data).decode(), "signature": b64encode(signature).decode()
    }


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def checksum(data: bytes) -> str:
    return f"sha256 {b64encode(hashlib.sha256(data).digest()).decode()}"
