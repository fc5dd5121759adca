"""Guarantees laid out for browsers: ``python -m tests.browser.guarantee_stage``.

It runs in a process of its own over the folder that ``SUNLIT_DATA`` names, for the origin in
``SUNLIT_ORIGIN``, and says in one line of JSON where the lot is and who is signed in.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

PASSPHRASE = "demonstration"
#: With a lab of its own in the folder, which the served platform finds there.
DAYS_AGO = 60


@dataclass
class GuaranteeStage:
    """An opened lot with three guarantees: good, for too little and claimed, of no guarantor."""

    project: str = ""
    certificates: dict[str, str] = field(default_factory=dict)
    tenderer: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)


def lay_out(folder: Path) -> GuaranteeStage:
    """Rows are put in place as the opening leaves them; the claim is an act."""
    from django.conf import settings

    from bidding.kit.guarantee import Guarantee
    from bidding.kit.parties import Party
    from signatures.domain import guard, platform
    from tests.bidding import opened
    from tests.bidding.hall import sign_in
    from tests.factories import floor
    from trading.domain import calendar

    world = opened.build(settings, folder, days_ago=DAYS_AGO)
    lot = world.lot
    with guard.writes("test arrangement"):
        lot.parameters = {**lot.parameters, "security": {"amount": "100000.00", "days": 90}}
        lot.save()
    bank = floor.organisation("泰安银行股份有限公司", "guarantor")
    banker = floor.person("沈砚", bank)
    certificates = {
        "guarantor": equip(world, folder, banker, bank, "west"),
        "tenderee": equip(world, folder, world.host, lot.project.tenderee, "east"),
    }
    today = calendar.local_day(opened.clock.now())

    def promised(number: int, amount: str, name: str) -> Guarantee:
        tenderer = world.bids[number].tenderer
        return Guarantee(
            origin=platform.origin(),
            at=opened.clock.now(),
            lot=lot.urn,
            number=f"TA-2026-00{number + 1}",
            guarantor=Party(name, bank.credit_code),
            principal=Party(tenderer.name, tenderer.credit_code),
            beneficiary=Party(lot.project.tenderee.name, lot.project.tenderee.credit_code),
            amount=Decimal(amount),
            valid_from=today - timedelta(days=10),
            valid_until=today + timedelta(days=100),
            terms="本保函为见索即付的独立保函。受益人提交签名索赔声明之日起五个工作日内付款。",
        )

    hold(world, 0, promised(0, "100000.00", bank.name), bank)
    hold(world, 1, promised(1, "60000.00", bank.name), bank, failed=("amount",))
    hold(world, 2, promised(2, "100000.00", "无名担保有限公司"), None, failed=("guarantor",))
    claim(world, 1)
    return GuaranteeStage(
        project=lot.project.code,
        certificates=certificates,
        tenderer={
            "name": world.bids[0].tenderer.name, "code": world.bids[0].tenderer.credit_code
        },
        sessions={
            "tenderee": sign_in(world.host),
            "guarantor": sign_in(banker),
            "tenderer": sign_in(world.bidders[0]),
            "supervisor": sign_in(world.supervisor),
        },
    )


def hold(
    world: Any, number: int, given: Any, guarantor: Any, *, failed: tuple[str, ...] = ()
) -> None:
    """A guarantee as the opening finds it."""
    from bidding.domain import guarantees
    from bidding.domain.guarantee_checks import AMOUNT, Found
    from bidding.models import Envelope
    from signatures import store
    from tests.bidding import opened

    row = Envelope.objects.get(version__bid=world.bids[number], slot=2)
    names = ("signature", "guarantor", "tender", "tenderer", "beneficiary", AMOUNT, "begins",
             "lasts")  # fmt: skip
    kept = store.put(given.encode()).sha256
    found = Found(
        guarantee=given,
        findings=tuple((name, name not in failed) for name in names),
        guarantor=None if guarantor is None else str(guarantor.pk),
        statement=kept,
        signature=hashlib.sha256(b"signature").hexdigest(),
        assessment=hashlib.sha256(b"assessment").hexdigest(),
    )
    opened.do(lambda scene: guarantees.hold(scene, world.lot, row, found))


def claim(world: Any, number: int) -> None:
    """The tenderee claims a guarantee, signed."""
    from bidding.domain import guarantee_messages
    from bidding.models import Guarantee
    from signatures.domain import clock, statements
    from signatures.domain.act import Actor, dispatch
    from trading.domain.signed import Signed

    row = Guarantee.objects.get(bid=world.bids[number])
    data = statements.build(
        guarantee_messages.CLAIM,
        origin=str(django.conf.settings.ORIGIN),
        at=clock.now(),
        lot=world.lot.urn,
        guarantee=row.urn,
        digest=row.statement,
        amount="60000.00",
        text="中标后无正当理由拒绝签订合同。",
    )
    signed = Signed(data, statements.sign(data, world.platform.signer(world.host)))
    act = guarantee_messages.prepare(
        world.host, world.lot.pk, row.pk, signed, purpose=guarantee_messages.CLAIM
    )
    dispatch(act, actor=Actor.person(world.host))


def equip(world: Any, folder: Path, person: Any, organisation: Any, region: str) -> str:
    """Bind a certificate to the person; its file."""
    from signatures.domain.keys import Signer
    from tests.browser.contract_stage import bind

    issued = world.platform.lab.region(region).issue(
        organisation.name, organisation=organisation.name, credit_code=organisation.credit_code
    )
    bind(person, issued)
    world.platform.signers[person.urn] = Signer.from_key(
        issued.key, issued.certificate, issued.chain
    )
    path = folder / f"{person.pk}.p12"
    path.write_bytes(issued.pkcs12(PASSPHRASE))
    return str(path)


if __name__ == "__main__":
    django.setup()
    from django.conf import settings

    from tests.factories import migrated

    migrated.tables()
    print(json.dumps(asdict(lay_out(Path(settings.DATA)))))
