"""A platform on which people sign: a lab whose lists are in force, seals, bound certificates."""

from __future__ import annotations

import atexit
import base64
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.test import Client

from signatures.domain import clock, guard, platform, services, trust_acts
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed, NotFound, Refused, Unavailable
from signatures.domain.keys import Signer
from signatures.domain.trust_acts import PinListSigner
from signatures.lab.lab import Lab
from signatures.models import ClockOffset, User, UserCertificate
from trading.domain import tokens
from trading.models import Organisation

CENTRE = "公共资源交易中心"
CENTRE_CODE = "12370000MB2A00017T"


@cache
def _lab() -> Lab:
    """One lab for the whole run: issuing adds to it, and nothing here revokes."""
    folder = Path(tempfile.mkdtemp(prefix="sunlit-signing-lab-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Lab.create(folder / "lab", now=clock.now() - timedelta(days=1))


def put_clock(offset: timedelta) -> None:
    """Put the official time so far from the real one."""
    with guard.writes("test arrangement"):
        ClockOffset.objects.update_or_create(
            pk=1, defaults={"seconds": int(offset.total_seconds())}
        )


@dataclass
class Platform:
    """The lab, and who has which certificate."""

    lab: Lab
    signers: dict[str, Signer] = field(default_factory=dict)

    def equip(
        self, user: User, organisation: Organisation | None = None, *, region: str = "east",
        key_type: str = "ec", bind: bool = True,
    ) -> Signer:
        """A certificate for this person, of their organisation or their own, bound to them."""
        authority = self.lab.region(region)
        if organisation is None:
            issued = authority.issue(user.full_name, person_id=str(user.pk), usage="person")
        else:
            issued = authority.issue(
                organisation.name,
                organisation=organisation.name,
                credit_code=organisation.credit_code,
                key_type=key_type,
            )
        signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
        if bind:
            with guard.writes("test arrangement"):
                UserCertificate.objects.create(
                    user=user,
                    fingerprint=signer.certificate.sha256.hex(),
                    der=signer.certificate.dump(),
                    bound_at=clock.now(),
                )
            self.signers[user.urn] = signer
        return signer

    def signer(self, user: User) -> Signer:
        return self.signers[user.urn]


def install(settings: Any, tmp_path: Path, *, days_ago: int = 0) -> Platform:
    """Keys, the platform's seal, and both regions' lists taken in.

    With ``days_ago`` the platform's clock is put back first, and the lab is its own.
    """
    made = _lab()
    if days_ago:
        put_clock(-timedelta(days=days_ago))
        made = Lab.create(tmp_path / "lab", now=clock.now() - timedelta(days=1))
    settings.LAB = made.folder
    settings.KEYS = tmp_path / "keys"
    services._open.cache_clear()
    for name in (platform.LOG_KEY, platform.RECEIPT_KEY):
        platform.make(name)
    east = made.region("east")
    issued = east.issue(CENTRE, organisation=CENTRE, credit_code=CENTRE_CODE)
    platform.install_seal(issued.pkcs12("pass"), "pass")
    now, founder = clock.now(), Actor.process("founder")
    for name in ("east", "west"):
        region = made.region(name)
        dispatch(
            PinListSigner(territory=region.territory, certificate=region.list_signer.asn1.dump()),
            actor=founder,
        )
        trust_acts.take_in(
            region.trust_list(now), territory=region.territory, actor=founder,
            clock=FixedClock(now),
        )
    return Platform(made)


_KINDS = {400: Malformed, 403: Denied, 404: NotFound, 409: Refused, 503: Unavailable}


class Api:
    """The programming interface as one person's device calls it, within the test's process."""

    def __init__(self, user: User | None) -> None:
        headers = {}
        if user is not None:
            with guard.writes("test arrangement"):
                headers["Authorization"] = f"Bearer {tokens.issue(user).text}"
        self.http = Client(headers=headers)

    def get(self, path: str) -> Any:
        return self._decoded(self.http.get(path))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._decoded(
            self.http.post(
                path, json.dumps(body or {}), content_type="application/json", headers=headers
            )
        )

    @staticmethod
    def _decoded(answer: Any) -> Any:
        data = answer.getvalue()
        if answer.status_code < 400:
            return json.loads(data) if "json" in answer["Content-Type"] else data
        problem = json.loads(data)
        raise _KINDS[answer.status_code](
            problem["detail"], code=problem["code"], rule=problem.get("rule")
        )


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
