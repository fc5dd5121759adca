"""A contract out for signature, laid out for browsers: ``python -m tests.browser.contract_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who its two sides are.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

PASSPHRASE = "pw"
DAYS_AGO = 60


@dataclass
class ContractStage:
    """The lot's project; by side its session and its certificate's file."""

    project: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)


def bind(person: Any, issued: Any) -> None:
    """Bind the certificate to the person, as they would themselves."""
    from signatures.domain import clock, guard
    from signatures.domain.keys import Signer
    from signatures.models import UserCertificate

    signer = Signer.from_key(issued.key, issued.certificate, issued.chain)
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person,
            fingerprint=signer.certificate.sha256.hex(),
            der=signer.certificate.dump(),
            bound_at=clock.now(),
        )


def lay_out(folder: Path) -> ContractStage:
    """The lot is awarded; the tenderee may draft its contract."""
    from django.conf import settings

    from signatures.domain import clock
    from tests.bidding.hall import sign_in
    from tests.factories import evaluated as cases
    from tests.factories.signing import Api, install, put_clock

    platform = install(settings, folder, days_ago=DAYS_AGO)
    case = cases.evaluated(clock.now() - timedelta(hours=1))
    stage = ContractStage(project=case.lot.project.code)
    sides = {
        "tenderee": (case.house.buyer, case.house.tenderee, "east", "ec"),
        "winner": (case.people[0], case.winner, "west", "rsa"),
    }
    for name, (person, organisation, region, key) in sides.items():
        file = folder / f"{name}.p12"
        issued = platform.lab.region(region).issue(
            organisation.name,
            organisation=organisation.name,
            credit_code=organisation.credit_code,
            key_type=key,
        )
        file.write_bytes(issued.pkcs12(PASSPHRASE))
        bind(person, issued)
        stage.certificates[name] = str(file)
        stage.sessions[name] = sign_in(person)
    buyer = Api(case.house.buyer)
    buyer.post(f"/api/v1/lots/{case.lot.pk}/candidates")
    put_clock(timedelta(days=12 - DAYS_AGO))
    buyer.post(f"/api/v1/lots/{case.lot.pk}/award", {"organisation": str(case.winner.pk)})
    return stage


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
