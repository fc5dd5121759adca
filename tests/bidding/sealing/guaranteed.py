"""Guarantees in a world of sealed bids: a guarantor, what it signs, and a lot that asks for one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bidding.domain import guarantee_messages
from bidding.kit.guarantee import FILE_NAME, Guarantee, GuaranteeFile
from bidding.kit.parties import Party
from bidding.models import Guarantee as Row
from signatures.domain import clock, platform, statements
from signatures.domain.keys import Signer
from tests.bidding.sealing import people
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.people import Person
from tests.bidding.sealing.world import World
from tests.factories import floor
from trading.domain.security_asked import StateSecurity
from trading.models import Organisation

#: 2 % of the estimate, which is the most (TBR 26).
ASKED = {"amount": "100000.00", "days": 90}
#: The deadline, 2026-03-31, and 90 days more.
LAST = date(2026, 6, 29)
PRINTED = b"%PDF-1.7 the guarantee as its guarantor prints it"


def on_offer(house: floor.House) -> None:
    """The lot asks for a bid security, and its documents say so."""
    house.publish_notice()
    house.act(StateSecurity(lot=house.lot.pk, asked=ASKED), by=house.buyer)
    house.publish_documents()


def build(folder: Any) -> tuple[World, Person]:
    """A lot that asks for a bid security, and a guarantor."""
    world = worlds.build(folder, arrange=on_offer)
    return world, guarantor("泰安银行股份有限公司")


def guarantor(name: str, *kinds: str, region: str = "west") -> Person:
    """A guarantor with a certificate that is recognised and bound."""
    organisation = floor.organisation(name, *(kinds or ("guarantor",)))
    key = people.signer(name, region)
    user = floor.person(f"{name}经办", organisation)
    people.bind(user, key)
    return Person(user=user, organisation=organisation, key=key)


def party(organisation: Organisation) -> Party:
    return Party(name=organisation.name, code=organisation.credit_code)


def promised(world: World, bank: Person, tenderer: Person, **changes: Any) -> Guarantee:
    """What a good guarantee for this tenderer says."""
    good = Guarantee(
        origin=platform.origin(),
        at=clock.now(),
        lot=world.house.lot.urn,
        number="TA-2026-0042",
        guarantor=party(bank.organisation),
        principal=party(tenderer.organisation),
        beneficiary=party(world.house.tenderee),
        amount=Decimal("100000.00"),
        valid_from=date(2026, 3, 20),
        valid_until=LAST,
        terms="见索即付。",
        document=hashlib.sha256(PRINTED).digest(),
    )
    return replace(good, **changes)


def sealed_with(guarantee: Guarantee, key: Signer) -> dict[int, dict[str, bytes]]:
    """The files that lie in the envelope of slot 2."""
    file = GuaranteeFile.sign(guarantee, key)
    return {2: {FILE_NAME: file.encode(), "保函.pdf": PRINTED}}


def word(row: Row, purpose: str, **said: Any) -> bytes:
    """A statement about a guarantee, as its page would have it signed."""
    about = {"lot": row.bid.lot.urn, "guarantee": row.urn, "digest": row.statement}
    return statements.build(
        purpose, origin=platform.origin(), at=clock.now(), **{**about, **said}
    )


def said(
    world: World, row: Row, person: Person, purpose: str, path: str, **values: Any
) -> Any:
    """Post a signed word about a guarantee."""
    body = person.sign(word(row, purpose, **values))
    return person.post(world.path(f"guarantees/{row.pk}/{path}"), body)


def release(world: World, row: Row, person: Person, **values: Any) -> Any:
    return said(world, row, person, guarantee_messages.RELEASE, "release", **{"text": "", **values})


def claim(world: World, row: Row, person: Person, **values: Any) -> Any:
    given = {"amount": "100000.00", "text": "中标后拒绝签订合同。", **values}
    return said(world, row, person, guarantee_messages.CLAIM, "claim", **given)


def answer(world: World, row: Row, person: Person, **values: Any) -> Any:
    claimed = guarantee_messages.last_claim(row)
    given = {
        "claim": claimed.statement if claimed is not None else "0" * 64,
        "paid": True,
        "amount": "100000.00",
        "on": clock.now().date().isoformat(),
        "text": "",
        **values,
    }
    return said(world, row, person, guarantee_messages.ANSWER, "answer", **given)


#: What changes a good guarantee so that one check fails, by the check.
Spoil = Callable[[World, Guarantee], Guarantee]
