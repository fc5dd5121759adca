"""The lab's trust lists as they are published: numbered files that are never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.domain import tsl_shape, tsl_xml
from signatures.domain.errors import Conflict, NotFound
from signatures.domain.trustlist import (
    CA_PKC,
    RECOGNISED,
    TSA,
    WITHDRAWN,
    Scheme,
    Service,
    StatusEntry,
    build_list,
)
from signatures.domain.tsl_xml import Content
from signatures.lab import records
from signatures.lab.profiles import Profile
from signatures.lab.responders import Credential

LIFE = timedelta(days=180)
RENEWAL = timedelta(days=60)
"""How long before its end a list is renewed."""

LISTED = {"issuing": (CA_PKC, "签发机构"), "tsa": (TSA, "时间戳机构")}
"""The authorities that a region lists: service type and name."""


def services(folder: Path, profile: Profile, *, now: datetime) -> tuple[Service, ...]:
    """A region's services as of ``now``, recognised since its authorities exist."""
    return tuple(
        Service(
            provider=profile.authority,
            name=f"LAB {profile.title}{title}",
            certificates=(certificate.public_bytes(Encoding.DER),),
            history=_history(folder, name, service_type, certificate, now=now),
        )
        for name, (service_type, title) in LISTED.items()
        for certificate in [records.read_certificate(folder / f"{name}.cer")]
    )


def withdraw(folder: Path, name: str, at: datetime) -> None:
    """Record that a service is withdrawn from ``at`` on; raises ``Conflict`` the second time."""
    if name not in LISTED:
        raise NotFound(f"The lab lists no service {name!r}, only {', '.join(LISTED)}.")
    records.write_json(folder / "withdrawn" / f"{name}.json", {"at": at.isoformat()})


def current(
    folder: Path,
    *,
    profile: Profile,
    signer: Credential,
    services: Sequence[Service],
    url: str,
    now: datetime,
) -> bytes:
    """The list in force at ``now``: the newest one issued by then, or the next one, issued now.

    The next one is made when there is none yet, when the newest nears its end and when its
    services have changed. Versions are the files ``1.xml``, ``2.xml`` and so on; whoever comes
    second to a number serves what the first one wrote.
    """
    published = sorted((int(path.stem) for path in folder.glob("[0-9]*.xml")), reverse=True)
    for number in published:
        data = records.read(folder / f"{number}.xml")
        content = tsl_xml.read(tsl_shape.parse(data))
        if content.issued <= now:
            if number == published[0] and _is_due(content, services, now):
                break
            return data
    sequence = published[0] + 1 if published else 1
    data = build_list(
        scheme=_scheme(profile, url),
        sequence=sequence,
        services=services,
        issued=now,
        next_update=now + LIFE,
        certificate=signer.certificate,
        key=signer.key,
    )
    try:
        records.write_once(folder / f"{sequence}.xml", data)
    except Conflict:
        return records.read(folder / f"{sequence}.xml")
    return data


def _is_due(content: Content, services: Sequence[Service], now: datetime) -> bool:
    ending = content.next_update is None or content.next_update - RENEWAL <= now
    return ending or content.services != tuple(services)


def _history(
    folder: Path, name: str, service_type: str, certificate: x509.Certificate, *, now: datetime
) -> tuple[StatusEntry, ...]:
    first = StatusEntry(
        since=certificate.not_valid_before_utc, status=RECOGNISED, service_type=service_type
    )
    try:
        at = datetime.fromisoformat(records.read_json(folder / "withdrawn" / f"{name}.json")["at"])
    except NotFound:
        return (first,)
    if at > now:
        return (first,)
    return (StatusEntry(since=at, status=WITHDRAWN, service_type=service_type), first)


def _scheme(profile: Profile, url: str) -> Scheme:
    return Scheme(
        territory=profile.territory,
        operator=profile.operator,
        operator_en=f"LAB {profile.title_en} Trust List Operator",
        name=f"CN:LAB {profile.title}公共资源交易数字证书信任列表",
        name_en=f"CN:LAB trust list of {profile.title_en}",
        information_url=url,
        street="1 Laboratory Road",
        locality=profile.title_en,
        electronic_address="mailto:operator@lab.invalid",
    )
