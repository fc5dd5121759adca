"""People with certificates of the lab, and challenges answered as their devices would."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Any

from django.conf import settings

from signatures.domain import clock, statements, trust_acts
from signatures.domain.act import Actor, dispatch
from signatures.domain.keys import Signer
from signatures.lab.lab import Lab
from trading.domain.challenges import Challenge
from trading.domain.signed import Signed

FOUNDER = Actor.process("founder")


@cache
def lab() -> Lab:
    """The lab that the platform's services of this run ask."""
    return Lab.ensure(settings.LAB, now=clock.now())


def recognise(*regions: str) -> None:
    """Pin and take in the lists of these regions."""
    for name in regions:
        region = lab().region(name)
        pin = trust_acts.PinListSigner(
            territory=region.territory, certificate=region.list_signer.asn1.dump()
        )
        dispatch(pin, actor=FOUNDER)
        trust_acts.take_in(
            region.trust_list(clock.now()), territory=region.territory, actor=FOUNDER
        )


@cache
def signer(region: str = "east", name: str = "陆远山", key_type: str = "ec") -> Signer:
    """A person's key with a certificate of a region."""
    issued = lab().region(region).issue(
        name, person_id="370100199001010011", usage="person", key_type=key_type
    )
    return Signer.from_key(issued.key, issued.certificate, issued.chain)


def answer(challenge: Challenge, by: Signer, **changes: Any) -> Signed:
    """The signed answer to a challenge; ``changes`` are what a liar would write."""
    fields = {
        "origin": settings.ORIGIN,
        "at": clock.now(),
        "server_nonce": challenge.nonce,
        "client_nonce": secrets.token_hex(32),
        **changes,
    }
    purpose = fields.pop("purpose", challenge.purpose)
    data = statements.build(purpose, **fields)
    return Signed(statement=data, signature=statements.sign(data, by))
