"""Trust lists for tests: operators that sign whatever they are given, right or wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from asn1crypto import x509
from lxml import etree

from signatures.domain import tsl_signature, tsl_xml
from signatures.domain.trustlist import (
    CA_PKC,
    RECOGNISED,
    TSA,
    Scheme,
    Service,
    StatusEntry,
    TrustList,
    as_pin,
    build_list,
    parse_list,
)
from signatures.lab import certificates
from tests.signatures.labs import shared

NOW = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LIFE = 180 * DAY
SINCE = datetime(2024, 1, 1, tzinfo=UTC)


def service(
    *history: tuple[datetime, str],
    name: str = "Issuing authority",
    service_type: str = CA_PKC,
    certificate: x509.Certificate | None = None,
) -> Service:
    """A service with (since, status) entries, newest first; by default the lab's, since 2024."""
    chosen = certificate or shared().region("east").issuing
    entries = history or ((SINCE, RECOGNISED),)
    return Service(
        provider="Provider",
        name=name,
        certificates=(chosen.dump(),),
        history=tuple(
            StatusEntry(since=since, status=status, service_type=service_type)
            for since, status in entries
        ),
    )


def tsa_service(*history: tuple[datetime, str]) -> Service:
    return service(
        *history,
        name="Timestamp authority",
        service_type=TSA,
        certificate=shared().region("east").tsa,
    )


@dataclass
class Operator:
    """Somebody who signs lists for a territory."""

    territory: str = "CN-DY"
    key: Any = field(default_factory=certificates.new_key)
    valid_to: datetime = NOW + 10 * 365 * DAY

    @cached_property
    def certificate(self) -> Any:
        name = certificates.authority_name(organisation="LAB operator", common_name="LAB operator")
        return certificates.service_certificate(
            subject=name,
            key=self.key,
            issuer=None,
            issuer_key=self.key,
            valid_from=NOW - 3 * 365 * DAY,
            valid_to=self.valid_to,
            purpose=certificates.TSL_SIGNING,
        )

    @property
    def pins(self) -> dict[str, list[x509.Certificate]]:
        return {self.territory: [as_pin(self.certificate)]}

    @property
    def scheme(self) -> Scheme:
        return Scheme(
            territory=self.territory,
            operator="某某监督管理局",
            operator_en="Operator",
            name="CN:信任列表",
            name_en="CN:Trust list",
            information_url="http://127.0.0.1/list",
            street="1 Road",
            locality="Town",
            electronic_address="mailto:operator@example.invalid",
        )

    def build(self, *services: Service, sequence: int = 1, issued: datetime = NOW) -> bytes:
        return build_list(
            scheme=self.scheme,
            sequence=sequence,
            services=services or (service(), tsa_service()),
            issued=issued,
            next_update=issued + LIFE,
            certificate=self.certificate,
            key=self.key,
        )

    def xml(
        self,
        *services: Service,
        sequence: int = 1,
        issued: datetime = NOW,
        next_update: datetime | None = None,
    ) -> etree._Element:
        """The unsigned list, to be spoiled before it is signed."""
        return tsl_xml.write(
            scheme=self.scheme,
            sequence=sequence,
            issued=issued,
            next_update=next_update or issued + LIFE,
            services=services or (service(), tsa_service()),
        )

    def sign(self, root: etree._Element, *, at: datetime = NOW) -> bytes:
        """Sign anything at all."""
        return tsl_signature.sign(root, certificate=self.certificate, key=self.key, at=at)

    def accept(self, data: bytes, *, now: datetime = NOW, **options: Any) -> TrustList:
        return parse_list(data, pins=self.pins, now=now, **options)
