"""People with recognised certificates, a ledger that is timestamped, and the interface they use.

The lab is made once a run, valid around the real present, because requests read the real clock.
"""

from __future__ import annotations

import atexit
import base64
import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from signatures.domain import checkpoints, clock, duty_list, guard, platform, statements
from signatures.domain.act import Actor
from signatures.domain.keys import Signer
from signatures.domain.trust_duty import believe_lab
from signatures.lab.issued import Issued
from signatures.lab.lab import Lab
from signatures.models import User, UserCertificate
from tests.factories import floor
from trading.domain import ticking, tokens
from trading.domain.signed import Signed
from trading.models import Organisation

KEYS = (platform.LOG_KEY, platform.RECEIPT_KEY, platform.DRAW_KEY)


@cache
def lab() -> Lab:
    folder = Path(tempfile.mkdtemp(prefix="sunlit-lab-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Lab.create(folder / "lab", now=clock.process_time())


@cache
def _certificate(name: str, region: str) -> Issued:
    return lab().region(region).issue(name, person_id="370102198001010011", usage="person")


def trust(settings_: Any, folder: Path) -> None:
    """The lab's lists taken in and the platform's keys in place, under this test's settings."""
    settings_.LAB = lab().folder
    settings_.KEYS = folder / "keys"
    for name in KEYS:
        platform.make(name)
    believe_lab(lab(), actor=Actor.process("founder"))


def seal() -> None:
    """The platform's seal in place, after :func:`trust`."""
    issued = lab().region("east").issue(
        "公共资源交易中心",
        organisation="公共资源交易中心",
        credit_code="12370000MB2840004B",
        usage="platform",
    )
    platform.install_seal(issued.pkcs12("passphrase"), "passphrase")


def stamp() -> None:
    """What the clock process does for the ledger: a checkpoint and its timestamp."""
    checkpoints.make(clock.platform)
    duty_list.stamp_checkpoint(clock.platform)


def tick(times: int = 1) -> list[tuple[str, str | None]]:
    """Stamp and tick; what was done, each with the code of what held it."""
    done = []
    for _ in range(times):
        stamp()
        done += [(one.command, one.held) for one in ticking.tick()]
    return done


@dataclass
class Person:
    """Somebody with a certificate bound to them, and their own way to the interface."""

    user: User
    organisation: Organisation | None
    signer: Signer
    client: Client
    token: str

    @property
    def party(self) -> str:
        return self.organisation.urn

    def sign(self, purpose: str, *, at: datetime | None = None, **fields: Any) -> Signed:
        data = statements.build(
            purpose, origin=settings.ORIGIN, at=at or clock.now(), **fields
        )
        return Signed(statement=data, signature=statements.sign(data, self.signer))

    def post(self, path: str, body: Any = None, *, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if key:
            headers["Idempotency-Key"] = key
        return self.client.post(
            f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=headers
        )

    def get(self, path: str) -> Any:
        return self.client.get(
            f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.token}"}
        )


def as_json(signed: Signed) -> dict[str, str]:
    """A signed statement as it travels."""
    return {
        "statement": base64.b64encode(signed.statement).decode(),
        "signature": base64.b64encode(signed.signature).decode(),
    }


def equip(user: User, organisation: Organisation | None = None, region: str = "east") -> Person:
    """Give a person a certificate of this region, bound to them, and a token."""
    issued = _certificate(user.full_name, region)
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=user,
            fingerprint=issued.certificate.sha256.hex(),
            der=issued.certificate.dump(),
            bound_at=floor.LONG_AGO,
        )
    return Person(
        user=user,
        organisation=organisation,
        signer=Signer.from_key(issued.key, issued.certificate, issued.chain),
        client=Client(),
        token=tokens.issue(user).text,
    )


def enrol(name: str, *kinds: str, region: str = "east") -> Person:
    """A verified organisation of these kinds with one person who acts for it and signs."""
    organisation = floor.organisation(f"{name}的单位", *kinds)
    return equip(floor.person(name, organisation), organisation, region)
